"""Decisions and rule packs in words, for those who ask why a message was not sent, or what holds. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, time
from textwrap import wrap
from typing import Any

from msgspec.structs import fields

from gateway.policy.decide import RULES
from gateway.policy.entries import Entry, Rows
from gateway.policy.said import minute, purpose
from state.model.consent import Consent
from state.model.message import Decision, Rule

REMEDIES: Mapping[str, str] = {
    "channel_removed": "connect the channel again, and send the message anew",
    "expired": "send it anew, with a longer validity where it may wait",
    "expires_before": "send it anew, later or with a longer validity",
    "team_inactive": "activate the team, then send it anew",
    "country_not_offered": "move the team to a country in which the service is offered",
    "withdrawn": "leave it: only the customer can take the withdrawal back",
    "no_consent": "ask the customer, record what they said, then send it anew",
    "consent_expired": "ask the customer anew, record what they said, then send it again",
    "basis_unfit": "ask the customer, record what they said, then send it anew",
    "confirmation_not_allowed": "leave it: the withdrawal stands without another confirmation",
    "under_age": "leave it: nothing may be sent to them here",
    "age_unknown": "record when the contact was born, then send it anew",
    "country_unknown": "record the contact's country, then send it anew",
    "licence_ended": "record the renewed licence, or leave out what it is for",
    "purpose_not_allowed": "use what the channel has for this purpose, or another channel",
    "not_started": "invite the customer by a link: they must write first",
    "not_available": "use another channel, or get the authorisation that is asked for",
    "suspended": "see to the ground of the suspension, then lift it: the message waits",
    "terms_not_accepted": "accept the channel's terms: the message waits",
    "window_closed": "send a template where the channel has them, or wait until the customer writes",
    "not_told": "send the notice first: with notices on, the next conversation begins with it",
    "told_already": "nothing: the customer has the notice",
    "duplicate": "leave it, or say it differently",
    "no_common_hours": "record the contact's time zone, then send it anew",
    "quiet_hours": "nothing: it leaves by itself when the hours open",
    "frequency": "nothing: it leaves by itself when the cap allows it",
}
"""What there is to do about each code."""
_TIMES = ("at", "until", "last_in", "expires_at", "grace_until", "ended")
"""Inputs of rules that are times."""
_WIDTH = 120
_MARKS = {"send": "ok  ", "wait": "wait", "refuse": "no  "}


def decision(made: Decision) -> Iterator[str]:
    """A decision line by line: what was decided and why, what to do, and each rule with what it read."""
    heads = {"send": "may leave", "wait": "waits", "refuse": "is refused"}
    code = f" [{made.code}]" if made.code else ""
    until = f" until {minute(made.wait_until)}" if made.wait_until else ""
    reason = f": {made.reason}" if made.reason else ""
    yield f"{minute(made.at)}  it {heads[made.verdict]}{until}{reason}{code}"
    if made.code:
        yield f"  to do: {REMEDIES.get(made.code, 'see docs/policy.md')}"
    versions = ", ".join(
        filter(None, (made.pack and f"rules {made.pack}", made.terms and f"terms {made.terms}"))
    )
    if versions:
        yield f"  by {versions}"
    yield from map(_rule, made.rules)
    asked = {each.name for each in made.rules}
    if made.pack and (rest := [rule.__name__ for rule in RULES if rule.__name__ not in asked]):
        yield f"  not asked any more: {', '.join(rest)}"


def _rule(rule: Rule) -> str:
    read = ", ".join(f"{name} {_input(name, value)}" for name, value in rule.inputs.items())
    words = "; ".join(filter(None, (rule.reason if rule.verdict == "send" else "", read and f"read: {read}")))
    return f"  {_MARKS[rule.verdict]}  {rule.name:16} {words}".rstrip()


def _input(name: str, value: Any) -> str:
    if name in _TIMES and isinstance(value, int):
        return minute(value) if value else "never"
    if isinstance(value, list | tuple):
        return " ".join(map(str, value)) or "none"
    return str(value) if value != "" else "none"


def pack(rows: Rows, table: str = "") -> Iterator[str]:
    """The rows of a pack line by line, by table, each with its source and the days it holds; one table, or all."""
    for name in Rows.__struct_fields__:
        entries = getattr(rows, name)
        if table in ("", name) and entries:
            yield name
            for each in entries:
                yield from wrap(_figures(each), _WIDTH, initial_indent="  ", subsequent_indent="      ")
                yield f"      {_holds(each)}; {each.source}"


def _figures(row: Entry) -> str:
    """What a row says, without what is as it is when nothing is said."""
    own = [each for each in fields(row) if each.name not in Entry.__struct_fields__]
    shown = [(each.name, getattr(row, each.name)) for each in own if getattr(row, each.name) != each.default]
    return "  ".join(_figure(name, value) for name, value in shown)


def _figure(name: str, value: Any) -> str:
    match value:
        case True:
            return name
        case tuple():
            return f"{name} {', '.join(map(str, value))}"
        case time():
            return f"{name} {value:%H:%M}"
    return f"{name} {value}"


def _holds(row: Entry) -> str:
    until: date | None = row.until
    return f"from {row.since}{f' until {until}' if until else ''}"


def fact(found: Consent) -> str:
    """A fact of the ledger in a line: what, when, by whom, and the words that prove it."""
    words = str(found.evidence.get("words") or found.text)
    where = ", ".join(filter(None, (found.address, found.channel and f"on {found.channel}")))
    shown = f": “{words[:80]}”" if words else ""
    return (
        f"  fact {found.id}: {purpose(found.purpose)} {found.change} at {minute(found.at)} by {found.actor}"
        f" ({found.source}{f', for {where}' if where else ''}){shown}"
    )
