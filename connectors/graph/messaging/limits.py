"""Limits of Meta's messaging (Meta: Send API, templates), where Messenger and Instagram have the same."""

QUICK_REPLIES, TITLE, PAYLOAD = 13, 20, 1000
BUTTONS, BUTTON_TEXT = 3, 640
ELEMENTS, ELEMENT_TITLE = 10, 80
METADATA = 1000
_MB = 1_000_000
BYTES: dict[str, int] = {
    "image": 8 * _MB,
    "video": 25 * _MB,
    "audio": 25 * _MB,
    "document": 25 * _MB,
}
"""Bytes of a file, by its kind."""
