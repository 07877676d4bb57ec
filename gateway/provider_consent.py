"""What a provider tells of a customer's wishes, as facts of consent. Pure.

A block, an unfollow, an opt-out kept by the carrier, an error that says the recipient wants nothing: each is a fact
like the customer's own words. Nothing here gives what was withdrawn but an opt-in that the channel itself reports.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from state.model.consent import MESSAGES, Consent, Purpose
from state.model.event import Event, Notice, OptedIn, OptedOut, Receipt
from state.model.ids import new_id, now_ms

_PURPOSES: dict[tuple[str, str], tuple[Purpose, ...]] = {
    ("whatsapp", "131050"): ("marketing",),
}
"""Errors that stop less than all messages (Meta: 131050, the user stopped marketing from this business)."""
AFTER: dict[tuple[str, str], int] = {("twilio", "30004"): 2}
"""Errors that count from so many on: 30004 is a block by the carrier or the customer, and one alone tells little."""
_BY_NUMBER = frozenset({"twilio", "vonage", "smpp", "http", "kannel"})
"""Channels whose customers are phone numbers: an opt-out there is one for all senders of the team. Elsewhere it is
about the account that was blocked."""


class Whom(NamedTuple):
    """Whose fact it is: the contact with its lane, the team, the channel with its type, and the customer's address."""

    contact: str
    lane: int
    team: str
    channel: str
    channel_type: str
    address: str


def counts_from(channel_type: str, code: str) -> int:
    """From which signal of an error on it is an opt-out."""
    return AFTER.get((channel_type, code), 1)


def facts(happened: Event, whom: Whom, evidence: str) -> Sequence[Consent]:
    """The facts that an event tells; `evidence` is the id it is stored under (an event's, a signal's, a message's)."""
    if isinstance(happened, OptedOut):
        return _facts("withdrawn", _stopped(happened.purpose), happened, whom, evidence, happened.note)
    if isinstance(happened, OptedIn):
        return _facts("given", (happened.purpose,), happened, whom, evidence, happened.note)
    code, action, reason = _told(happened)
    if action != "CONSENT":
        return ()
    purposes = _PURPOSES.get((whom.channel_type, code), MESSAGES)
    return _facts("withdrawn", purposes, happened, whom, evidence, f"{code}: {reason}" if reason else code)


def _stopped(purpose: Purpose) -> tuple[Purpose, ...]:
    """Whoever wants no service wants no message at all."""
    return MESSAGES if purpose == "service" else (purpose,)


def _told(happened: Event) -> tuple[str, str, str]:
    """Code, action word and reason of an error."""
    if isinstance(happened, Receipt) and happened.fault:
        return happened.fault.code, happened.fault.action, happened.fault.reason
    if isinstance(happened, Notice):
        return happened.code, happened.action, happened.reason
    return "", "", ""


def _facts(
    change: Any, purposes: Sequence[Purpose], happened: Event, whom: Whom, evidence: str, note: str
) -> Sequence[Consent]:
    channel = "" if whom.channel_type in _BY_NUMBER else whom.channel
    return tuple(
        Consent(
            id=new_id(whom.lane),
            team=whom.team,
            contact=whom.contact,
            change=change,
            purpose=purpose,
            source="provider",
            at=happened.at or now_ms(),
            actor=f"channel {whom.channel}",
            address=whom.address,
            channel=channel,
            evidence={"id": evidence, "said": note, "channel": whom.channel},
        )
        for purpose in purposes
    )
