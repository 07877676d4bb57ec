"""WhatsApp's limits (Meta: Cloud API messages, supported media types), and the check that names the field at fault."""

from state.model.wire import BadMessage

TEXT, BODY, CAPTION = 4096, 1024, 1024
HEADER, FOOTER = 60, 60
BUTTONS, BUTTON_TITLE, BUTTON_ID = 3, 20, 256
SECTIONS, SECTION_TITLE = 10, 24
ROWS, ROW_TITLE, ROW_ID, ROW_DESCRIPTION = 10, 24, 200, 72
CONTACTS, PRODUCTS = 257, 30
CARDS, CARD_BODY = 10, 160
TEMPLATE_NAME, PARAMETER = 512, 1024
CALLBACK_DATA = 512
IDENTIFIER = 512

_MB = 1_000_000
BYTES: dict[str, int] = {
    "image": 5 * _MB,
    "video": 16 * _MB,
    "audio": 16 * _MB,
    "document": 100 * _MB,
    "sticker": 500_000,
}
STILL_STICKER = 100_000
"""Bytes of a sticker that does not move; `BYTES` has those of one that does."""

MIMES: dict[str, frozenset[str]] = {
    "image": frozenset({"image/jpeg", "image/png"}),
    "video": frozenset({"video/mp4", "video/3gpp", "video/3gp"}),
    "audio": frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}),
    "sticker": frozenset({"image/webp"}),
}
"""The types WhatsApp takes; a document may be of any."""


def within(field: str, value: str, most: int, least: int = 0) -> str:
    """The value, where its length in characters is within bounds; raises BadMessage."""
    if not least <= len(value) <= most:
        raise BadMessage(field, f"has {len(value)} characters; {least} to {most} are allowed")
    return value


def count(field: str, number: int, most: int, least: int = 1) -> None:
    """Check how many there are; raises BadMessage."""
    if not least <= number <= most:
        raise BadMessage(field, f"are {number}; {least} to {most} are allowed")


def address(field: str, url: str) -> str:
    """A web address; raises BadMessage."""
    if not url.startswith(("https://", "http://")):
        raise BadMessage(field, "is no web address: it must begin with https:// or http://")
    return url
