"""The settings that Messenger and Instagram share."""

from connectors.contract import Setting

COMMON = (
    Setting("app_id", "id of the Meta app; tells our own messages in their copies", required=False),
    Setting("api_version", "version of the Graph API", required=False, default="v26.0"),
    Setting("pace", "messages a second Meta allows", required=False, default="300"),
    Setting("get_started", "what the button `Get started` sends", required=False, default="GET_STARTED"),
    Setting(
        "appsecret_proof", "yes: prove with every call that it is the app's", required=False, default="no"
    ),
    Setting("app_secret", "secret of the Meta app; signs the webhooks", secret=True),
    Setting("verify_token", "a word of your own, given to Meta with the webhook's address", secret=True),
)

FORMS = {
    "app_id": (r"\d{0,30}", "is the id of the app and has digits alone"),
    "api_version": (r"v\d+\.\d+", "looks like v26.0"),
    "base_url": (r"https?://[^\s?#]+", "is a web address: it begins with https://"),
    "pace": (r"\d+(\.\d+)?", "is a number of messages a second"),
    "get_started": (r".{0,1000}", "is one line of up to 1000 characters"),
    "appsecret_proof": (r"yes|no", "is yes or no"),
    "app_secret": (r".+", "is needed: it checks the webhooks' signature"),
    "verify_token": (r".+", "is needed: it answers Meta's verification of the webhook's address"),
    "access_token": (r"[!-~]+", "is needed, and has no spaces"),
}
"""The form of each setting, and what is wrong where a value has another."""
