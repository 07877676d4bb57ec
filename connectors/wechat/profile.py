"""What an Official Account needs to be told, what it can do, and its terms (WeChat documentation of 2026-11)."""

from connectors.contract import Setting
from connectors.given import filled
from connectors.terms import load
from state.model.channel import Capabilities, Channel

TEXT = 2048
"""Bytes of UTF-8."""
MENU = 10
_MB = 1_000_000
BYTES = {"image": 10 * _MB, "audio": 2 * _MB, "video": 10 * _MB}

SETTINGS = (
    Setting("app_id", "AppID of the account", example="wx0123456789abcdef"),
    Setting("base_url", "address of the API", required=False, default="https://api.weixin.qq.com"),
    Setting("mode", "plain, compatible or safe: how messages come", required=False, default="safe"),
    Setting(
        "passive_reply", "yes: a reply leaves in the answer to the webhook", required=False, default="no"
    ),
    Setting("max_age", "seconds after which a signed webhook is refused", required=False, default="600"),
    Setting("pace", "messages a second", required=False, default="20"),
    Setting("token", "a word of your own, given to WeChat with the server's address", secret=True),
    Setting("app_secret", "AppSecret of the account", secret=True),
    Setting("aes_key", "EncodingAESKey, 43 characters", required=False, secret=True),
    Setting("old_aes_key", "the one before, while it is being changed", required=False, secret=True),
)
_FORMS = {
    "app_id": (r"wx[0-9a-zA-Z]{1,40}", "begins with wx"),
    "base_url": (r"https?://[^\s?#]+", "is a web address: it begins with https://"),
    "mode": (r"plain|compatible|safe", "is plain, compatible or safe"),
    "passive_reply": (r"yes|no", "is yes or no"),
    "max_age": (r"[1-9]\d{0,11}", "is a number of seconds"),
    "pace": (r"\d+(\.\d+)?", "is a number of messages a second"),
    "token": (r"[0-9a-zA-Z]{3,32}", "is 3 to 32 letters and digits"),
    "app_secret": (r"[!-~]+", "is needed: it gets the access token"),
    "aes_key": (r"([0-9a-zA-Z+/]{43})?", "is the EncodingAESKey: 43 letters and digits"),
    "old_aes_key": (r"([0-9a-zA-Z+/]{43})?", "is an EncodingAESKey: 43 letters and digits"),
}

CAPABILITIES = Capabilities(
    schemes=("wechat",),
    text=TEXT,
    text_in="bytes",
    media=BYTES,
    uploads=True,
    buttons=MENU,
    button_title=64,
    template=True,
    typing=True,
    receipts=("sent", "delivered", "failed"),
)

HISTORY = load(__package__)
TERMS = HISTORY.current()


def checked(channel: Channel) -> dict[str, str]:
    """A channel's settings and credentials, defaults filled in; raises ValueError naming the one that is wrong."""
    given = filled(channel, SETTINGS, _FORMS)
    if given["mode"] != "plain" and not given["aes_key"]:
        raise ValueError("aes_key: is needed unless mode is plain")
    return given
