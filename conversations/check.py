"""The static check of bots: what would leave a customer stuck, unanswered or misunderstood, by file and line."""

from collections.abc import Callable, Container, Iterable, Iterator
from difflib import get_close_matches
from functools import cached_property
from typing import Literal

from conversations import languages, table, triggers
from conversations.bot import Bot
from conversations.describe import Row
from conversations.effects import Declared
from conversations.misspelt import Misspelt, forgotten, misspelt
from conversations.plan import Plan
from conversations.script import Script
from conversations.source import Place, Use, lines_of, row_lines, uses
from conversations.texts import chain, texts_of
from conversations.version import reached
from state.model.base import Value
from state.model.content import Content, Text

Level = Literal["error", "warning"]
Shows = Callable[[Content], Iterable[str]]
"""What a channel cannot show of a content, in words."""
_CONTENT = ("say", "t", "ask")
_WAYS_OUT = {"stop": "stop", "agent": "get to a person"}


class Found(Value, frozen=True):
    """Something to mend: in which bot, where, a stable code, what is so, and what to do."""

    bot: str
    place: Place
    level: Level
    code: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        """One line, as compilers write it."""
        remedy = f"; {self.remedy}" if self.remedy else ""
        place, bot = str(self.place), f"{self.bot}: "
        where = f"{place}: " if place else ""
        return f"{where}{self.level}: {'' if place == self.bot else bot}{self.what}{remedy} [{self.code}]"


def check(bot: Bot, shows: Iterable[tuple[str, Shows]] = ()) -> list[Found]:
    """Everything to mend in a bot, in the order of its lines. `shows` are channels by name, and what they can show."""
    match bot:
        case Plan():
            found = [*_Table(bot).found(), *_contents(bot, _said(bot), shows)]
            found += _misspelt(bot.name, misspelt(bot.functions.values(), bot.cls))
            found += _misspelt(bot.name, forgotten(bot.functions.values(), bot.cls, bot.fields.names))
        case Script():
            found = [*_of_script(bot), *_contents(bot, _asked(bot), shows)]
            found += _misspelt(bot.name, misspelt(bot.functions.values(), script=bot.function))
        case _:
            found = []
    found += _effects(bot)
    return sorted(dict.fromkeys(found), key=lambda each: (each.place.file, each.place.line, each.code))


def _misspelt(bot: str, names: Iterable[Misspelt]) -> Iterator[Found]:
    return (Found(bot, each.place, "error", each.code, each.what, each.remedy) for each in names)


