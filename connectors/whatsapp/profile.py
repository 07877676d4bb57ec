"""What WhatsApp needs to be told, what it can do, and its terms (provider documentation as of 2026-11)."""

from connectors.contract import Setting
from connectors.given import filled
from connectors.terms import load
from connectors.whatsapp import limits
from state.model.channel import Capabilities, Channel

SETTINGS = (
    Setting("phone_number_id", "id of the number at Meta (not the number itself)", example="106540352242922"),
    Setting("waba_id", "id of the WhatsApp business account", required=False, example="102290129340398"),
    Setting("api_version", "version of the Graph API", required=False, default="v26.0"),
    Setting("base_url", "address of the Graph API", required=False, default="https://graph.facebook.com"),
    Setting("pace", "messages a second Meta allows this number", required=False, default="80"),
    Setting(
        "appsecret_proof", "yes: prove with every call that it is the app's", required=False, default="no"
    ),
    Setting("app_secret", "secret of the Meta app; signs the webhooks", secret=True),
    Setting("verify_token", "a word of your own, given to Meta with the webhook's address", secret=True),
    Setting("access_token", "token of a system user, with whatsapp_business_messaging", secret=True),
)

_FORMS = {
    "phone_number_id": (r"\d{1,30}", "is the id of the number at Meta and has digits alone"),
    "waba_id": (r"\d{0,30}", "is the id of the business account and has digits alone"),
    "api_version": (r"v\d+\.\d+", "looks like v26.0"),
    "base_url": (r"https?://[^\s?#]+", "is a web address: it begins with https://"),
    "pace": (r"\d+(\.\d+)?", "is a number of messages a second"),
    "appsecret_proof": (r"yes|no", "is yes or no"),
    "app_secret": (r".+", "is needed: it checks the webhooks' signature"),
    "verify_token": (r".+", "is needed: it answers Meta's verification of the webhook's address"),
    "access_token": (r"[!-~]+", "is needed, and has no spaces"),
}
"""The form of each setting, and what is wrong where a value has another."""

CAPABILITIES = Capabilities(
    schemes=("whatsapp-bsuid", "whatsapp", "tel"),
    text=limits.TEXT,
    media=limits.BYTES,
    caption=limits.CAPTION,
    captioned=("image", "video", "document"),
    uploads=True,
    buttons=limits.BUTTONS,
    button_title=limits.BUTTON_TITLE,
    button_text=limits.BODY,
    list_rows=limits.ROWS,
    row_title=limits.ROW_TITLE,
    url_button=True,
    asks=("share_location", "share_contact", "allow_call"),
    headers=("text", "image", "video", "document"),
    footer=True,
    location=True,
    contact_card=True,
    template=True,
    reaction=True,
    form=True,
    reply=True,
    typing=True,
    mark_read=True,
    receipts=("sent", "delivered", "read", "played", "failed"),
    reconcilable=True,
)

HISTORY = load(__package__)
TERMS = HISTORY.current()


def checked(channel: Channel) -> dict[str, str]:
    """A channel's settings and credentials, defaults filled in; raises ValueError naming the one that is wrong."""
    return filled(channel, SETTINGS, _FORMS)
