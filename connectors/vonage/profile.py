"""What Vonage needs to be told, what it can do, and its terms (provider documentation as of 2026-11)."""

import msgspec

from connectors.contract import Setting
from connectors.given import filled
from connectors.terms import load
from state.model.channel import Capabilities, Channel

TEXT = 1600
FILE = 5_000_000
KINDS = {"image": "image", "video": "video", "audio": "audio", "document": "file"}
"""Vonage's words for the kinds of files."""
MEDIA = ("https://api.nexmo.com/", "https://api-eu.nexmo.com/", "https://api-us.nexmo.com/")
"""Where files of customers lie that need our name to be fetched."""
HOSTS = {"sms": "https://rest.nexmo.com", "messages": "https://api.nexmo.com"}

SETTINGS = (
    Setting("api_key", "key of the account at Vonage", example="a1b2c3d4"),
    Setting("sender", "number, short code or name to send from", example="447700900000"),
    Setting("api", "sms: the SMS API; messages: the Messages API", required=False, default="sms"),
    Setting(
        "signature",
        "how webhooks of the SMS API are signed: md5hash, md5, sha1, sha256 or sha512",
        required=False,
        default="sha256",
    ),
    Setting(
        "max_age",
        "seconds after which a signed webhook is refused; Vonage sends one again for 24 hours",
        required=False,
        default="90000",
    ),
    Setting("base_url", "address of the API, where it is not Vonage's usual one", required=False),
    Setting("status_callback", "address Vonage reports to, where it is not set there", required=False),
    Setting("application_id", "application whose private key signs calls of messages", required=False),
    Setting("pace", "messages a second the sender may send", required=False, default="1"),
    Setting("api_secret", "secret of the account", secret=True),
    Setting("signature_secret", "secret that signs the webhooks", secret=True),
    Setting("private_key", "private key of the application (PEM)", required=False, secret=True),
)

_FORMS = {
    "api_key": (r"[!-9;-~]+", "is needed: the key of the account"),
    "sender": (r"\+?[0-9]{3,15}|[A-Za-z0-9 ._-]{1,15}", "is a number or a name of at most 15 characters"),
    "api": (r"sms|messages", "is sms or messages"),
    "signature": (r"md5hash|md5|sha1|sha256|sha512", "is md5hash, md5, sha1, sha256 or sha512"),
    "max_age": (r"[1-9][0-9]{1,6}", "is a number of seconds"),
    "base_url": (r"(https?://[^\s?#]+)?", "is a web address: it begins with https://"),
    "status_callback": (r"(https?://[^\s]+)?", "is a web address: it begins with https://"),
    "application_id": (r"[!-~]*", "is the id of an application"),
    "pace": (r"\d+(\.\d+)?", "is a number of messages a second"),
    "api_secret": (r"[!-~]+", "is needed: the secret of the account"),
    "signature_secret": (r"[!-~]+", "is needed: it checks the webhooks' signature"),
}
"""The form of each setting, and what is wrong where a value has another."""

CAPABILITIES = Capabilities(
    schemes=("tel", "whatsapp", "messenger"),
    text=TEXT,
    media={"image": FILE, "video": FILE, "audio": FILE, "document": FILE},
    caption=TEXT,
    captioned=("image", "video", "document"),
    receipts=("sent", "delivered", "read", "failed"),
    reconcilable=True,
)
"""Of the Messages API, which can do more."""
SHORT = msgspec.structs.replace(
    CAPABILITIES,
    schemes=("tel",),
    media={},
    caption=0,
    captioned=(),
    receipts=("sent", "delivered", "failed"),
)
"""Of the SMS API."""

HISTORY = load(__package__)
TERMS = HISTORY.current()


def checked(channel: Channel) -> dict[str, str]:
    """A channel's settings and credentials, defaults filled in; raises ValueError naming the one that is wrong."""
    given = filled(channel, SETTINGS, _FORMS)
    if bool(given["application_id"]) != bool(given["private_key"]):
        raise ValueError("private_key: an application and its private key go together")
    return given
