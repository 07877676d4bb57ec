"""Moving running conversations to another version of their flow: looked at first, one by one, then done."""

from collections.abc import AsyncIterator, Callable, Collection
from functools import cache
from typing import Literal, NamedTuple

import msgspec

from conversations.bot import Bot
from conversations.describe import Description
from conversations.errors import FlowChanged, Overrun
from conversations.router import Router
from gateway.versions import Versions, served
from state import flows
from state.flows import Move
from state.model.ids import lane_of_id
from state.model.turn import Frame, Snapshot
from state.store import Store

Verdict = Literal["current", "moves", "stays", "breaks"]
_PAGE = 500
_snapshot = msgspec.json.Decoder(Snapshot)


class Look(NamedTuple):
    """What a new version means for one conversation: it is there already, moves, stays under its own, or breaks.

    `why` says what is in its way.
    """

    move: Move
    verdict: Verdict
    why: str = ""


async def look(store: Store, router: Router, versions: Versions, bot: Bot) -> AsyncIterator[Look]:
    """Every conversation in which the flow runs or waits, by id; `bot` is its new version."""
    after, like = "", f'%"flow":"{bot.name}"%'
    while rows := await store.read(flows.LIVE, after, like, _PAGE):
        for row in rows:
            stands = _snapshot.decode(row[2])
            await versions.know([stands])
            found = _looked_at(bot, router, Move(row[0], row[1], row[3], stands, stands))
            if found:
                yield found
        after = rows[-1][0]


async def left_alone(store: Store, known: Collection[str]) -> dict[str, int]:
    """How many conversations stand in a flow that was served and is none of those known now, by the flow."""
    found = {flow: await _standing(store, flow) for flow in await served(store) if flow not in known}
    return {flow: count for flow, count in found.items() if count}


async def _standing(store: Store, flow: str) -> int:
    count, after = 0, ""
    while rows := await store.read(flows.LIVE, after, f'%"flow":"{flow}"%', _PAGE):
        stands = (_snapshot.decode(row[2]) for row in rows)
        count += sum(flow in (each.flow, *(frame.flow for frame in each.stack)) for each in stands)
        after = rows[-1][0]
    return count


async def look_at(store: Store, router: Router, versions: Versions, conversation_id: str) -> Look:
    """What the flows as they are served mean for one conversation, with all that wait in it."""
    ((_, lane, snapshot, revision),) = await store.read(
        flows.ONE, conversation_id, lane_of_id(conversation_id)
    )
    stands = _snapshot.decode(snapshot) if snapshot else Snapshot()
    await versions.know([stands])
    at = Move(conversation_id, lane, revision, stands, stands)
    for bot in router.bots:
        found = _looked_at(bot, router, at._replace(before=at.after)) or Look(at, "current")
        if found.verdict in ("stays", "breaks"):
            return found._replace(move=at._replace(after=stands))
        if found.verdict == "moves":
            at = at._replace(after=found.move.after)
    return Look(at, "current" if at.after is stands else "moves")


def not_served(router: Router, stands: Snapshot) -> list[str]:
    """The flows that a conversation cannot go on without, and that are none of those served."""
    if router.begins_anew:
        return []
    needed = (stands.flow, *(frame.flow for frame in stands.stack))
    return [each for each in dict.fromkeys(needed) if each and router.get(each) is None]


def _looked_at(bot: Bot, router: Router, at: Move) -> Look | None:
    stands = at.before
    pairs = [(stands.flow, stands.version), *((each.flow, each.version) for each in stands.stack)]
    own = [version for flow, version in pairs if flow == bot.name]
    if not own:
        return None
    if all(version == bot.version for version in own):
        return Look(at, "current")
    try:
        after = _moved(bot, stands)
    except FlowChanged as error:
        kept = all(router.knows(bot.name, version) for version in own)
        return Look(at, "stays" if kept else "breaks", str(error))
    except (Exception, Overrun) as error:
        return Look(at, "breaks", f"{type(error).__name__}: {error}")
    return Look(at._replace(after=after), "moves", _differs(bot, stands, after))


CATCHES = _looked_at.__code__
"""The code that finds a move broken by what a bot's code raises."""


def _differs(bot: Bot, before: Snapshot, after: Snapshot) -> str:
    """Which fields a run leaves behind, and which begin with their default."""
    if before.flow != bot.name:
        return ""
    left = sorted(before.data.keys() - after.data.keys())
    fresh = sorted(_fields(bot.describe) - after.data.keys())
    said = ("leaves out", left), ("begins anew with", fresh)
    return "; ".join(f"{words} {', '.join(names)}" for words, names in said if names)


@cache
def _fields(describe: Callable[[], Description]) -> frozenset[str]:
    return frozenset(describe().fields)


def _moved(bot: Bot, stands: Snapshot) -> Snapshot:
    """Where it stands in the new version, with what waits in it; raises FlowChanged, and what `migrate` raises."""
    top = stands
    if stands.flow == bot.name and stands.version != bot.version:
        top = bot.moved(stands)
    stack = tuple(_frame(bot, each) for each in stands.stack)
    return msgspec.structs.replace(top, stack=stack)


def _frame(bot: Bot, frame: Frame) -> Frame:
    if frame.flow != bot.name or frame.version == bot.version:
        return frame
    stood = Snapshot(frame.flow, frame.version, 0, frame.state, frame.data, "bot", frame.tries, frame.past)
    found = bot.moved(stood)
    return Frame(
        found.flow, found.version, found.state, found.data, found.tries, found.past, frame.begun, frame.held
    )
