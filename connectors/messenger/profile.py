"""What Messenger needs to be told, what it can do, and its terms (provider documentation as of 2026-11)."""

from connectors.contract import Setting
from connectors.given import filled
from connectors.graph.messaging import limits
from connectors.graph.messaging.settings import COMMON, FORMS
from connectors.graph.messaging.side import MESSENGER
from connectors.terms import load
from state.model.channel import Capabilities, Channel

SETTINGS = (
    Setting("page_id", "id of the Facebook page", example="111222333444555"),
    Setting("base_url", "address of the Graph API", required=False, default="https://graph.facebook.com"),
    *COMMON,
    Setting("access_token", "token of the page, with pages_messaging", secret=True),
)

CAPABILITIES = Capabilities(
    schemes=("messenger",),
    text=MESSENGER.text,
    media=limits.BYTES,
    uploads=True,
    buttons=limits.QUICK_REPLIES,
    button_title=limits.TITLE,
    url_button=True,
    mixed=limits.BUTTONS,
    mixed_text=limits.BUTTON_TEXT,
    asks=("share_contact",),
    template=True,
    reaction=True,
    reply=True,
    typing=True,
    mark_read=True,
    receipts=("sent", "delivered", "read"),
    reconcilable=True,
)

HISTORY = load(__package__)
TERMS = HISTORY.current()

_PAGE = {"page_id": (r"\d{1,30}", "is the id of the page and has digits alone")}


def checked(channel: Channel) -> dict[str, str]:
    """A channel's settings and credentials, defaults filled in; raises ValueError naming the one that is wrong."""
    return filled(channel, SETTINGS, FORMS | _PAGE)
