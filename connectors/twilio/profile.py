"""What Twilio needs to be told, what it can do, and its terms (provider documentation as of 2026-11)."""

from connectors.contract import Setting
from connectors.given import filled
from connectors.terms import load
from state.model.channel import Capabilities, Channel

TEXT = 1600
FILE = 5_000_000

SETTINGS = (
    Setting("account_sid", "id of the account at Twilio", example="AC0123456789abcdef0123456789abcdef"),
    Setting(
        "sender",
        "number, short code or name to send from, id of a messaging service, or `rcs:` and an agent's name",
        example="+15005550006",
    ),
    Setting("base_url", "address of the API", required=False, default="https://api.twilio.com"),
    Setting("status_callback", "address Twilio reports to, where it is not set there", required=False),
    Setting("twiml_reply", "yes: a reply leaves in the answer to the webhook", required=False, default="no"),
    Setting("api_key", "id of an API key to call with, instead of the account's own token", required=False),
    Setting("pace", "messages a second the sender may send", required=False, default="1"),
    Setting("auth_token", "the account's token; signs the webhooks", secret=True),
    Setting("old_auth_token", "the token before, while it is being changed", required=False, secret=True),
    Setting("api_secret", "secret of the API key", required=False, secret=True),
    Setting("shared_key", "shared key of webhooks, where Twilio signs by one", required=False, secret=True),
)

_FORMS = {
    "account_sid": (r"AC[0-9a-zA-Z]{2,40}", "begins with AC"),
    "sender": (
        r"\+?[0-9]{3,15}|MG[0-9a-zA-Z]{2,40}|[A-Za-z0-9 ]{1,11}|rcs:[\w.-]{1,60}",
        "is a number, a name, or begins with MG or rcs:",
    ),
    "base_url": (r"https?://[^\s?#]+", "is a web address: it begins with https://"),
    "status_callback": (r"(https?://[^\s]+)?", "is a web address: it begins with https://"),
    "twiml_reply": (r"yes|no", "is yes or no"),
    "pace": (r"\d+(\.\d+)?", "is a number of messages a second"),
    "auth_token": (r"[!-~]+", "is needed: it checks the webhooks' signature"),
}
"""The form of each setting, and what is wrong where a value has another."""

CAPABILITIES = Capabilities(
    schemes=("tel", "whatsapp", "messenger"),
    text=TEXT,
    media={"image": FILE, "video": FILE, "audio": FILE, "document": FILE},
    caption=TEXT,
    captioned=("image", "video", "audio", "document"),
    template=True,
    receipts=("sent", "delivered", "read", "failed"),
)

HISTORY = load(__package__)
TERMS = HISTORY.current()


def checked(channel: Channel) -> dict[str, str]:
    """A channel's settings and credentials, defaults filled in; raises ValueError naming the one that is wrong."""
    given = filled(channel, SETTINGS, _FORMS)
    if bool(given["api_key"]) != bool(given["api_secret"]):
        raise ValueError("api_secret: an API key and its secret go together")
    return given
