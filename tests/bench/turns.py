"""Rows C1 and C2: what a turn of a table and of a script costs, beside a bare trigger of transitions, in one run.

Beside them is the turn of botbuilder-core with conversation state, in this process as ours.
`python -m tests.bench.turns`.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter

import msgspec
from botbuilder.core import ActivityHandler, BotAdapter, ConversationState, MemoryStorage, TurnContext
from botbuilder.schema import Activity, ChannelAccount, ConversationAccount, ResourceResponse
from transitions import Machine

from conversations import engine
from conversations.router import Router
from parley import STAY, Flow, On, Talk, Text, Turn, flow, read
from state.model.event import Event, MessageReceived
from state.model.turn import Customer, Say, Snapshot
from tests.bench.rows import Row, table

_ROUNDS, _CALLS = 15, 2000
_encode = msgspec.json.Encoder().encode
_snapshot = msgspec.json.Decoder(Snapshot).decode
_event: Callable[[bytes], Event] = msgspec.json.Decoder(Event).decode


class Counter(Flow):
    """A guard, a field, and a reply."""

    table = (
        On("message", "start", STAY, when="is_number", do="add"),
        On("message", "start", STAY, say="A number, please."),
    )
    total: int = 0
    name: str = ""

    def is_number(self, turn: Turn) -> bool:
        return turn.text.isdecimal()

    def add(self, turn: Turn) -> None:
        self.total += int(turn.text)
        turn.say(f"That makes {self.total}.")


@flow
async def counting(talk: Talk) -> None:
    """The same as a script."""
    total = 0
    while True:
        total += await talk.ask(f"That makes {total}.", read.number())


class Bare:
    """A model of a machine, with a guard and a callback."""

    state = "start"

    def passes(self) -> bool:
        return True

    def act(self) -> None: ...


def _turn() -> Callable[[], object]:
    stored = _encode(Snapshot("Counter", Counter.plan.version, 1, "start", {"total": 3, "name": "Ada"}))
    waiting = _encode(MessageReceived(key="k", at=1, provider_id="p", content=Text("4")))
    router, customer = Router([Counter]), Customer("c", "shop", "whatsapp")

    def turn() -> list[bytes]:
        played = engine.play(_snapshot(stored), (_event(waiting),), customer, router, 1, "c:1")
        return [_encode(played.after), *(_encode(each) for each in (*played.says, *played.steps))]

    assert msgspec.json.decode(turn()[1], type=Say).content == Text("That makes 7.")
    return turn


def _script() -> Callable[[], object]:
    """A turn of a script that has waited ten times."""
    router, customer = Router([counting]), Customer("c", "shop", "whatsapp")
    four = MessageReceived(key="k", at=1, provider_id="p", content=Text("4"))
    stands = Snapshot()
    for _ in range(11):
        stands = engine.play(stands, (four,), customer, router, 1, "c:0").after
    stored, waiting = _encode(stands), _encode(four)

    def turn() -> list[bytes]:
        played = engine.play(_snapshot(stored), (_event(waiting),), customer, router, 1, "c:1")
        return [_encode(played.after), *(_encode(each) for each in (*played.says, *played.steps))]

    assert msgspec.json.decode(turn()[1], type=Say).content == Text("That makes 44.")
    return turn


def trigger() -> Callable[[], object]:
    """A trigger of a machine alone: the bare limit."""
    machine = Machine(model=None, states=["start"], initial="start", auto_transitions=False)
    machine.add_transition("go", "start", "=", conditions="passes", before="act")
    model, event = Bare(), machine.events["go"]
    return lambda: event.trigger(model)


def best(call: Callable[[], object]) -> float:
    """Microseconds a call: the best of some rounds, since others use the machine too."""
    rounds = []
    for _ in range(_ROUNDS):
        begun = perf_counter()
        for _ in range(_CALLS):
            call()
        rounds.append((perf_counter() - begun) / _CALLS * 1e6)
    return min(rounds)


class Echo(ActivityHandler):  # type: ignore[misc]  # the library is untyped
    """The peer's bot: it counts in conversation state, and answers."""

    def __init__(self, state: ConversationState) -> None:
        self._state, self._total = state, state.create_property("total")

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        """Add, answer, and save."""
        total = await self._total.get(turn_context, lambda: 0) + int(turn_context.activity.text)
        await self._total.set(turn_context, total)
        await turn_context.send_activity(f"That makes {total}.")
        await self._state.save_changes(turn_context)


class Nowhere(BotAdapter):  # type: ignore[misc]  # the library is untyped
    """Takes what the peer's bot says."""

    async def send_activities(
        self, context: TurnContext, activities: list[Activity]
    ) -> list[ResourceResponse]:
        """Take them."""
        return [ResourceResponse(id="1") for _ in activities]

    async def update_activity(self, context: TurnContext, activity: Activity) -> None:
        """Nothing is changed."""

    async def delete_activity(self, context: TurnContext, reference: object) -> None:
        """Nothing is taken back."""


def _peer() -> float:
    """Microseconds a turn of botbuilder-core with conversation state in memory."""
    bot, adapter = Echo(ConversationState(MemoryStorage())), Nowhere()

    async def turns(count: int) -> float:
        begun = perf_counter()
        for _ in range(count):
            activity = Activity(
                type="message", id="1", text="4", channel_id="bench", service_url="urn:x",
                from_property=ChannelAccount(id="a"), recipient=ChannelAccount(id="b"),
                conversation=ConversationAccount(id="c"),
            )  # fmt: skip
            await adapter.run_pipeline(TurnContext(adapter, activity), bot.on_turn)
        return (perf_counter() - begun) / count * 1e6

    return min(asyncio.run(turns(_CALLS)) for _ in range(5))


def rows() -> list[Row]:
    """A table's turn, and a script's with ten entries; the ratio is the bare trigger's share of ours."""
    bare, peer = best(trigger()), _peer()
    figures = (
        ("C1", "turn of a table", best(_turn()), 8),
        ("C2", "turn of a script, 10 entries", best(_script()), 20),
    )
    return [
        Row(
            id=name, what=what, value=round(cost, 1), unit="µs", limit=round(bare, 1), ratio=round(bare / cost, 3),
            goal=round(1 / times, 3), valid=True, peer=round(peer, 1), peer_ratio=round(peer / cost, 2),
        )
        for name, what, cost, times in figures
    ]  # fmt: skip


if __name__ == "__main__":
    print(table(rows()))
