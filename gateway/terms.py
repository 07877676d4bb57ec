"""The terms of the connected channels: which version counts, what was accepted, and what waits for somebody."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from admin import terms as operations
from admin.operations import Actor, Refused, Writes
from connectors import registry
from connectors.terms import History
from state import channels, terms
from state.model.channel import Terms
from state.model.ids import now_ms
from state.store import Store
from state.terms import Acceptance


class Task(NamedTuple):
    """A version that waits for somebody to accept it; sending is held from `held_from` on (milliseconds, UTC).

    `first`: no version was accepted before, so nothing is sent yet.
    """

    channel: str
    version: str
    held_from: int

    @property
    def first(self) -> bool:
        """Whether the channel has accepted no version yet."""
        return self.held_from == 0


class Standing(NamedTuple):
    """A channel's terms as they stand: all versions, the one in force, and what was accepted, the oldest first."""

    channel: str
    history: History
    terms: Terms
    acceptances: tuple[Acceptance, ...]
    known: int
    """Since when a gateway has known the one in force (milliseconds, UTC); now, where none has yet."""

    @property
    def accepted(self) -> Mapping[str, int]:
        """The versions that were accepted, and when."""
        return {each.version: each.at for each in self.acceptances}

    @property
    def acceptance(self) -> Acceptance | None:
        """Who accepted the version in force, and when."""
        return next((each for each in self.acceptances if each.version == self.terms.version), None)

    @property
    def task(self) -> Task | None:
        """What waits for somebody, if anything."""
        return task(self.channel, self.terms, self.accepted, self.known)


def task(channel: str, terms: Terms, accepted: Mapping[str, int], known: int) -> Task | None:
    """What of a channel's terms waits for somebody, if anything; `known`: since when a gateway knows them."""
    held_from = terms.held_from(accepted, known)
    return None if held_from is None else Task(channel, terms.version, held_from)


def by_channel(rows: Iterable[tuple[object, ...]]) -> dict[str, list[Acceptance]]:
    """Rows of `state.terms.LIST`, by channel."""
    found: dict[str, list[Acceptance]] = {}
    for row in rows:
        each = Acceptance(*row)  # type: ignore[arg-type]
        found.setdefault(each.channel, []).append(each)
    return found


async def standings(store: Store) -> list[Standing]:
    """How the terms of every channel stand; one of an unknown type is left out."""
    accepted = by_channel(await store.read(terms.LIST))
    known: dict[str, int] = dict(await store.read(terms.KNOWN))
    found = []
    for channel, kind, *_ in await store.read(channels.LIST):
        if kind in registry.TYPES:
            found.append(_standing(channel, kind, tuple(accepted.get(channel, ())), known))
    return found


def _standing(
    channel: str, kind: str, accepted: tuple[Acceptance, ...], known: Mapping[str, int]
) -> Standing:
    history = registry.connector(kind).history
    terms = history.current()
    return Standing(channel, history, terms, accepted, known.get(terms.version, now_ms()))


async def standing(store: Store, channel: str) -> Standing:
    """How the terms of one channel stand; raises Refused where there is none of that name."""
    for found, kind, *_ in await store.read(channels.LIST):
        if found == channel and kind in registry.TYPES:
            rows = await store.read(terms.OF, channel)
            known: dict[str, int] = dict(await store.read(terms.KNOWN))
            return _standing(channel, kind, tuple(Acceptance(*row) for row in rows), known)
    raise Refused("channel", f"there is no channel {channel!r}")


async def accept(store: Writes, read: Store, actor: Actor, channel: str, version: str = "") -> Acceptance:
    """Accept a version of a channel's terms, the one in force where none is named; raises Refused or Denied."""
    found = await standing(read, channel)
    chosen = operations.chosen(found.history.versions, found.terms, version)
    return await operations.accept(store, actor, channel, chosen)


async def accept_all(store: Store, actor: Actor) -> None:
    """Accept the version in force on every channel that has not accepted it."""
    for each in await standings(store):
        if not each.acceptance:
            await operations.accept(store, actor, each.channel, each.terms)
