"""What Telegram needs to be told, what a bot can do, and its terms (Bot API 10.3, 2026-11)."""

from connectors.contract import Setting
from connectors.given import filled
from connectors.terms import load
from state.model.channel import Capabilities, Channel

TEXT, CAPTION = 4096, 1024
BUTTONS, BUTTON_TITLE, BUTTON_DATA = 100, 64, 64
"""Buttons of a message; characters of a title (ours: more is unreadable); bytes of what a button gives back."""
_MB = 1_000_000
BYTES = {"image": 10 * _MB, "video": 50 * _MB, "audio": 50 * _MB, "document": 50 * _MB, "sticker": 512_000}
DOWNLOAD = 20 * _MB

SETTINGS = (
    Setting("base_url", "address of the Bot API", required=False, default="https://api.telegram.org"),
    Setting("pace", "messages a second the bot may send", required=False, default="30"),
    Setting("bot_token", "token of the bot, from BotFather", secret=True),
    Setting("secret_token", "a word of your own, given to setWebhook; comes with every update", secret=True),
)
_FORMS = {
    "base_url": (r"https?://[^\s?#]+", "is a web address: it begins with https://"),
    "pace": (r"\d+(\.\d+)?", "is a number of messages a second"),
    "bot_token": (r"\d{1,20}:[\w-]{5,100}", "is the token BotFather gave: digits, a colon, and a word"),
    "secret_token": (r"[\w-]{1,256}", "is 1 to 256 letters, digits, _ and -"),
}

CAPABILITIES = Capabilities(
    schemes=("telegram",),
    text=TEXT,
    media=BYTES,
    caption=CAPTION,
    captioned=("image", "video", "audio", "document"),
    uploads=True,
    buttons=BUTTONS,
    button_title=BUTTON_TITLE,
    url_button=True,
    mixed=BUTTONS,
    asks=("share_location", "share_contact"),
    location=True,
    contact_card=True,
    reaction=True,
    reply=True,
    typing=True,
    receipts=("sent",),
)

HISTORY = load(__package__)
TERMS = HISTORY.current()


def checked(channel: Channel) -> dict[str, str]:
    """A channel's settings and credentials, defaults filled in; raises ValueError naming the one that is wrong."""
    return filled(channel, SETTINGS, _FORMS)
