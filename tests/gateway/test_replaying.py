"""A conversation that is shared has invented people in it, whatever they are called, and plays as it did."""

import msgspec
import pytest
from msgspec.structs import replace

from conversations import engine
from conversations.router import Router
from gateway.replaying import Recorded, Turn, differences
from gateway.sharing import redacted
from parley import STAY, Customer, Effect, Flow, On, Question, effect
from parley import Turn as FlowTurn
from state.model.turn import Snapshot
from tests.conversations.kit import NOW, said


class Hello(Flow):
    start, final = "name", ("done",)
    asks = {"name": Question("Your name?")}
    table = (On("answered", "name", "done", do="greet"),)
    name: str = ""

    def greet(self, turn: FlowTurn) -> None:
        turn.say(f"Hello {turn.customer.name}, {self.name}. Also hello.")


def talk(name: str) -> tuple[Recorded, Router]:
    """Two turns of a customer who is called so."""
    router, stands, turns = Router([Hello]), Snapshot(), list[Turn]()
    customer = Customer("c", "shop", "whatsapp", ("whatsapp:491511234567",), name, "en")
    for number, words in enumerate(("hi", "Al, al@example.com, +49 151 1234567")):
        event, seed = said(words), f"t{number}"
        played = engine.play(stands, [event], customer, router, NOW, seed)
        says = tuple(each.content for each in played.says)
        turns.append(Turn(stands, (event,), NOW, seed, name, "en", played.after, played.steps, says))
        stands = played.after
    return Recorded(customer, tuple(turns)), router


@pytest.mark.parametrize("name", ["Ada Lovelace", "Al", "text", "message", "type", "state"])
def test_whatever_people_are_called_a_shared_talk_plays_as_it_did(name: str) -> None:
    record, router = talk(name)
    shared = redacted(record)
    assert list(differences(shared, router)) == [None, None]
    words = shared.turns[1].says[0].text  # type: ignore[union-attr]
    assert words.startswith("Hello Customer 1, ")
    assert words.endswith(" Also hello.")
    assert not any(each in words for each in ("al@example.com", "1234567", f" {name},"))


def test_a_name_of_one_letter_changes_no_other_word() -> None:
    record, _ = talk("a")
    shared = redacted(record)
    assert (shared.customer.channel_type, shared.turns[0].name) == ("whatsapp", "Customer 1")


class Echo(Flow):
    table = (On("message", "start", STAY, do="look"),)
    last: str = ""

    def look(self, turn: FlowTurn) -> None:
        self.last = turn.event.key
        turn.effect("find", word=turn.text)

    @effect
    async def find(call: Effect, word: str) -> None:
        """Nothing is looked for."""


IDS = {
    "wamid.NDkxNTExMjM0NTY3OjE=": "a provider's id that holds the number",
    "491511234567_7": "one that has it in plain",
    "0192f0c0ffee4b1d8a7e5f6a7b8c9d0e": "a conversation's",
}


def test_a_shared_talk_has_new_ids_which_agree_and_plays_as_it_did() -> None:
    wamid, key, conversation = IDS
    customer = Customer("c", "shop", "whatsapp", ("whatsapp:491511234567",), "Ada", "en")
    event = replace(said("42"), key=wamid, provider_id=key, reply_to="42")
    router, seed = Router([Echo]), f"{conversation}:1"
    played = engine.play(Snapshot(), [event], customer, router, NOW, seed)
    turn = Turn(
        Snapshot(), (event,), NOW, seed, "Ada", "en", played.after, played.steps, effects=played.effects
    )
    shared = redacted(Recorded(customer, (turn,)))
    text = msgspec.json.encode(shared).decode()
    assert [why for each, why in IDS.items() if each in text] == []
    (now,) = shared.turns
    assert now.effects[0].args == {"word": "42"}
    assert {now.events[0].key} == {now.after.data["last"], now.steps[0].event}
    assert list(differences(shared, router)) == [None]


def waiting(after: float, order: str, cancels: str = "") -> type[Flow]:
    """A flow that asks a back-end, sets a timer, and takes another back."""

    class Waits(Flow):
        table = (On("message", "start", STAY, do="ask"),)

        def ask(self, turn: FlowTurn) -> None:
            turn.effect("look", order=order)
            turn.timer("nudge", after=after)
            if cancels:
                turn.cancel(cancels)

        @effect
        async def look(call: Effect, order: str) -> None:
            """Nothing is looked for."""

    return Waits


@pytest.mark.parametrize(
    ("changed", "what", "now"),
    [
        (waiting(60, "7"), "", ""),
        (waiting(60, "8"), "effects", '"order":"8"'),
        (waiting(90, "7"), "timers", str(NOW + 90_000)),
        (waiting(60, "7", "other"), "timers", '["other"]'),
    ],
    ids=["nothing", "an argument", "a time", "a timer taken back"],
)
def test_what_is_asked_of_back_ends_and_of_the_clock_is_compared(
    changed: type[Flow], what: str, now: str
) -> None:
    event, customer = said("hi"), Customer("c", "shop", "whatsapp")
    played = engine.play(Snapshot(), [event], customer, Router([waiting(60, "7")]), NOW, "t")
    turn = Turn(
        Snapshot(), (event,), NOW, "t", "", "", played.after, played.steps,
        effects=played.effects, timers=played.timers, cancels=played.cancels,
    )  # fmt: skip
    (found,) = differences(Recorded(customer, (turn,)), Router([changed]))
    assert (found.what if found else "", now in (found.now if found else "")) == (what, True)
