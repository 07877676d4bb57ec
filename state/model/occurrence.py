"""What hooks are told of: an occurrence has a type, and its data the shape that the table of types promises.

The table is a promise to whoever receives it: within a version fields are added, never taken away or given another
meaning.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from state.model.ids import new_id, now_ms
from state.model.suspension import Scope

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """What an occurrence tells; all fields are there, times in UTC, null where there is none."""


class SuspensionData(Data, frozen=True, kw_only=True):
    """A suspension as it stands: `stage` of its life, what it covers, why, and who made it.

    `due` is when a notice comes into force, `until` when it may end; `evidence` are ids of signals, messages and
    decisions; `proposal` says why it might be lifted.
    """

    id: str
    stage: str
    scope: Scope
    ground: str
    reason: str
    notice: str
    actor: str
    at: datetime
    due: datetime | None
    until: datetime | None
    lifted: datetime | None
    evidence: tuple[str, ...]
    proposal: str


class SignalData(Data, frozen=True, kw_only=True):
    """A sign that a channel's terms are at stake: what it asks for (`action`) and its code."""

    id: str
    channel: str
    action: str
    code: str
    at: datetime


class ExpiringData(Data, frozen=True, kw_only=True):
    """A consent that ends soon: whose, what for, and when; `fact` is its entry in the ledger."""

    contact: str
    purpose: str
    address: str
    channel: str
    until: datetime
    fact: str


class FailureData(Data, frozen=True, kw_only=True):
    """A message that has failed for good: its channel, the code and the reason, and whose doing it was.

    `attribution` is `ours`, `channel`, `recipient` or `third_party`, empty where nobody can say; `code` is the
    provider's, or that of our own rule that refused it (`decision` in the message tells more).
    """

    message: str
    channel: str
    code: str
    reason: str
    attribution: str
    at: datetime


class TermsData(Data, frozen=True, kw_only=True):
    """A version of a channel's terms that nobody has accepted; from `due` on the channel sends nothing (null: it has
    accepted none yet, and sends nothing)."""

    channel: str
    type: str
    version: str
    due: datetime | None


class ConversationData(Data, frozen=True, kw_only=True):
    """A conversation that changes hands: with whom it is, and where its flow stands.

    `reason` is what the flow said, or the note of the person who gave it back.
    """

    conversation: str
    contact: str
    channel: str
    flow: str
    state: str
    reason: str
    at: datetime


class HookData(Data, frozen=True, kw_only=True):
    """A hook that is not called any more, and why."""

    hook: str
    reason: str
    at: datetime


class TrialData(Data, frozen=True, kw_only=True):
    """A trial that somebody asked for."""

    hook: str
    message: str


class Kind(NamedTuple):
    """A type of occurrence: when it comes, the shape of its data, and that shape's version."""

    meaning: str
    data: type[Data]
    version: int = 1


TYPES: Mapping[str, Kind] = {
    "suspension.noticed": Kind("a suspension is announced; nothing is held yet", SuspensionData),
    "suspension.in_force": Kind("a suspension holds: nothing more leaves in its scope", SuspensionData),
    "suspension.proposed": Kind("a suspension might be lifted; a human decides", SuspensionData),
    "suspension.lifting": Kind("a suspension is being lifted: what it held ends first", SuspensionData),
    "suspension.lifted": Kind("a suspension is over, or was withdrawn before it came", SuspensionData),
    "signal.received": Kind("a provider gave a sign that a channel's terms are at stake", SignalData),
    "message.failed": Kind(
        "a message has failed for good: it was refused, or will never arrive", FailureData
    ),
    "conversation.handed_over": Kind("a person is to answer in a conversation", ConversationData),
    "conversation.handed_back": Kind("the bot answers in a conversation again", ConversationData),
    "consent.expiring": Kind("a consent ends soon", ExpiringData),
    "terms.waiting": Kind("terms of a channel wait to be accepted", TermsData),
    "hook.disabled": Kind("another hook is not called any more", HookData),
    "hook.test": Kind("somebody tries this hook; no subscription is needed", TrialData),
}
"""Every type that hooks may be told of."""


class Occurrence(NamedTuple):
    """Something that happened. `team` is whose it is, "" where it concerns all, `@` and a channel where it is whose
    that channel is; `subject` is what it is about.

    `id` tells one from another: however often an occurrence of one id is told, a hook gets it once. `at` is in
    milliseconds, UTC.
    """

    type: str
    subject: str
    data: Data
    team: str
    id: str
    at: int


def occurrence(type: str, subject: str, data: Data, team: str = "", id: str = "", at: int = 0) -> Occurrence:
    """An occurrence of now, unless `at` says another time (milliseconds, UTC); of a fresh id, unless one is given."""
    assert isinstance(data, TYPES[type].data), type
    return Occurrence(type, subject, data, team, id or new_id(0), at or now_ms())


def same(at: int, *words: str) -> str:
    """The id of an occurrence that is found again and again: one by its time (milliseconds, UTC) and its words."""
    return f"{at:012x}{hashlib.sha256(msgspec.json.encode(words)).hexdigest()[:20]}"


def time(ms: int) -> datetime:
    """A time in milliseconds as data tell it."""
    return _BEGIN + timedelta(milliseconds=ms)


def perhaps(ms: int) -> datetime | None:
    """The same; none for 0, which means never."""
    return time(ms) if ms else None
