"""What a provider tells of a customer's wishes, as facts of consent: each wish is one. Pure.

A block, an unfollow, an opt-out kept by the carrier, an error that says the recipient wants nothing: each is a fact
like the customer's own words. Nothing here gives what was withdrawn but an opt-in that the channel itself reports.
"""

from typing import NamedTuple

from state.model.consent import Change, Consent, Purpose, Subject
from state.model.event import Event, Notice, OptedIn, OptedOut, Receipt
from state.model.ids import new_id, now_ms

_SUBJECTS: dict[tuple[str, str], Subject] = {("whatsapp", "131050"): "marketing"}
"""Errors that stop less than all messages (Meta: 131050, the user stopped marketing from this business)."""
AFTER: dict[tuple[str, str], int] = {("twilio", "30004"): 2}
"""Errors that count from so many on: 30004 is a block by the carrier or the customer, and one alone tells little."""
BY_NUMBER = frozenset({"twilio", "vonage", "smpp", "http", "kannel"})
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


def fact(happened: Event, whom: Whom, evidence: str) -> Consent | None:
    """The fact that an event tells, if any; `evidence` is the id it is stored under (an event's, a signal's)."""
    if isinstance(happened, OptedOut):
        return _fact("withdrawn", _stopped(happened.purpose), happened, whom, evidence, happened.note)
    if isinstance(happened, OptedIn):
        return _fact("given", happened.purpose, happened, whom, evidence, happened.note)
    code, action, reason = _told(happened)
    if action != "CONSENT":
        return None
    subject = _SUBJECTS.get((whom.channel_type, code), "messages")
    return _fact("withdrawn", subject, happened, whom, evidence, f"{code}: {reason}" if reason else code)


def _stopped(purpose: Purpose) -> Subject:
    """Whoever wants no service wants no message at all."""
    return "messages" if purpose == "service" else purpose


def _told(happened: Event) -> tuple[str, str, str]:
    """Code, action word and reason of an error."""
    if isinstance(happened, Receipt) and happened.fault:
        return happened.fault.code, happened.fault.action, happened.fault.reason
    if isinstance(happened, Notice):
        return happened.code, happened.action, happened.reason
    return "", "", ""


def _fact(change: Change, subject: Subject, happened: Event, whom: Whom, evidence: str, note: str) -> Consent:
    now = now_ms()
    return Consent(
        id=new_id(whom.lane),
        team=whom.team,
        contact=whom.contact,
        change=change,
        purpose=subject,
        source="provider",
        at=min(happened.at or now, now),  # what lay in the future would outlast every later word
        actor=f"channel {whom.channel}",
        address=whom.address,
        channel="" if whom.channel_type in BY_NUMBER else whom.channel,
        evidence={"id": evidence, "said": note, "channel": whom.channel},
    )
