"""What Meta tells about our account rather than from a customer: each field beside `messages` as a notice.

These are read tolerantly: a detail of an odd type must not cost a warning or a suspension.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from connectors.graph.errors import error
from connectors.graph.fields import at, timestamp
from connectors.values import Unfit, digest, line, storable
from connectors.whatsapp import codes
from connectors.whatsapp.messages import Page
from connectors.whatsapp.shapes import Account, Entry, Preference
from state.model.action import Action
from state.model.event import Event, Notice, OptedIn, OptedOut

Json = Mapping[str, Any]


class Told(NamedTuple):
    """What a change says, and what it asks of us. `until` in milliseconds, UTC."""

    code: str
    action: str = "info"
    reason: str = ""
    scope: str = ""
    until: int = 0
    category: str = ""


def notice(field: str, value: dict[str, Any], entry: Entry) -> Event:
    """A change of any field but those with messages, preferences or addresses."""
    name, reader = line(field[:60]), _FIELDS.get(field)
    told = reader(value) if reader else Told(_word(value, "event") or _word(value, "decision"))
    kept = _counted(value) if field in _LARGE else value
    evidence: dict[str, Any] = storable({"id": entry.id, "time": entry.time, "field": field, "value": kept})
    return Notice(
        key=f"{name}:{digest([evidence, digest(storable(value))])}",
        at=at(entry.time),
        account=line(_word(_inner(value, "metadata"), "phone_number_id")[:64]),
        business=_id(entry),
        name=name,
        code=line("/".join(filter(None, (name, told.code)))[:200]),
        action=told.action,
        reason=line(told.reason[:500]),
        scope=told.scope,
        until=told.until,
        category=line(told.category[:32]),
        language=line(_word(value, "message_template_language")[:35]) if told.category else "",
        evidence=evidence,
    )


def _word(value: Json, name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


def _inner(value: Json, name: str) -> Json:
    found = value.get(name)
    return found if isinstance(found, dict) else {}


_LARGE = {"history", "smb_app_state_sync"}
"""Fields that carry up to 3 MB of old chats and address books: the envelope keeps them, the notice counts them."""


def _counted(value: Json) -> dict[str, Any]:
    return {name: len(each) if isinstance(each, list) else each for name, each in value.items()}


def _account_update(value: Json) -> Told:
    event = _word(value, "event")
    action = codes.ACCOUNT_EVENTS.get(event)
    if action is None:
        return Told(event)
    if event == "ACCOUNT_RESTRICTION":
        return _restricted(value)
    violation = _word(_inner(value, "violation_info"), "violation_type")
    ban, disconnected = _inner(value, "ban_info"), _inner(value, "disconnection_info")
    if _word(ban, "waba_ban_state") == "REINSTATE":
        return Told(event, reason="REINSTATE")
    said = violation or _word(ban, "waba_ban_state") or _word(disconnected, "reason")
    return Told(event, action, said, "outbound")


def _restricted(value: Json) -> Told:
    """A restriction closes the direction of sending that its type names, until it expires; else it is a warning."""
    given = value.get("restriction_info")
    restrictions = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    kinds = [_word(each, "restriction_type") for each in restrictions]
    reaches = [_reach(kind) for kind in kinds] or ["outbound"]
    scope = max(reaches, key=("", "business_initiated", "outbound").index)
    closing = [
        _expires(each.get("expiration")) for each, reach in zip(restrictions, reaches, strict=False) if reach
    ]
    until = max(closing) if closing and all(closing) else 0
    reason = ", ".join(filter(None, kinds))
    return Told("ACCOUNT_RESTRICTION", Action.SUSPEND if scope else Action.WARN, reason, scope, until)


def _reach(kind: str) -> str:
    """The direction a restriction closes; one we do not know closes all sending."""
    return next((reach for word, reach in codes.RESTRICTED if word in kind), "outbound")


def _expires(value: object) -> int:
    """A Unix time, or an ISO 8601 one as resellers pass it on, in milliseconds UTC; 0 where it is neither."""
    if not isinstance(value, str) or value.isdigit():
        return at(value)
    try:
        moment = datetime.fromisoformat(value)
        return max(0, int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000))
    except (ValueError, OverflowError):
        return 0


def _account_alerts(value: Json) -> Told:
    alert = _inner(value, "alert_info") or value
    grave = _word(alert, "alert_severity") == "CRITICAL" and _word(alert, "alert_status") != "NONE"
    action = Action.WARN if grave else "info"
    return Told(_word(alert, "alert_type"), action, _word(alert, "alert_description"))


def _account_review(value: Json) -> Told:
    decision = _word(value, "decision")
    if decision == "REJECTED":
        return Told(decision, Action.SUSPEND, _word(value, "rejection_reason"), "outbound")
    return Told(decision)


def _number_quality(value: Json) -> Told:
    event = _word(value, "event")
    return Told(event, Action.WARN if event in {"FLAGGED", "DOWNGRADE"} else "info")


def _number_name(value: Json) -> Told:
    return Told(_word(value, "decision"), reason=_word(value, "rejection_reason"))


def _template(value: Json) -> str:
    name = _word(value, "message_template_name")
    return f"template:{name}" if name else ""


def _template_status(value: Json) -> Told:
    event = _word(value, "event")
    reason = _word(_inner(value, "rejection_info"), "reason") or _word(value, "reason")
    action = Action.WARN if event in {"PAUSED", "DISABLED", "FLAGGED"} else "info"
    category = _word(value, "message_template_category")
    return Told(event, action, "" if reason == "NONE" else reason, _template(value), category=category)


def _template_quality(value: Json) -> Told:
    score = _word(value, "new_quality_score")
    return Told(score, Action.WARN if score == "RED" else "info", "", _template(value))


def _template_category(value: Json) -> Told:
    was = _word(value, "previous_category")
    now, reason = _word(value, "new_category"), f"was {was}" if was else ""
    return Told(now, reason=reason, scope=_template(value), category=now)


_FIELDS: dict[str, Callable[[Json], Told]] = {
    "account_update": _account_update,
    "account_alerts": _account_alerts,
    "account_review_update": _account_review,
    "phone_number_quality_update": _number_quality,
    "phone_number_name_update": _number_name,
    "message_template_status_update": _template_status,
    "message_template_quality_update": _template_quality,
    "message_template_components_update": lambda value: Told("", scope=_template(value)),
    "template_category_update": _template_category,
}


def _id(entry: Account) -> str:
    """The business account's id (WABA)."""
    return line(str(entry.id)[:64])


