"""What Instagram needs to be told, what it can do, and its terms (provider documentation as of 2026-11)."""

from connectors.contract import Setting
from connectors.given import filled
from connectors.graph.messaging import limits
from connectors.graph.messaging.settings import COMMON, FORMS
from connectors.graph.messaging.side import INSTAGRAM
from connectors.terms import load
from state.model.channel import Capabilities, Channel

HOSTS = {"facebook": "https://graph.facebook.com", "instagram": "https://graph.instagram.com"}
"""Where an account is served, by the way it was connected."""

SETTINGS = (
    Setting("account_id", "id of the Instagram professional account", example="17841400000000000"),
    Setting(
        "login",
        "how it was connected: `instagram` (its own token) or `facebook` (a page's token)",
        required=False,
        default="instagram",
    ),
    Setting("page_id", "id of the Facebook page, with login = facebook", required=False),
    Setting("base_url", "address of the Graph API; empty: as `login` asks for", required=False),
    *COMMON,
    Setting("access_token", "token of the account, or of the page with login = facebook", secret=True),
)

CAPABILITIES = Capabilities(
    schemes=("instagram",),
    text=INSTAGRAM.text,
    text_in="bytes",
    media=limits.BYTES,
    buttons=limits.QUICK_REPLIES,
    button_title=limits.TITLE,
    url_button=True,
    mixed=limits.BUTTONS,
    mixed_text=limits.BUTTON_TEXT,
    reaction=True,
    reply=True,
    typing=True,
    mark_read=True,
    receipts=("sent", "read"),
)

HISTORY = load(__package__)
TERMS = HISTORY.current()

_ACCOUNT = {
    "account_id": (r"\d{1,30}", "is the id of the professional account and has digits alone"),
    "login": (r"instagram|facebook", "is instagram or facebook"),
    "page_id": (r"\d{0,30}", "is the id of the page and has digits alone"),
    "base_url": (r"(https?://[^\s?#]+)?", "is a web address: it begins with https://"),
}


def checked(channel: Channel) -> dict[str, str]:
    """A channel's settings and credentials, defaults filled in; raises ValueError naming the one that is wrong."""
    given = filled(channel, SETTINGS, FORMS | _ACCOUNT)
    if given["login"] == "facebook" and not given["page_id"]:
        raise ValueError("page_id: is needed with login = facebook")
    return given
