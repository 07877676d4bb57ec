"""WhatsApp's limits (Meta: Cloud API messages, supported media types)."""

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
