"""What admins do: each operation has an actor, a permission, a reason and an audit entry.

Pages, REST and CLI call these.
"""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from state import audit, channels, keys
from state.channels import Record
from state.model.channel import Setting
from state.model.ids import now_ms
from state.seal import Seal
from state.statements import Query, Row
from state.store import Store
from state.writer import Op

T = TypeVar("T")


class Denied(Exception):
    """The actor has not the scope an operation needs."""


class Refused(ValueError):
    """An operation was asked for with something wrong: `field` names it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


class Actor(NamedTuple):
    """Who does it, and what they may do; not `named`: whoever sends no key, so one cannot be told from another."""

    name: str
    scopes: frozenset[str]
    named: bool = True

    def needs(self, scope: str) -> None:
        """Raise Denied where the actor has not the scope."""
        if scope not in self.scopes and "admin" not in self.scopes:
            raise Denied(f"{self.name} has not the scope {scope}")


OPERATOR = Actor("operator at the machine", frozenset({"admin"}))
"""Whoever runs commands on the machine itself."""


class Writes(Protocol):
    """The store, or whatever stands before it."""

    def write(self, op: Callable[..., Op[T]], *args: Any) -> Awaitable[T]:
        """Run an operation in the next group commit."""

    def alone(self, op: Callable[..., Op[T]], *args: Any) -> Awaitable[T]:
        """Run an operation in a commit of its own."""

    def aside(self, op: Callable[..., Op[T]], *args: Any) -> Awaitable[T]:
        """Run an operation in a commit of its own that waits for no group commit."""

    def read(self, query: Query, *row: Any) -> Awaitable[list[Row]]:
        """Run a plain read."""


class Gate(Protocol):
    """What suspending needs of the nodes."""

    async def settled(self, epoch: int) -> None:
        """Wait until no live node is behind an epoch."""


_SHORTEST = 4
"""Characters of the shortest secret."""
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class NewChannel(NamedTuple):
    """A channel to connect: public settings and secrets by name; `account` is our id at the provider."""

    id: str
    type: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    account: str = ""
    team: str = "default"
    simulated: bool = False
    flow: str = ""


async def add_channel(
    store: Store, seal: Seal | None, actor: Actor, new: NewChannel, schema: Sequence[Setting]
) -> None:
    """Connect a channel, its secrets sealed; raises Refused naming the setting that is wrong."""
    actor.needs("channels:write")
    if not _SLUG.fullmatch(new.id):
        raise Refused("id", f"{new.id!r}: lower-case letters, digits and hyphens are allowed, 63 at most")
    check(new, schema)
    record = _sealed(new, seal, now_ms())
    try:
        await store.alone(_add, record, actor.name)
    except channels.Exists as error:
        raise Refused("id", f"there is a channel {new.id!r} already") from error
    except channels.Connected as error:
        raise _connected(new, error) from error


def _connected(new: NewChannel, error: channels.Connected) -> Refused:
    return Refused("account", f"{new.account} is connected already, as the channel {error}: change that one")


def _perhaps(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"; perhaps {near[0]} is meant" if near else f"; it has {', '.join(known)}"


def _each(names: Sequence[str], reason: str) -> Refused:
    """The same refusal of several fields, one a line."""
    return Refused(names[0], "\n".join((reason, *(f"{name}: {reason}" for name in names[1:]))))


def check(new: NewChannel, schema: Sequence[Setting]) -> None:
    """Compare a channel's settings with its type's; raises Refused."""
    known = {each.name: each for each in schema}
    for name in (*new.settings, *new.secrets):
        if name not in known:
            raise Refused(name, f"{new.type} has no such setting{_perhaps(name, known)}")
    for name in new.settings:
        if known[name].secret:
            raise Refused(name, "is a secret: give it among the secrets")
    for name in new.secrets:
        if not known[name].secret:
            raise Refused(name, "is no secret: give it as a setting")
    if short := [name for name, value in new.secrets.items() if 0 < len(value) < _SHORTEST]:
        raise _each(short, f"a secret of less than {_SHORTEST} characters could not be kept out of the logs")
    given = {name for name, value in (*new.settings.items(), *new.secrets.items()) if value}
    missing = [each for each in schema if each.required and each.name not in given]
    if missing:
        told = "\n".join(f"{each.name}: is needed: {each.meaning}" for each in missing)
        raise Refused(missing[0].name, told.partition(": ")[2])


def _sealed(new: NewChannel, seal: Seal | None, created_at: int) -> Record:
    """The channel as it is stored; raises Refused where there are secrets and no seal."""
    sealed = b""
    if new.secrets:
        if seal is None:
            raise Refused(
                "seal_key", "credentials cannot be sealed without one: set seal_key or seal_key_file"
            )
        sealed = seal.seal(msgspec.json.encode(new.secrets), new.id)
    settings = msgspec.json.encode(new.settings).decode()
    return Record(
        new.id, new.type, new.team, new.account, settings, sealed, new.simulated, new.flow, created_at
    )


def _add(record: Record, actor: str) -> Op[None]:
    yield from channels.add(record)
    yield from audit.note(actor, "add_channel", record.id, type=record.type, settings=record.public())


class Changed(NamedTuple):
    """What is to change of a channel: settings and secrets by name, and the flow (None: as it is)."""

    id: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    flow: str | None = None
    reason: str = ""


async def change_channel(
    store: Store, seal: Seal | None, actor: Actor, new: NewChannel, created_at: int, reason: str
) -> None:
    """Put a channel's settings and secrets, which were checked, in place of those it has; raises Refused."""
    actor.needs("channels:write")
    record = _sealed(new, seal, created_at)

    def change() -> Op[None]:
        yield from channels.change(record)
        yield from audit.note(
            actor.name, "change_channel", new.id, reason, settings=record.public(), flow=new.flow
        )

    try:
        await store.alone(change)
    except channels.Connected as error:
        raise _connected(new, error) from error


async def remove_channel(store: Store, actor: Actor, channel_id: str, reason: str) -> bool:
    """Take a channel out of use; says whether there was one."""
    actor.needs("channels:write")

    def remove() -> Op[bool]:
        there = yield from channels.remove(channel_id, now_ms())
        if there:
            yield from audit.note(actor.name, "remove_channel", channel_id, reason)
        return there

    return await store.alone(remove)


async def create_key(store: Store, actor: Actor, name: str, scopes: Sequence[str]) -> str:
    """Make an API key; gives its secret, which is stored nowhere. Raises Refused."""
    actor.needs("admin")
    for scope in scopes:
        if scope not in keys.SCOPES:
            raise Refused("scopes", f"{scope!r} is none of {', '.join(keys.SCOPES)}")

    def create() -> Op[str]:
        secret = yield from keys.create(name, tuple(scopes))
        yield from audit.note(actor.name, "create_key", name, scopes=list(scopes))
        return secret

    return await store.alone(create)


async def revoke_key(store: Store, actor: Actor, key_id: str) -> None:
    """End an API key; raises keys.NotInForce."""
    actor.needs("admin")

    def revoke() -> Op[None]:
        name = yield from keys.revoke(key_id)
        yield from audit.note(actor.name, "revoke_key", name, key=key_id)

    await store.alone(revoke)
