"""What X needs to be told, what it can do, and its terms (provider documentation as of August 2026)."""

from connectors.contract import Setting
from connectors.given import filled
from connectors.terms import load
from connectors.x import limits
from state.model.channel import Capabilities, Channel

SETTINGS = (
    Setting("user_id", "numeric id of the account at X (not its @name)", example="2244994945"),
    Setting(
        "auth", "oauth2, or oauth1 (OAuth 1.0a): how calls prove whose account it is", False, default="oauth2"
    ),
    Setting("base_url", "address of the X API", required=False, default="https://api.x.com"),
    Setting("client_id", "client id of the app, for oauth2", required=False),
    Setting(
        "app_id", "numeric id of our app: its own messages are not taken for somebody else's", required=False
    ),
    Setting("pace", "messages a second in all; 0: as many as X takes", required=False, default="0"),
    Setting("video_bytes", "bytes of the largest video X takes", required=False, default=str(limits.VIDEO)),
    Setting("consumer_secret", "API key secret of the app; signs the webhooks", secret=True),
    Setting("consumer_key", "API key of the app, for oauth1", required=False, secret=True),
    Setting("access_token", "access token of the account; with oauth2 it is got anew", False, secret=True),
    Setting("access_token_secret", "secret of the access token, for oauth1", required=False, secret=True),
    Setting(
        "client_secret", "client secret of the app, for oauth2; none for a public client", False, secret=True
    ),
    Setting(
        "refresh_token", "refresh token of the account, for oauth2 (scope offline.access)", False, secret=True
    ),
)

_FORMS = {
    "user_id": (r"\d{1,19}", "is the numeric id of the account and has digits alone"),
    "auth": (r"oauth1|oauth2", "is oauth1 or oauth2"),
    "base_url": (r"https?://[^\s?#]+", "is a web address: it begins with https://"),
    "app_id": (r"\d{0,19}", "is the numeric id of the app and has digits alone"),
    "pace": (r"\d+(\.\d+)?", "is a number of messages a second"),
    "video_bytes": (r"[1-9]\d{0,11}", "is a number of bytes"),
    "consumer_secret": (r"[!-~]+", "is needed: it checks the webhooks' signature; it has no spaces"),
    "client_id": (r"[!-~]*", "has no spaces"),
    "consumer_key": (r"[!-~]*", "has no spaces"),
    "access_token": (r"[!-~]*", "has no spaces"),
    "access_token_secret": (r"[!-~]*", "has no spaces"),
    "client_secret": (r"[!-~]*", "has no spaces"),
    "refresh_token": (r"[!-~]*", "has no spaces"),
}
"""The form of each setting, and what is wrong where a value has another."""

_NEEDED = {"oauth1": ("consumer_key", "access_token", "access_token_secret"), "oauth2": ()}

CAPABILITIES = Capabilities(
    schemes=("x",),
    text=limits.TEXT,
    media={"image": limits.IMAGE, "video": limits.VIDEO},
    caption=limits.TEXT,
    captioned=("image", "video"),
    uploads=True,
    receipts=("sent", "read"),
)

HISTORY = load(__package__)
TERMS = HISTORY.current()


def checked(channel: Channel) -> dict[str, str]:
    """A channel's settings and credentials, defaults filled in; raises ValueError naming the one that is wrong."""
    given = filled(channel, SETTINGS, _FORMS)
    for name in _NEEDED[given["auth"]]:
        if not given[name]:
            raise ValueError(f"{name}: is needed with oauth1")
    if given["auth"] == "oauth2":
        _oauth2(given)
    return given


def _oauth2(given: dict[str, str]) -> None:
    if not (given["refresh_token"] or given["access_token"]):
        raise ValueError("refresh_token: is needed with oauth2, or an access_token, which lasts two hours")
    if given["refresh_token"] and not given["client_id"]:
        raise ValueError("client_id: is needed with oauth2, to get a fresh token")
