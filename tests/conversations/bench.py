"""`python -m tests.conversations.bench`: what a turn costs beside a bare trigger of transitions, in one run."""

from collections.abc import Callable
from time import perf_counter

import msgspec
from transitions import Machine

from conversations import engine
from conversations.router import Router
from parley import STAY, Flow, On, Talk, Text, Turn, flow, read
from state.model.event import Event, MessageReceived
from state.model.turn import Customer, Say, Snapshot

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

    assert msgspec.json.decode(turn()[1], type=Say) == Say(Text("That makes 7."))
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

    assert msgspec.json.decode(turn()[1], type=Say) == Say(Text("That makes 44."))
    return turn


def _trigger() -> Callable[[], object]:
    machine = Machine(model=None, states=["start"], initial="start", auto_transitions=False)
    machine.add_transition("go", "start", "=", conditions="passes", before="act")
    model, event = Bare(), machine.events["go"]
    return lambda: event.trigger(model)


def _best(call: Callable[[], object]) -> float:
    """Microseconds a call: the best of some rounds, since others use the machine too."""
    rounds = []
    for _ in range(_ROUNDS):
        begun = perf_counter()
        for _ in range(_CALLS):
            call()
        rounds.append((perf_counter() - begun) / _CALLS * 1e6)
    return min(rounds)


def main() -> None:
    """Measure and print."""
    bare, turn, script = _best(_trigger()), _best(_turn()), _best(_script())
    print(f"bare trigger {bare:5.1f} us\nturn         {turn:5.1f} us   {turn / bare:.1f} times")
    print(f"script, 10   {script:5.1f} us   {script / bare:.1f} times")


if __name__ == "__main__":
    main()