def account_error(item: dict[str, Any], page: Page) -> Event:
    """An error of ours as a whole, told beside messages (`value.errors`)."""
    found = error(item)
    rule = codes.rule_of(found) if found else None
    evidence = storable(item)
    return Notice(
        key=f"errors:{digest([_id(page.entry), str(page.entry.time), page.account, evidence])}",
        at=at(page.entry.time),
        account=page.account,
        business=_id(page.entry),
        name="errors",
        code=f"errors/{found.code if found else 'unknown'}",
        action=rule.action if rule else Action.CONFIG,
        reason=found.reason if found else "",
        evidence=evidence,
    )


def preference(item: Preference, page: Page) -> Event:
    """A customer stopped or resumed marketing, or signed up for it: a consent record; raises Unfit.

    A value or a category that is none of these is noted, and never taken for consent.
    """
    who, name = page.who(item.user_id, item.wa_id)
    if not who:
        raise Unfit("neither phone number nor user id says who it is")
    when = timestamp(item.timestamp)
    common: dict[str, Any] = {"at": when, "account": page.account, "addresses": who}
    common["key"] = f"user_preferences:{who[0]}:{line(item.value[:60])}:{when}"
    if item.value not in ("stop", "resume", "signup") or item.category not in ("", "marketing_messages"):
        code = line(f"user_preferences/{item.category}/{item.value}"[:200])
        return Notice(**common, name="user_preferences", code=code)
    common |= {"name": name, "purpose": "marketing", "note": line(item.detail or "") or item.value}
    return OptedOut(**common) if item.value == "stop" else OptedIn(**common)
