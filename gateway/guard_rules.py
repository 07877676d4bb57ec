"""Which signals of a provider suspend, at once or on repetition: a table, read from the top. Pure.

The codes are the providers' (each connector names its source); numbers and windows are our own engineering defaults,
since no provider publishes any. "After it worked": a message was taken within the last seven days.
"""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

HOUR, DAY = 3600, 86_400
WORKED_WITHIN = 7 * DAY
"""Seconds in which a success counts for "after it worked"."""


class Rule(NamedTuple):
    """What signals of one kind lead to.

    `types` are channel types ("*": every), `codes` patterns of codes, `action` an action word; `says` is a regular
    expression that the reason must hold. It suspends at the `times`-th signal within `within` seconds, where their
    number is also at least `share` of what the channel sent meanwhile, and where it `worked` before if that is asked.
    `reach` is the direction that is closed, or `template` for the template that the signal is about; a direction that
    the signal itself names comes first. With `proposes` it suspends nothing: it proposes to lift what there is.
    """

    types: str
    codes: str = "*"
    action: str = ""
    says: str = ""
    times: int = 1
    within: int = DAY
    share: float = 0.0
    worked: bool = False
    reach: str = "outbound"
    ground: str = "channel_requires"
    proposes: str = ""

    def fits(self, kind: str, sign: "Told") -> bool:
        """Whether a signal of a channel of this type is of this kind."""
        return (
            (self.types == "*" or kind in self.types.split())
            and (not self.action or self.action in sign.action.split())
            and any(fnmatchcase(sign.code, each) for each in self.codes.split())
            and (not self.says or re.search(self.says, sign.reason) is not None)
        )


class Told(NamedTuple):
    """What a signal tells: its code without what says where it came from, the action word, and the reason."""

    code: str
    action: str
    reason: str = ""


_META, _X_BOTS = "messenger instagram", "x"
_SMS = "twilio"
_BIND = "ESME_RBINDFAIL ESME_RINVPASWD ESME_RINVSYSID"
_BREACH = "terms_breached"

RULES: tuple[Rule, ...] = (
    # WhatsApp
    Rule("whatsapp", "account_update/DISABLED_UPDATE", says="REINSTATE", proposes="WhatsApp reinstated the account"),
    Rule("whatsapp", "account_update/ACCOUNT_RECONNECTED", proposes="the account was connected again"),
    Rule("whatsapp", "phone_number_quality_update/UNFLAGGED", proposes="WhatsApp took the number's flag back"),
    Rule("whatsapp", "131064", reach="business_initiated", ground=_BREACH),
    Rule("whatsapp", "account_update/ACCOUNT_VIOLATION", action="SUSPEND", ground=_BREACH),
    Rule("whatsapp", "132015 132016", times=2, reach="template", ground=_BREACH),
    Rule("whatsapp", "message_template_status_update/* message_template_quality_update/*", action="WARN", times=2,
         within=7 * DAY, reach="template", ground=_BREACH),
    Rule("whatsapp", "132007", times=3, reach="template", ground=_BREACH),
    Rule("whatsapp", "131048", times=2, reach="business_initiated", ground=_BREACH),
    Rule("whatsapp", "130497", times=10, within=HOUR, share=0.05, reach="business_initiated", ground=_BREACH),
    Rule("whatsapp", "phone_number_quality_update/*", action="WARN", times=2, within=7 * DAY, ground=_BREACH,
         reach="business_initiated"),
    Rule("whatsapp", "account_alerts/*", action="WARN", times=2, reach="business_initiated"),
    # Messenger and Instagram
    Rule(_META, "policy_enforcement/unblock", proposes="Meta took the block of the page back"),
    Rule(_META, "policy_enforcement/warning", times=2, within=7 * DAY, reach="business_initiated", ground=_BREACH),
    Rule(_META, "613 613/*", times=20, within=HOUR, reach="business_initiated"),
    Rule(_META, "551 551/* 200/1545041", times=5, share=0.05, reach="business_initiated", ground=_BREACH),
    # WeChat
    Rule("wechat", "48001 61007 50001", worked=True),
    Rule("wechat", "45009", times=5, reach="business_initiated"),
    Rule("wechat", "87014 45166", times=3, ground=_BREACH),
    # X
    Rule(_X_BOTS, "226", times=2, ground=_BREACH),
    Rule(_X_BOTS, "rate-limit-exceeded 88 http_429", times=20, within=HOUR, reach="business_initiated"),
    Rule(_X_BOTS, "user_event.revoke oauth.revoke", worked=True),
    # Twilio
    Rule(_SMS, "30007", times=5, share=0.02, ground=_BREACH),
    Rule(_SMS, "30004", times=5, share=0.02, reach="business_initiated", ground=_BREACH),
    Rule(_SMS, "63039", times=2, ground=_BREACH),
    Rule(_SMS, "63018", times=20, within=HOUR, reach="business_initiated"),
    # Vonage
    Rule("vonage", "6 1210 1350", action="WARN", times=5, share=0.02, ground=_BREACH),
    Rule("vonage", "9 1070 16", action="CONFIG", times=3, within=HOUR),
    # SMPP
    Rule("smpp", _BIND, action="SUSPEND",
         worked=True),
    Rule("smpp", _BIND, action="AUTH", times=3,
         within=HOUR, worked=True),
    # Telegram
    Rule("telegram", "401 404", action="AUTH", worked=True),
    Rule("telegram", "403", action="CONSENT", times=5, share=0.05, reach="business_initiated", ground=_BREACH),
    Rule("telegram", "429", says=r"retry after ([3-9]\d\d|\d{4,})", times=3, within=HOUR, reach="business_initiated"),
    # What detectors find in our own traffic
    Rule("*", "detector/*", action="FRAUD", reach="business_initiated", ground="suspected_fraud"),
    # What holds for every channel, whatever its connector's codes are
    Rule("*", action="SUSPEND"),
    Rule("*", action="AUTH", times=3, within=HOUR, worked=True),
    Rule("*", action="WARN", times=3, reach="business_initiated", ground=_BREACH),
)  # fmt: skip
"""From the top, the first that fits counts (channels facts, "Auto-suspend signals")."""


