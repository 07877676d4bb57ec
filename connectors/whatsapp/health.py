"""Whether a number is set up at Meta (Meta: phone number node, subscribed apps, message templates)."""

from collections.abc import Generator, Iterator

from connectors.contract import Finding
from connectors.graph import health
from connectors.graph.api import Api, Json
from connectors.whatsapp import accounts
from state.model.wire import Call, Reply

_FIELDS = "id,display_phone_number,quality_rating,status,webhook_configuration"
_WELL = ("CONNECTED", "")
_ASIDE = ("PAUSED", "DISABLED", "REJECTED")
_NAMED = 5


def examine(api: Api, number: str, waba: str, address: str) -> Generator[Call, Reply, tuple[Finding, ...]]:
    """The number, where Meta sends its webhooks, the app's subscription, and templates that cannot be sent."""
    found = yield from api.ask("number", "GET", number, query={"fields": _FIELDS})
    findings = [*_number(found), _webhook(found, address)]
    if waba:
        findings.append((yield from health.subscribed(api, waba)))
        templates = yield from accounts.templates(api, waba)
        aside = sorted(
            {f"{each.name} ({each.status.lower()})" for each in templates if each.status in _ASIDE}
        )
        more = f" and {len(aside) - _NAMED} more" if len(aside) > _NAMED else ""
        wrong = f"these cannot be sent: {', '.join(aside[:_NAMED])}{more}" if aside else ""
        findings.append(Finding("templates", wrong))
    return tuple(findings)


def _number(found: Json) -> Iterator[Finding]:
    status, quality = str(found.get("status") or ""), str(found.get("quality_rating") or "")
    yield Finding("number", "" if status in _WELL else f"its status is {status}: see the WhatsApp Manager")
    if quality == "RED":
        yield Finding(
            "quality", "it is low (RED): Meta may limit the number; send less, and only what is wanted"
        )


def _webhook(found: Json, address: str) -> Finding:
    """The narrowest address holds: the number's own, else the business account's, else the app's."""
    given = found.get("webhook_configuration")
    places = given if isinstance(given, dict) else {}
    names = ("phone_number", "whatsapp_business_account", "application")
    used = next((str(places[name]) for name in names if places.get(name)), "")
    if not used:
        return Finding("webhook", f"none is set: give the app this address: {address}")
    return Finding("webhook", "" if used == address else f"Meta sends to {used}, not to {address}")
