"""Bots that hypothesis makes up: tables of any rows, and scripts of any statements; wise or not."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from conversations.entry import Interruption
from conversations.loading import Source
from conversations.script import Script
from parley import (
    BACK,
    END,
    RESTART,
    STAY,
    WAYS_OUT,
    Choice,
    Effect,
    EffectFailed,
    Flow,
    On,
    Option,
    Question,
    Talk,
    TimedOut,
    Turn,
    effect,
    flow,
    read,
)

STATES = ("start", "a", "b", "c")
TRIGGERS = (
    "message",
    "chosen",
    "chosen_x",
    "timer_t",
    "done_order",
    "failed_order",
    "answered",
    "handed_back",
    "message_failed",
    "go",
)
ACTIONS = (
    *("say", "count", "timer", "order", "choose", "begin") * 4,
    "cancel",
    "go",
    "end",
    "person",
    "fail",
)
CHOICE = Choice("Which?", (Option("x", "This"), Option("y", "That")))


@effect
async def order(call: Effect, what: str) -> str:
    """Orders something; what has a 3 in it cannot be had."""
    if "3" in what:
        raise ValueError(f"no {what}")
    return str(await call.http.request("POST", f"/{what}", headers={"idempotency-key": call.key}))


class Sub(Flow):
    """A flow that others begin: it asks, and ends with the answer."""

    table = (On("answered", "start", END, do="give"),)
    asks = {"start": Question("How many?", read.number())}
    keywords = ("sub",)

    def give(self, turn: Turn) -> None:
        turn.end(turn.answer)


DO: dict[str, Callable[[Any, Turn], object]] = {
    "say": lambda bot, turn: turn.say(f"{bot.state} {bot.count} {turn.text} {turn.result} {turn.answer}"),
    "count": lambda bot, turn: setattr(bot, "count", bot.count + 1),
    "timer": lambda bot, turn: turn.timer("t", 60 + bot.count),
    "cancel": lambda bot, turn: turn.cancel("t"),
    "order": lambda bot, turn: turn.effect("order", what=f"{turn.text}{bot.count}"),
    "go": lambda bot, turn: turn.then("go"),
    "end": lambda bot, turn: turn.end(),
    "person": lambda bot, turn: turn.hand_over(turn.text),
    "choose": lambda bot, turn: turn.say(CHOICE),
    "begin": lambda bot, turn: turn.begin(Sub),
    "fail": lambda bot, turn: int(turn.text or "none"),
}


POLICIES = st.sampled_from(("ignore", "interrupt", "interrupt", "interrupt", "queue", "refuse"))


def companies() -> st.SearchStrategy[tuple[Source, ...]]:
    """Two bots of either kind, one of which comes in between by its word, and begins or is begun by others."""
    either = [
        tables(name, keywords) | scripts(name, keywords)
        for name, keywords in (("Made", ()), ("Other", ("other",)))
    ]
    return st.tuples(either[1], either[0])


def tables(name: str = "Made", keywords: tuple[str, ...] = ()) -> st.SearchStrategy[type[Flow]]:
    """Flows with a table."""
    actions = st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3)
    targets = st.sampled_from((*STATES, "end", STAY, BACK, RESTART, END))
    row = st.tuples(
        st.sampled_from(TRIGGERS),
        st.sampled_from((*STATES, "*")),
        targets,
        actions,
        st.sampled_from((0, 0, 90)),
    )
    return st.builds(
        _table, st.lists(row, min_size=6, max_size=12), st.dictionaries(st.sampled_from(STATES), actions),
        st.sampled_from(("", "a", "b")), st.booleans(), POLICIES, st.just(name), st.just(keywords),
    )  # fmt: skip


def _table(
    rows: list[Any], entered: dict[str, list[str]], asks: str, ways_out: bool, policy: str, name: str,
    keywords: tuple[str, ...],
) -> type[Flow]:  # fmt: skip
    named: dict[str, Any] = {
        "interruption": policy, "keywords": keywords, "refusal": "Not now.",
        "__doc__": "Made up.", "__annotations__": {"count": int}, "count": 0, "final": ("end",),
        "order": order, "messages_a_minute": 0, "__module__": __name__,
    }  # fmt: skip
    table = [On("message", "start", STAY, do="do_0")]
    named["do_0"] = _done(["count", "say"])
    for place, (trigger, source, target, actions, after) in enumerate(rows, 1):
        heard = asks and trigger in ("message", "chosen") and source != "*"
        timed = after if trigger == "go" else 0
        table.append(On("answered" if heard else trigger, source, target, do=f"do_{place}", after=timed))
        named[f"do_{place}"] = _done(actions)
    for state, actions in entered.items():
        if any(state in (row.target, row.source) for row in table):
            named[f"on_enter_{state}"] = _done(actions)
    if asks and any(asks in (row.target, row.source) for row in table):
        table.append(On("answered", asks, "end", do="do_0"))
        named["asks"] = {asks: Question("How many?", read.number())}
    named["table"] = (*(WAYS_OUT if ways_out else ()), *table)
    return type(name, (Flow,), named)


def _done(actions: list[str]) -> Callable[[Any, Turn], None]:
    def do(self: Any, turn: Turn) -> None:
        for action in actions:
            DO[action](self, turn)

    return do


Known = list[str]
SAYS: dict[str, Callable[[Talk, Known], object]] = {
    "say": lambda talk, known: talk.say(f"{len(known)}: {known[-1]} at {talk.now}"),
    "chance": lambda talk, known: talk.random.randrange(1000),
    "fail": lambda talk, known: int(known[-1]),
}
WAITS: dict[str, Callable[[Talk, Known, int], Any]] = {
    "ask": lambda talk, known, _: talk.ask(f"What, after {known[-1]}?"),
    "number": lambda talk, known, _: talk.ask("How many?", read.number()),
    "choose": lambda talk, known, _: talk.ask(CHOICE),
    "order": lambda talk, known, _: talk.do(order, what=known[-1][:9]),
    "again": lambda talk, known, _: talk.do(order, key=f"k{len(known)}", what="tea"),
    "begin": lambda talk, known, _: talk.begin(Sub),
    "person": lambda talk, known, _: talk.hand_over(known[-1]),
    "sleep": lambda talk, known, seconds: talk.sleep(seconds),
    "within": lambda talk, known, seconds: talk.ask("Quick!", within=seconds + 1),
}


def scripts(name: str = "made", keywords: tuple[str, ...] = ()) -> st.SearchStrategy[Script]:
    """Scripts: lists of statements, some of which hold lists of statements."""
    words = (
        *("say", "ask", "number", "choose", "order", "order", "order", "again", "begin") * 2,
        "person",
        "chance",
        "fail",
    )
    plain = st.one_of(
        st.sampled_from(words),
        st.tuples(st.just("sleep"), st.integers(0, 100)),
        st.tuples(st.just("within"), st.integers(0, 100)),
    )
    statements = st.recursive(
        st.lists(plain, min_size=2, max_size=5),
        lambda inner: st.lists(
            plain
            | st.tuples(st.just("if"), inner, inner)
            | st.tuples(st.just("repeat"), st.integers(0, 3), inner)
            | st.tuples(st.just("try"), inner),
            min_size=2,
            max_size=5,
        ),
        max_leaves=12,
    )
    return st.builds(_script, statements, st.booleans(), POLICIES, st.just(name), st.just(keywords))


def _script(
    statements: list[Any], heard: bool, policy: Interruption, name: str, keywords: tuple[str, ...]
) -> Script:
    async def made(talk: Talk) -> str:
        """Made up."""
        known = [talk.opening]
        await _run(statements, talk, known)
        talk.say(f"done {known[-1]}")
        return known[-1]

    made.__name__ = name
    commands = ("stop", "back", "restart", "agent") if heard else ()
    return flow(
        keywords=keywords, interruption=policy, refusal="Not now.", commands=commands, messages_a_minute=0
    )(made)


async def _run(statements: list[Any], talk: Talk, known: list[str]) -> None:
    for each in statements:
        match each:
            case ["if", yes, no]:
                await _run(yes if len(known[-1]) % 2 else no, talk, known)
            case ["repeat", times, inner]:
                for _ in range(times):
                    await _run(inner, talk, known)
            case ["try", inner]:
                try:
                    await _run(inner, talk, known)
                except (EffectFailed, TimedOut, ValueError) as error:
                    known.append(type(error).__name__)
            case [name, seconds]:
                known.append(str(await WAITS[name](talk, known, seconds)))
            case name if name in WAITS:
                known.append(str(await WAITS[name](talk, known, 0)))
            case name:
                known.append(str(SAYS[name](talk, known)))
