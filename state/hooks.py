"""Hooks: addresses that are told of what happens, with sealed secrets that sign it; and what is to be told.

What happens is one row, written in the commit of what it tells of (`told_asks`): nobody waits for a hook. Soon after it
becomes one delivery for each hook that wants it (`fan_out`); any node may do that, one at a time.
"""

import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec
import sqlalchemy as sa

from state import audit
from state.consent_tables import delivery, hook, occurrence
from state.model.base import Value
from state.model.ids import new_id, now_ms, time_of_id
from state.model.occurrence import TYPES, FailureData, HookData, Occurrence, TrialData, same, time
from state.model.occurrence import occurrence as happened
from state.model.receipts import Facts, Fault
from state.seal import Seal
from state.statements import Query, Row, Statement, delete, insert, update
from state.tables import channel, team
from state.writer import Op, Writes

MOST = 100
"""Hooks there may be: each has places of its own for what is on its way."""
ROTATION_MS = 24 * 3600 * 1000
"""How long a secret still signs beside the one that has taken its place."""

_C, _O = hook.c, occurrence.c
_COLUMNS = "id url sealed events team created_at disabled_at disabled_for worked_at"
ALL = Query(
    sa.select(*(_C[name] for name in _COLUMNS.split())).where(_C.removed_at.is_(None)).order_by(_C.id), ""
)
"""All hooks that are not removed, in the order in which they were made: rows of Hook."""
_TEAMS = Query(sa.select(team.c.id, team.c.parent), "")
_CHANNELS = Query(sa.select(channel.c.id, channel.c.team), "")
TEAM_OF = Query(
    sa.select(channel.c.team).where(channel.c.id == sa.bindparam("id", type_=channel.c.id.type)), "id"
)
"""The team of a channel, also of one that is removed."""
_NEW = insert(hook, "id url sealed events team created_at")
_SECRETS = update(hook, "sealed", "id")
_REMOVED = update(hook, "removed_at", "id")
_DISABLED = update(hook, "disabled_at disabled_for", "id")
_HAPPENED = insert(occurrence, "id type team subject at data", ignore=True)
_FIRST = (
    sa.select(_O.id, _O.type, _O.team, _O.subject, _O.at, _O.data)
    .order_by(_O.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
WAITING = Query(_FIRST, "limit")
"""What has happened and is no delivery yet: id, type, team, subject, at, data (JSON)."""
_TAKE = Query(_FIRST.with_for_update(skip_locked=True), "limit")
_DONE = delete(occurrence, "id")
DELIVER = insert(delivery, "id hook event type body state began_at due_at", ignore=True)
_AGAIN = update(delivery, "attempt began_at due_at", "hook state")
_encode = msgspec.json.Encoder().encode


class Hook(NamedTuple):
    """A hook: `events` (JSON) are types, groups (`suspension.*`) or `*`; told of its team and those below ("": all).

    Times in milliseconds, UTC; `worked_at` is when it last took something.
    """

    id: str
    url: str
    sealed: bytes
    events: str
    team: str
    created_at: int
    disabled_at: int | None
    disabled_for: str
    worked_at: int

    @property
    def patterns(self) -> tuple[str, ...]:
        """The types and groups it wants."""
        return msgspec.json.decode(self.events, type=tuple[str, ...])

    def wants(self, kind: str, teams: Sequence[str]) -> bool:
        """Whether it is told of a type that concerns these teams (none: all)."""
        wanted = any(each in (kind, "*", f"{kind.partition('.')[0]}.*") for each in self.patterns)
        return wanted and (not teams or not self.team or self.team in teams)


State = Literal["waiting", "delivered", "failed"]


class Delivery(NamedTuple):
    """What a hook is told of one occurrence: `body` and `answer` (an Exchange; "" before the first) are JSON, `attempt`
    counts the tries since it began; times in milliseconds, UTC."""

    id: str
    hook: str
    event: str
    type: str
    state: State
    attempt: int
    due_at: int
    body: str
    answer: str


class Secret(Value, frozen=True):
    """A signing secret (`whsec_` and base64), and until when it signs (milliseconds, UTC; 0: no end)."""

    key: str
    until: int = 0

    def __repr__(self) -> str:
        return f"Secret(until={self.until})"


class NoHook(LookupError):
    """There is no such hook."""


class TooMany(Exception):
    """There are as many hooks as there may be."""


def new_secret() -> Secret:
    """A fresh secret of 32 random bytes."""
    return Secret("whsec_" + b64encode(secrets.token_bytes(32)).decode())


def sealed(each: Sequence[Secret], seal: Seal, hook_id: str) -> bytes:
    """Secrets as they are stored."""
    return seal.seal(_encode(each), hook_id)


def opened(one: Hook, seal: Seal) -> tuple[Secret, ...]:
    """The secrets of a hook, the newest first; raises SealError."""
    return msgspec.json.decode(seal.open(one.sealed, one.id), type=tuple[Secret, ...])


def told_asks(*each: Occurrence) -> list[tuple[Statement, Row]]:
    """The statements that put what happened into the commit of an operation, for all hooks that want it."""
    return [(_HAPPENED, _row(one)) for one in each]


def _row(one: Occurrence) -> Row:
    return (one.id, one.type, one.team, one.subject, one.at, _encode(one.data).decode())


def failed_asks(message_id: str, channel_id: str, facts: Facts) -> list[tuple[Statement, Row]]:
    """The statement that lets hooks be told, once, of a message that has failed; none where it has not."""
    if not facts.failed:
        return []
    fault = facts.fault or Fault("")
    data = FailureData(
        message=message_id, channel=channel_id, code=fault.code, reason=fault.reason, attribution=fault.attribution,
        at=time(facts.failed),
    )  # fmt: skip
    kind = "message.failed"
    key = same(time_of_id(message_id), kind, message_id)
    return told_asks(happened(kind, f"messages/{message_id}", data, f"@{channel_id}", key, facts.failed))


def told(*each: Occurrence) -> Writes[None]:
    """The same as an operation of its own, for what happens in no commit."""
    return Writes(told_asks(*each), None)


def body(source: str, row: Row) -> str:
    """An occurrence (a row of WAITING) as CloudEvents 1.0 writes it, in structured JSON."""
    event, kind, _, subject, at, data = row
    told = {
        "specversion": "1.0", "id": event, "source": source, "type": kind, "subject": subject, "time": time(at),
        "datacontenttype": "application/json", "dataversion": str(TYPES[kind].version),
        "data": msgspec.Raw(data.encode()),
    }  # fmt: skip
    return _encode(told).decode()


def fan_out(source: str, now: int, limit: int = 200) -> Op[int]:
    """Make of what has happened a delivery for each hook that wants it; gives how much that was.

    What another node is at is left to it: to wait for its commit could make both wait for each other. Hooks that are
    disabled get theirs too: they wait until it is enabled. `source` is our address, `now` in milliseconds, UTC.
    """
    waiting, hooks, teams, channels = yield [(_TAKE, (limit,)), (ALL, ()), (_TEAMS, ()), (_CHANNELS, ())]
    parents = dict(map(tuple, teams)) | {f"@{name}": of for name, of in channels}
    asks: list[tuple[Statement, Row]] = []
    for row in waiting:
        line, text = _line(row[2], parents), body(source, row)
        for one in (Hook(*each) for each in hooks):
            if one.wants(row[1], line) and row[3] != f"hooks/{one.id}":  # nobody is told of themselves
                asks.append((DELIVER, (new_id(0), one.id, *row[:2], text, "waiting", now, now)))
        asks.append((_DONE, (row[0],)))
    if asks:
        yield asks
    return len(waiting)


def _line(name: str, parents: Mapping[str, str | None]) -> tuple[str, ...]:
    """A team, or a channel, and all above it; none for what concerns all."""
    line: dict[str, None] = {}
    at: str | None = name
    while at and at not in line:
        line[at] = None
        at = parents.get(at)
    return tuple(line)


def find(hook_id: str) -> Op[Hook]:
    """A hook that is not removed; raises NoHook."""
    (rows,) = yield [(ALL, ())]
    for row in rows:
        if row[0] == hook_id:
            return Hook(*row)
    raise NoHook(f"there is no hook {hook_id}")


def add(one: Hook, actor: str) -> Op[Hook]:
    """Store a new hook; raises TooMany, and NoHook where its team is not there. To be run `alone`."""
    there, teams = yield [(ALL, ()), (_TEAMS, ())]
    if len(there) >= MOST:
        raise TooMany(f"there are {MOST} hooks, and no more are taken")
    if one.team and one.team not in {row[0] for row in teams}:
        raise NoHook(f"there is no team {one.team!r}")
    yield [(_NEW, one[:6])]
    yield from audit.note(actor, "add_hook", one.id, url=one.url, events=one.patterns, team=one.team)
    return one


def remove(hook_id: str, actor: str, reason: str) -> Op[Hook]:
    """Take a hook away; what waits for it is never told. Raises NoHook."""
    one = yield from find(hook_id)
    yield [(_REMOVED, (now_ms(), hook_id))]
    yield from audit.note(actor, "remove_hook", hook_id, reason, url=one.url)
    return one


def rotate(hook_id: str, seal: Seal, actor: str, reason: str) -> Op[Hook]:
    """Give a hook a fresh secret; the one before signs beside it for ROTATION_MS. Raises NoHook, SealError."""
    one = yield from find(hook_id)
    now = now_ms()
    old = [each for each in opened(one, seal) if not each.until or each.until > now]
    ending = [msgspec.structs.replace(each, until=each.until or now + ROTATION_MS) for each in old]
    fresh = one._replace(sealed=sealed((new_secret(), *ending), seal, hook_id))
    yield [(_SECRETS, (fresh.sealed, hook_id))]
    yield from audit.note(actor, "rotate_hook_secret", hook_id, reason)
    return fresh


def disable(hook_id: str, actor: str, reason: str) -> Op[Hook]:
    """Call a hook no more until it is enabled; one that is disabled stays so. Raises NoHook."""
    one = yield from find(hook_id)
    if one.disabled_at is not None:
        return one
    now = now_ms()
    yield [(_DISABLED, (now, reason, hook_id))]
    yield from audit.note(actor, "disable_hook", hook_id, reason, url=one.url)
    data = HookData(hook=hook_id, reason=reason, at=time(now))
    yield told_asks(happened("hook.disabled", f"hooks/{hook_id}", data, one.team))
    return one._replace(disabled_at=now, disabled_for=reason)


def enable(hook_id: str, actor: str, reason: str) -> Op[Hook]:
    """Call a hook again; what waits for it has a whole day from now on. Raises NoHook."""
    one = yield from find(hook_id)
    now = now_ms()
    yield [(_DISABLED, (None, "", hook_id)), (_AGAIN, (0, now, now, hook_id, "waiting"))]
    yield from audit.note(actor, "enable_hook", hook_id, reason, url=one.url, was=one.disabled_for)
    return one._replace(disabled_at=None, disabled_for="")


def trial(hook_id: str, source: str, actor: str) -> Op[Delivery]:
    """Tell one hook something, to try it. Raises NoHook."""
    yield from find(hook_id)
    made = happened("hook.test", f"hooks/{hook_id}", TrialData(hook=hook_id, message="This is a trial."))
    text = body(source, _row(made))
    key = new_id(0)
    yield [(DELIVER, (key, hook_id, made.id, made.type, text, "waiting", made.at, made.at))]
    yield from audit.note(actor, "test_hook", hook_id, delivery=key)
    return Delivery(key, hook_id, made.id, made.type, "waiting", 0, made.at, text, "")
