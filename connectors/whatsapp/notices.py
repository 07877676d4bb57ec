"""Notices about our account, and customers' preferences: the fields beside `messages`."""

from typing import Any

from connectors.whatsapp import codes
from connectors.whatsapp.fields import Item, addresses, digest, text, timestamp
from state.model.action import Action
from state.model.event import Event, Notice, OptedIn, OptedOut


def notice(field: str, value: Item, entry: Item) -> Event:
    """A change of any other field as a notice, with what it asks of us."""
    name = str(
        value.get("event") or value.get("decision") or value.get("alert_info", {}).get("alert_type") or field
    )
    return Notice(
        key=f"{field}:{digest([entry.get('id'), entry.get('time'), value])}",
        at=timestamp(entry.get("time") or 0) if entry.get("time") else 0,
        name=field,
        code=f"{field}/{name}",
        action=_action(field, name, value),
        reason=_reason(value),
        scope=_scope(value),
        until=_until(value),
        evidence=dict(value),
    )


def _action(field: str, name: str, value: Item) -> str:
    if field == "account_update":
        ban = (value.get("ban_info") or {}).get("waba_ban_state")
        return "info" if ban == "REINSTATE" else codes.ACCOUNT_EVENTS.get(name, "info")
    if field == "account_review_update":
        return "SUSPEND" if name == "REJECTED" else "info"
    if field == "phone_number_quality_update":
        return "WARN" if name in {"FLAGGED", "DOWNGRADE"} else "info"
    if field == "message_template_quality_update":
        return "WARN" if value.get("new_quality_score") == "RED" else "info"
    if field == "message_template_status_update":
        return "WARN" if name in {"PAUSED", "DISABLED", "FLAGGED"} else "info"
    if field == "account_alerts":
        return "WARN" if (value.get("alert_info") or value).get("alert_severity") == "CRITICAL" else "info"
    return "info"


def _reason(value: Item) -> str:
    violation = (value.get("violation_info") or {}).get("violation_type")
    alert = (value.get("alert_info") or {}).get("alert_description")
    return str(violation or alert or value.get("reason") or value.get("rejection_reason") or "")[:500]


def _restrictions(value: Item) -> list[dict[str, Any]]:
    return [each for each in value.get("restriction_info") or [] if isinstance(each, dict)]


def _scope(value: Item) -> str:
    """The direction a restriction is about; `outbound` where all sending is."""
    kinds = {str(each.get("restriction_type", "")) for each in _restrictions(value)}
    if any("CUSTOMER_INITIATED" in kind for kind in kinds):
        return "outbound"
    return "business_initiated" if any("BIZ_INITIATED" in kind or "UTILITY" in kind for kind in kinds) else ""


def _until(value: Item) -> int:
    """The last end of all restrictions in milliseconds, UTC; 0 where it is not a Unix time."""
    ends = [each.get("expiration") for each in _restrictions(value)]
    return max((int(end) * 1000 for end in ends if str(end).isdigit() and len(str(end)) <= 12), default=0)


def error(item: Item, account: str, entry: Item) -> Event:
    """An error of the account as a whole, told beside messages."""
    code = item.get("code")
    action = codes.ACTIONS.get(code, Action.CONFIG) if isinstance(code, int) else Action.CONFIG
    return Notice(
        key=f"errors:{digest([entry.get('id'), entry.get('time'), item])}",
        at=0,
        account=account,
        name="errors",
        code=str(code),
        action=action.value,
        reason=str(item.get("message") or item.get("title") or ""),
        evidence=dict(item),
    )


def preference(item: Item, account: str) -> Event:
    """A customer stopped or resumed marketing messages: a consent record."""
    value = text(item["value"])
    at = timestamp(item["timestamp"])
    who = addresses(item.get("user_id"), item.get("wa_id"))
    key = f"user_preferences:{who[0]}:{value}:{at}"
    kind = OptedOut if value == "stop" else OptedIn
    note = text(item.get("detail") or "")
    return kind(key=key, at=at, account=account, addresses=who, purpose="marketing", note=note)


def legacy_status(item: Item, account: str, status: str, at: int) -> Event:
    """`deleted`, `warning` and whatever else comes as a status: noted."""
    key = f"{text(item['id'])}:{status}"
    return Notice(
        key=key, at=at, account=account, name="status", code=f"status/{status}", evidence=dict(item)
    )
