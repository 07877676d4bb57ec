"""What providers say that puts a channel's terms at stake, and what each must suspend (channels facts, §22).

Apple, RCS, e-mail and push have no connector yet; what holds for every channel is at the end.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

Step = tuple[Any, ...]


class Row(NamedTuple):
    """A channel's type, what its provider does, and what that must suspend.

    `told` is how many signals that comes to, where it says so by a webhook besides; `to` is another customer, where
    the first one is lost by it.
    """

    kind: str
    steps: Sequence[Step]
    reach: str = "outbound"
    ground: str = "channel_requires"
    template: str = ""
    api: str = ""
    told: int = 0
    to: str = ""


def fails(code: str, times: int = 1) -> list[Step]:
    """The provider refuses so many messages."""
    return [("fail", code)] * times


def templates(code: str, times: int = 1) -> list[Step]:
    """The provider refuses so many messages that are templates."""
    return [("template", code)] * times


def later(code: str, times: int = 1) -> list[Step]:
    """The provider takes so many messages, and reports afterwards that they failed."""
    return [("later", code)] * times


def blocked(code: str, times: int) -> list[Step]:
    """So many customers have us blocked, as the provider reports after it took a message to each."""
    return [("later", code, f"tel:+1555016{number}") for number in range(times)]


def tells(field: str, *values: dict[str, Any]) -> list[Step]:
    """The provider tells us by webhook."""
    return [("tells", field, each) for each in values]


def signs(code: str, action: str, times: int, reason: str = "") -> list[Step]:
    """Refusals that make us wait: the signals that sends leave, stored as they store them."""
    return [("sign", code, action, reason)] * times


NEW, BREACH = "business_initiated", "terms_breached"
UNTIL = 4_000_000_000
RESTRICTED = {"event": "ACCOUNT_RESTRICTION", "restriction_info": [
    {"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": UNTIL}]}  # fmt: skip
RESTRICTED_ALL = {"event": "ACCOUNT_RESTRICTION", "restriction_info": [
    {"restriction_type": "RESTRICTED_CUSTOMER_INITIATED_MESSAGING", "expiration": UNTIL}]}  # fmt: skip
OFFER = "order_update"
"""A template that the simulated account has."""
TEMPLATE = {"message_template_name": OFFER, "message_template_id": 1, "message_template_language": "en"}
PAUSED = {**TEMPLATE, "event": "PAUSED", "reason": "NONE"}
RED = {**TEMPLATE, "previous_quality_score": "GREEN", "new_quality_score": "RED"}
ALERT = {"alert_info": {"alert_severity": "CRITICAL", "alert_status": "ACTIVE", "alert_type": "SPAM"}}
FLAGGED = {"display_phone_number": "1", "event": "FLAGGED"}
ROWS: dict[str, Row] = {
    "WhatsApp 368": Row("whatsapp", fails("368")),
    "WhatsApp 131031": Row("whatsapp", fails("131031")),
    "WhatsApp 131031 in a status": Row("whatsapp", later("131031")),
    "WhatsApp 131064": Row("whatsapp", fails("131064"), NEW, BREACH),
    "WhatsApp violation": Row(
        "whatsapp", tells("account_update", {"event": "ACCOUNT_VIOLATION",
                                             "violation_info": {"violation_type": "SCAM"}}), ground=BREACH,
    ),
    "WhatsApp restriction of what we begin": Row("whatsapp", tells("account_update", RESTRICTED), NEW),
    "WhatsApp restriction of all": Row("whatsapp", tells("account_update", RESTRICTED_ALL)),
    "WhatsApp disabled": Row(
        "whatsapp", tells("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}})
    ),
    "WhatsApp to be disabled": Row(
        "whatsapp",
        tells("account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "SCHEDULE_FOR_DISABLE"}}),
    ),
    "WhatsApp deleted": Row("whatsapp", tells("account_update", {"event": "ACCOUNT_DELETED"})),
    "WhatsApp partner removed": Row("whatsapp", tells("account_update", {"event": "PARTNER_REMOVED"})),
    "WhatsApp rejected": Row("whatsapp", tells("account_review_update", {"decision": "REJECTED"})),
    "WhatsApp 131048 repeated": Row("whatsapp", fails("131048", 2), NEW, BREACH),
    "WhatsApp 130497 repeated": Row("whatsapp", fails("130497", 10), NEW, BREACH),
    "WhatsApp template's content repeated": Row("whatsapp", templates("132007", 3), ground=BREACH, template=OFFER),
    "WhatsApp template paused or disabled, told by sends": Row(
        "whatsapp", [*templates("132015"), *templates("132016")], ground=BREACH, template=OFFER
    ),
    "WhatsApp template paused twice": Row(
        "whatsapp", tells("message_template_status_update", PAUSED, {**PAUSED, "event": "DISABLED"}),
        ground=BREACH, template=OFFER,
    ),
    "WhatsApp template red twice": Row(
        "whatsapp", tells("message_template_quality_update", RED, {**RED, "previous_quality_score": "YELLOW"}),
        ground=BREACH, template=OFFER,
    ),
    "WhatsApp number flagged twice": Row(
        "whatsapp", tells("phone_number_quality_update", FLAGGED, {**FLAGGED, "event": "DOWNGRADE"}), NEW, BREACH
    ),
    "WhatsApp critical alerts": Row(
        "whatsapp", tells("account_alerts", ALERT, {"alert_info": {**ALERT["alert_info"], "alert_type": "X"}}), NEW
    ),
    "Messenger 368": Row("messenger", fails("368")),
    "Messenger page restricted": Row("messenger", [("refuse", "ban")], told=2),
    "Messenger 10/1893063": Row("messenger", signs("10/1893063", "SUSPEND", 1)),
    "Messenger block": Row("messenger", tells("policy_enforcement", {"action": "block", "reason": "spam"})),
    "Messenger warnings": Row(
        "messenger", tells("policy_enforcement", {"action": "warning", "reason": "a"},
                           {"action": "warning", "reason": "b"}), NEW, BREACH,
    ),
    "Messenger bursts": Row("messenger", signs("613", "THROTTLE", 20), NEW),
    "Messenger turned off": Row("messenger", signs("551/1545041", "CONSENT", 5), NEW, BREACH),
    "Instagram 368": Row("instagram", fails("368")),
    "Instagram account restricted": Row("instagram", [("refuse", "ban")], told=2),
    "Instagram warnings": Row(
        "instagram", tells("policy_enforcement", {"action": "warning", "reason": "a"},
                           {"action": "warning", "reason": "b"}), NEW, BREACH,
    ),
    "Instagram bursts": Row("instagram", signs("613", "THROTTLE", 20), NEW),
    "Instagram turned off": Row("instagram", signs("551/1545041", "CONSENT", 5), NEW, BREACH),
    "Instagram block": Row("instagram", tells("policy_enforcement", {"action": "block", "reason": "spam"})),
    "WeChat interface banned": Row("wechat", fails("48004")),
    "WeChat account restricted": Row("wechat", fails("50002")),
    "WeChat verification expired": Row("wechat", tells("verify_expired", {"FailReason": "over"})),
    "WeChat 48001 after it worked": Row("wechat", fails("48001")),
    "WeChat quota": Row("wechat", signs("45009", "THROTTLE", 5), NEW),
    "WeChat content": Row("wechat", fails("87014", 3), ground=BREACH),
    "X suspended": Row("x", fails("64")),
    "X locked": Row("x", fails("326")),
    "X write-restricted": Row("x", fails("261")),
    "X suspended in words": Row("x", signs("suspended", "SUSPEND", 1)),
    "X permission taken away": Row(
        "x", tells("oauth.revoke", {"user_id": "2244994945"}),
    ),
    "X 429 streak": Row("x", signs("rate-limit-exceeded", "THROTTLE", 20), NEW),
    "X taken for a machine": Row("x", fails("226", 2), ground=BREACH),
    "X rate limits": Row("x", signs("88", "THROTTLE", 20), NEW),
    **{f"Twilio {code}": Row("twilio", fails(code)) for code in
       ("30002", "10001", "20005", "21729", "30033", "63020", "63026", "63013")},
    "Twilio carriers filter": Row("twilio", later("30007", 5), ground=BREACH),
    "Twilio blocks": Row("twilio", blocked("30004", 5), NEW, BREACH, to="tel:+15550177"),
    "Twilio Messenger warnings": Row("twilio", fails("63039", 2), ground=BREACH),
    "Twilio channel rate": Row("twilio", signs("63018", "THROTTLE", 20), NEW),
    "Vonage 8": Row("vonage", fails("8"), api="sms"),
    "Vonage spam in receipts": Row("vonage", later("6", 5), ground=BREACH, api="sms"),
    "Vonage 1060": Row("vonage", fails("1060")),
    "Vonage spam": Row("vonage", fails("1210", 5), ground=BREACH),
    "Vonage no credit": Row("vonage", fails("1070", 3)),
    "SMPP vendor block": Row("smpp", fails("0x444")),
    "SMPP vendor's spam codes": Row("smpp", fails("0x445", 3), NEW, BREACH),
    "SMPP not let in any more": Row("smpp", [("refuse", "expired_token", 3)]),
    **{f"SMPP binds refused, {code}": Row("smpp", signs(code, "SUSPEND", 1)) for code in
       ("ESME_RBINDFAIL", "ESME_RINVPASWD", "ESME_RINVSYSID")},
    "SMPP binds refused thrice": Row("smpp", signs("ESME_RBINDFAIL", "AUTH", 3)),
    "SMPP receipts fail": Row("smpp", signs("detector/error_ratio", "WARN", 3), NEW, BREACH),
    "Telegram 401 after it worked": Row("telegram", fails("401 Unauthorized")),
    "Telegram flood": Row("telegram", [("refuse", "ban")]),
    "Telegram blocked by many": Row("telegram", signs("403", "CONSENT", 5), NEW, BREACH),
    "Telegram long waits": Row("telegram", signs("429", "THROTTLE", 3, "Too Many Requests: retry after 900"), NEW),
    "any channel's warnings": Row("http", signs("spam", "WARN", 3), NEW, BREACH),
    "any channel's credentials": Row("http", signs("http_401", "AUTH", 3)),
}  # fmt: skip
