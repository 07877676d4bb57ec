"""What a bot author wrote wrong is told when the class is made: the class, the name, the remedy."""

from collections.abc import Callable
from typing import Any, ClassVar

import msgspec
import pytest

from conversations.describe import Description
from parley import STAY, Effect, Flow, FlowError, On, Question, Text, Turn, effect


def noop(self: Flow, turn: Turn) -> None: ...


async def waits(self: Flow, turn: Turn) -> None: ...


def takes_none(self: Flow) -> None: ...


@effect
async def lookup(call: Effect, order: str) -> str:
    return order


ROW = On("message", "start", STAY)
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a misspelt guard": (
        {"table": (On("message", "start", STAY, when="is_numbr"),), "is_number": noop},
        r"Bot: On\('message', 'start', '=', when='is_numbr'\) names 'is_numbr', which is no method; "
        "did you mean 'is_number'",
    ),
    "an unknown action": ({"table": (On("message", "start", STAY, do="x"),)}, r"write `def x\(self, turn\)`"),
    "an effect as an action": (
        {"table": (On("message", "start", STAY, do="lookup"),), "lookup": lookup},
        r"names the effect 'lookup': ask for it by turn.effect\('lookup', …\)",
    ),
    "a callback that waits": (
        {"table": (ROW,), "on_enter_start": waits},
        r"Bot.waits \(test_class.py:\d+\) only decides and cannot wait: make it an @effect",
    ),
    "a callback without a turn": ({"table": (ROW,), "on_enter_start": takes_none}, r"is called with a turn"),
    "a callback of no state": (
        {"table": (ROW,), "on_enter_strat": noop},
        "Bot.on_enter_strat is never called, since no state has that name; did you mean 'on_enter_start'",
    ),
    "a field and a method of one name": (
        {"table": (ROW,), "order": noop, "__annotations__": {"order": "str"}},
        "order is a field and a method: the later has taken the name; call one otherwise",
    ),
    "a misspelt callback": ({"table": (ROW,), "on_entre_start": noop}, "did you mean 'on_enter_start'"),
    "a table that is one row": ({"table": ROW}, r"Bot.table is no tuple: with one member it needs a comma"),
    "a table that is a list": (
        {"table": [ROW]},
        r"Bot.table is no tuple: it is a list, which could change: write it",
    ),
    "keywords that are one word": ({"table": (ROW,), "keywords": "hi"}, "Bot.keywords is no tuple"),
    "a row that is none": ({"table": (("message", "start", STAY),)}, "is no row of a table: write On"),
    "a row without a target": ({"table": (On("message", "start", ""),)}, "to stay, the target is STAY"),
    "a start that nothing starts in": (
        {"table": (On("message", "menu", STAY),)},
        "Bot: no row begins in 'start': set `start` to the state a run begins in",
    ),
    "a row in a final state": (
        {"table": (ROW, On("message", "bye", "start")), "final": ("bye",)},
        "a run ends in 'bye'; take it out of `final`, or drop the row",
    ),
    "a row that says nonsense": (
        {"table": (On("message", "start", STAY, say=Text(5)),)},  # type: ignore[arg-type]
        r"Text cannot be said: Expected `str`, got `int` - at `\$.content.text`",
    ),
    "a constructor": (
        {"table": (ROW,), "__init__": takes_none},
        "Bot.__init__ is never called: declare fields",
    ),
    "a name of ours": ({"table": (ROW,), "plan": 1}, "Bot.plan: the name has a meaning in every flow"),
    "a field named as ours": (
        {"table": (ROW,), "__annotations__": {"fallback": int}},
        "Bot.fallback: the name",
    ),
    "a field without a default": (
        {"table": (ROW,), "__annotations__": {"guests": int}},
        "Bot.guests: a field needs a default, since a new run begins with it",
    ),
    "a default that does not fit": (
        {"table": (ROW,), "__annotations__": {"guests": int}, "guests": "four"},
        r"Bot: its fields cannot be stored: .* Expected `int`, got `str` - at `\$.guests`",
    ),
    "a field of a type nobody stores": (
        {"table": (ROW,), "__annotations__": {"line": Callable[[], int]}, "line": 0},
        "Bot: its fields cannot be stored",
    ),
    "a type that is not there": (
        {"table": (ROW,), "__annotations__": {"line": "Lien"}, "line": 0},
        "Bot: a field's type cannot be found: name 'Lien' is not defined; import it at the top",
    ),
}


@pytest.mark.parametrize(("members", "told"), WRONG.values(), ids=WRONG)
def test_a_flow_that_cannot_work_is_refused_with_the_remedy(members: dict[str, Any], told: str) -> None:
    with pytest.raises(FlowError, match=told):
        type("Bot", (Flow,), members)


class Guests(Flow):
    """Asks how many."""

    table = (
        On("message", "start", "done", when="passes", do="notes", say="Noted."),
        On("stop", "*", "done"),
    )
    final = ("done",)
    keywords = ("book",)
    guests: int = 0
    limit: ClassVar[int] = 8
    look = lookup

    def passes(self, turn: Turn) -> bool:
        return True

    def notes(self, turn: Turn) -> None: ...

    def on_enter_done(self, turn: Turn) -> None: ...


def test_a_flow_describes_itself_by_names() -> None:
    told = Guests.describe()
    assert (told.name, told.about, told.states) == ("Guests", "Asks how many.", ("start", "done"))
    assert (told.start, told.final, told.keywords, told.channels) == ("start", ("done",), ("book",), ())
    assert [msgspec.structs.astuple(row) for row in told.rows] == [
        ("message", ("start",), "done", "passes", "notes", "Noted."),
        ("stop", ("start",), "done", "", "", ""),
    ]
    assert (told.entered, told.left) == ({"done": "on_enter_done"}, {})
    assert (told.fields, told.effects) == ({"guests": "int"}, {"look": 20.0})
    assert msgspec.json.decode(msgspec.json.encode(told), type=Description) == told


def test_a_base_without_a_table_is_no_flow_yet_and_its_parts_are_inherited() -> None:
    class Polite(Flow):
        thanked: int = 0

        def thank(self, turn: Turn) -> None:
            self.thanked += 1

    class Bot(Polite):
        table = (On("message", "start", STAY, do="thank"),)

    assert Bot.describe().fields == {"thanked": "int"}


def test_a_description_says_what_states_ask_and_what_begins_the_flow() -> None:
    class Told(Flow):
        start, final = "name", ("done",)
        asks = {"name": Question("Your name?")}
        table = (On("answered", "name", "done"),)
        keywords, locales, campaigns = ("hi",), ("de",), ("spring",)

    told = Told.describe()
    assert told.prompts == {"name": "Your name?"}
    assert (told.keywords, told.locales, told.referrals, told.events, told.campaigns) == (
        ("hi",), ("de",), (), (), ("spring",),
    )  # fmt: skip