def rule_of(kind: str, told: Told, rules: Sequence[Rule] = RULES) -> Rule | None:
    """The rule for a signal of a channel of a type; None: it is kept, and leads to nothing."""
    return next((each for each in rules if each.fits(kind, told)), None)


def plain(code: str) -> str:
    """A code without the webhook field that it was told in."""
    return code.removeprefix("errors/")


class History(NamedTuple):
    """What is known when a signal is judged: such signals so far with this one, messages sent, whether it worked."""

    seen: int
    sent: int = 0
    worked: bool = False


def suspends(rule: Rule, history: History) -> bool:
    """Whether it is time to suspend."""
    return (
        history.seen >= rule.times
        and (not rule.share or history.seen >= rule.share * history.sent)
        and (not rule.worked or history.worked)
    )


def table() -> str:
    """The rules as `docs/suspension.md` shows them (Markdown)."""
    lines = ["| channel | signal | suspends | closes |", "|---|---|---|---|"]
    lines += [f"| {_kinds(each)} | {_signal(each)} | {_when(each)} | {_closes(each)} |" for each in RULES]
    return "\n".join(lines)


def _kinds(rule: Rule) -> str:
    return "every" if rule.types == "*" else rule.types.replace(" ", ", ")


def _signal(rule: Rule) -> str:
    codes = "" if rule.codes == "*" else ", ".join(f"`{each}`" for each in rule.codes.split())
    action = f"`{rule.action}`" if rule.action else ""
    says = f"saying `{rule.says}`".replace("|", "\\|") if rule.says else ""
    return " ".join(filter(None, (codes, action, says)))


def _when(rule: Rule) -> str:
    if rule.proposes:
        return "never: proposes a lift"
    span = f"{rule.within // DAY} d" if rule.within >= DAY else f"{rule.within // HOUR} h"
    often = f"at {rule.times} within {span}" if rule.times > 1 else "at once"
    share = f", and {rule.share:.0%} of what was sent" if rule.share else ""
    return often + share + (", after it worked" if rule.worked else "")


def _closes(rule: Rule) -> str:
    return "" if rule.proposes else f"{rule.reach} (`{rule.ground}`)"