class _Table:
    """The checks of a table."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.cls = plan, plan.cls
        self.rows = plan.describe().rows
        self.used = uses(plan.functions.values())
        self.lines, self.written = lines_of(plan.cls), row_lines(plan.cls)
        self.triggers = {row.trigger for row in self.rows}

    def found(self) -> Iterator[Found]:
        yield from self._unreachable()
        yield from self._dead_ends()
        yield from self._unanswered()
        yield from self._never()
        yield from self._again()
        yield from self._ways_out()

    def _found(self, place: Place, level: Level, code: str, what: str, remedy: str) -> Found:
        return Found(self.plan.name, place, level, code, what, remedy)

    def _at(self, word: str) -> Place:
        return self.lines.get(word, self.lines[""])

    def _of_row(self, row: Row) -> Place:
        trigger = row.trigger.removeprefix("timer_")
        for written, source, place in self.written:
            if written in (row.trigger, trigger) and any(f"'{each}'" in source for each in row.sources):
                return place
        return next(
            (place for written, _, place in self.written if written in (row.trigger, trigger)), self.lines[""]
        )

    def _unreachable(self) -> Iterator[Found]:
        reached = {self.cls.start}
        todo = [self.cls.start]
        while todo:
            state = todo.pop()
            for row in self.rows:
                if state in row.sources and row.target not in reached and row.target not in table.MOVES:
                    reached.add(row.target)
                    todo.append(row.target)
        for state in self.plan.states:
            if state not in reached:
                remedy = "let a row lead to it, or take it out"
                yield self._found(
                    self._at(state), "error", "unreachable", f"no row leads to {state!r}", remedy
                )

    def _dead_ends(self) -> Iterator[Found]:
        """States in which nothing is answered, and those from which no end can be reached, where the flow has one."""
        for state in self.plan.states:
            own = [row for row in self.rows if state in row.sources]
            if state not in self.plan.final and (not own or state in self._trapped):
                what = f"nothing leads out of {state!r}"
                remedy = "add a row, put it into `final`, or let the run expire"
                yield self._found(self._at(state), "error", "dead_end", what, remedy)

    @cached_property
    def _trapped(self) -> frozenset[str]:
        ends = {*self.plan.final, table.END}
        leaves = any(use.method in ("end", "hand_over", "begin") for use in self.used) or self.cls.expires
        if leaves or not any(row.target in ends for row in self.rows):
            return frozenset()
        free, before = set(ends), set[str]()
        while free != before:
            before = set(free)
            free |= {state for row in self.rows if row.target in free for state in row.sources}
        return frozenset(self.plan.states) - free

    def _unanswered(self) -> Iterator[Found]:
        for use in self.used:
            if use.method == "effect" and use.word and use.word not in self.plan.effects:
                there = ", ".join(sorted(self.plan.effects)) or "none"
                what = f"there is no effect {use.word!r}"
                yield self._found(use.place, "error", "no_effect", what, f"there is: {there}")
                continue
            if (
                use.method == "effect"
                and use.word
                and (what := use.wrong(self.plan.effects[use.word].signature))
            ):
                remedy = f"it takes: {', '.join([*self.plan.effects[use.word].signature.parameters][1:])}"
                yield self._found(
                    use.place, "error", "no_argument", f"the effect {use.word!r} {what}", remedy
                )
            for trigger in _sets_off(use):
                if trigger not in self.triggers:
                    what, remedy = f"no row answers {trigger!r}", f'add On("{trigger}", …)'
                    yield self._found(use.place, "error", "unanswered", what, remedy)
        if self.plan.asks or self.triggers & {"message", "chosen"}:
            return
        for use in self.used:
            for key in use.keys if use.method == "ask" else ():
                if f"chosen_{key}" not in self.triggers:
                    what, remedy = f"no row answers the option {key!r}", f'add On("chosen_{key}", …)'
                    yield self._found(use.place, "error", "unanswered", what, remedy)

    def _never(self) -> Iterator[Found]:
        """Rows for what cannot happen, and `then` for what no row has."""
        for row in self.rows:
            if not self._happens(row.trigger):
                what = f"nothing sets off {row.trigger!r}"
                near = get_close_matches(row.trigger, self._known, n=1)
                remedy = f"did you mean {near[0]!r}?" if near else "is the name misspelt?"
                yield self._found(self._of_row(row), "error", "never", what, remedy)
        for use in self.used:
            if use.method == "then" and use.word and use.word not in self.triggers:
                what = f"then({use.word!r}) finds no row"
                yield self._found(use.place, "error", "never", what, "is the name misspelt?")

    def _happens(self, trigger: str) -> bool:
        """Whether anything can set off a trigger, as far as it is written out."""
        kind, _, name = trigger.partition("_")
        begun = {use.word for use in self.used if use.method == "begin"}
        match kind:
            case "done" | "failed" if name:
                return name in self.plan.effects or name in begun or None in begun
            case "timer" if name:
                timers = {use.word for use in self.used if use.method == "timer"}
                clocks = {name for each in self.plan.clocks.values() for name in each}
                return name in clocks or name == "expiry" or None in timers or name in timers
            case "chosen" | "event" if name:
                return True
        then = {use.word for use in self.used if use.method == "then"}
        return trigger in self._known or trigger in then or None in then

    @cached_property
    def _known(self) -> frozenset[str]:
        return triggers.known() | {*languages.COMMANDS}

    def _again(self) -> Iterator[Found]:
        """Rows of many states that enter one again which runs an effect: what was meant for questions, mostly."""
        for row in self.rows:
            again = [state for state in row.sources if state in self.plan.working]
            if row.target == table.STAY and len(row.sources) > 1 and again and row.action != "to_person":
                what = f"{row.trigger!r} enters {again[0]!r} again, which asks for its effect again"
                remedy = f"ask for the effect in the row that leads to {again[0]!r}"
                yield self._found(self._of_row(row), "warning", "runs_again", what, remedy)

    def _ways_out(self) -> Iterator[Found]:
        what = _no_way_out(self.triggers, self.used)
        if what:
            remedy = "begin the table with *WAYS_OUT, or add On(…) for it"
            yield self._found(self.lines[""], "warning", "no_way_out", what, remedy)


def _sets_off(use: Use) -> tuple[str, ...]:
    """The triggers that follow a call in a callback."""
    match use.method, use.word:
        case "effect", str(name):
            return f"done_{name}", f"failed_{name}"
        case "timer", str(name):
            return (f"timer_{name}",)
        case "begin", str(name):
            return (f"done_{name}",)
    return ()


def _no_way_out(heard: Container[str], used: Iterable[Use]) -> str:
    """What a customer cannot do who is heard with these words; empty where there are ways out."""
    missing = [word for word in _WAYS_OUT if word not in heard]
    if "agent" in missing and any(use.method == "hand_over" for use in used):
        missing.remove("agent")
    return f"a customer cannot {' or '.join(_WAYS_OUT[each] for each in missing)}" if missing else ""


def _of_script(script: Script) -> Iterator[Found]:
    code = script.function.__code__
    place = Place(code.co_filename, code.co_firstlineno)
    what = _no_way_out(script.manner.commands, uses(reached([script.function])[0].values()))
    if what:
        yield Found(script.name, place, "warning", "no_way_out", what, "leave `commands` as it is")


def _said(plan: Plan) -> Iterator[tuple[Place, Content]]:
    """What rows, questions and callbacks say, as far as it is written out."""
    lines = lines_of(plan.cls)
    said: list[Content] = [
        Text(row.say) if isinstance(row.say, str) else row.say for row in plan.cls.table if row.say
    ]
    said += [question.shown for question in plan.asks.values()]
    said += [Text(question.retry) for question in plan.asks.values() if question.retry]
    for content in said:
        first = next(texts_of(content), "")
        yield lines.get(first, lines[""]), content
    yield from _written(uses(plan.functions.values()))


def _asked(script: Script) -> Iterator[tuple[Place, Content]]:
    return _written(uses(reached([script.function])[0].values()))


def _written(used: Iterable[Use]) -> Iterator[tuple[Place, Content]]:
    for use in used:
        if use.method in _CONTENT and use.word:
            yield use.place, Text(use.word)


def _contents(
    bot: Bot, said: Iterable[tuple[Place, Content]], shows: Iterable[tuple[str, Shows]]
) -> Iterator[Found]:
    """What is missing in a language, or cannot be shown on a channel."""
    shown = [(name, look) for name, look in shows if not bot.entry.channels or name in bot.entry.channels]
    for place, content in said:
        for locale in bot.translations:
            known = [bot.translations.get(each, {}) for each in chain(locale)]
            for text in texts_of(content):
                if not any(text in each for each in known) and text not in languages.texts(locale):
                    what = f"{_short(text)} is not in {locale}"
                    yield Found(bot.name, place, "error", "untranslated", what, "add it to the translations")
        for name, look in shown:
            for loss in look(content):
                what = f"{name} cannot show {_short(next(texts_of(content), ''))} whole: {loss}"
                yield Found(bot.name, place, "warning", "cannot_show", what)


def _effects(bot: Bot) -> Iterator[Found]:
    """Effects that change something elsewhere, and give the other side no key to tell a repetition by."""
    for name, declared in bot.effects.items():
        if isinstance(declared, Declared) and hasattr(declared.call, "__code__"):
            code = declared.call.__code__
            changes = [
                use for use in uses([declared.call])
                if (use.method == "request" and use.word not in ("GET", "HEAD"))
            ]  # fmt: skip
            if changes and "key" not in code.co_names:
                what = f"the effect {name!r} may run twice, and its back-end cannot tell"
                remedy = "hand it call.key, as in headers={'Idempotency-Key': call.key}"
                yield Found(bot.name, changes[0].place, "warning", "no_key", what, remedy)


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:39]}…")
