"""Pieces of a long message wait with their conversation, and leave with the turn that hears the whole."""

from msgspec.structs import replace

from gateway.pieces import GAP, joined
from state import inbox, timers
from state.inbox import Arrived
from state.model.content import Text
from state.model.event import Event, MessageReceived
from state.model.ids import now_ms
from state.model.turn import Played, Snapshot
from state.store import Store
from state.turned import Turned, commit
from tests.gateway.test_pieces import DAY, piece, said
from tests.state.acts import LETTER, count, rows, take


async def turn(store: Store, now: int, *events: Event, run: int = 1) -> list[Event]:
    """Take events through a turn of the store."""
    await store.write(inbox.accept, LETTER, [Arrived(event, "sms", "default") for event in events], {})
    heard: list[Event] = []
    for taken in await take(store):
        found = joined(taken, now)
        made = Turned(replace(taken, events=found.events), Played(Snapshot("f", "1", run)), (), now)
        await store.write(commit, replace(made, held=found.held(made.met, taken.pieces)))
        heard += [event for _, event in found.events]
    return heard


async def test_a_piece_is_no_message_until_all_are_there(store: Store) -> None:
    assert await turn(store, 1, piece(1, 2, "A")) == []
    assert (await count(store, "message"), await count(store, "inbox"), await count(store, "timer")) == (
        0,
        0,
        1,
    )
    (whole,) = await turn(store, 2, piece(2, 2, "B"))
    assert isinstance(whole, MessageReceived)
    assert await rows(store, "message.content") == [('{"type":"text","text":"AB"}',)]
    assert (await rows(store, "conversation.pieces"), await count(store, "timer")) == ([("",)], 0)


async def test_the_wait_ends_though_the_flow_has_ended_meanwhile(store: Store) -> None:
    started = now_ms() - DAY
    await turn(store, started, piece(1, 2, "A"))
    await turn(store, started, said("more"), run=2)
    assert await count(store, "timer") == 1
    assert await store.write(timers.fire, now_ms()) == 1
    (taken,) = await take(store)
    ((_, event),) = joined(taken, now_ms()).events
    assert isinstance(event, MessageReceived)
    assert event.content == Text("A" + GAP)
