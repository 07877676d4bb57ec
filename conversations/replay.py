"""The replay of a script: played again for an event with what it got so far, up to what it waits for next."""

import contextlib
from collections.abc import Callable
from types import CoroutineType
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from conversations import languages, triggers
from conversations.bot import EXPIRY, Taken
from conversations.errors import FlowChanged, FlowError, TooManySteps
from conversations.operations import (
    Ask,
    Do,
    NotUnderstood,
    Operation,
    Outcome,
    Place,
    TimedOut,
    raised,
)
from conversations.table import HANDED_OVER, STOPPED
from conversations.talk import Entry, Journal, Talk
from conversations.turn import Turn
from state.model.event import MessageReceived, TimerFired
from state.model.turn import Mode, Snapshot, Step

if TYPE_CHECKING:
    from conversations.script import Script

T = TypeVar("T")
ENTRIES = 1000
"""How much one run may wait for: more is a loop that does not end."""


class Replay:
    """One event played on one run of a script."""

    def __init__(self, script: "Script", stands: Snapshot, turn: Turn, journal: Journal) -> None:
        self.script, self.stands, self.turn, self.journal = script, stands, turn, journal
        self.met: list[Operation[Any]] = []
        turn.customer = msgspec.structs.replace(turn.customer, name=journal.name, locale=journal.locale)
        self.talk = Talk(journal, turn, script.effect_name)
        self.task: CoroutineType[Any, Any, Any] = script.function(self.talk)  # type: ignore[assignment]

    def begin(self) -> Taken:
        """Play a new run up to the first thing it waits for."""
        return self._closed(lambda: self._on(None, None, "", "begins"))

    def meet(self) -> Taken:
        """Play the run again up to what it waits for, and let it meet the event."""
        return self._closed(self._meet)

    def moved(self) -> Snapshot:
        """Where the run stands in this version; raises FlowChanged."""

        def look() -> Snapshot:
            operation = self._replay()
            version = self.script.version
            return msgspec.structs.replace(self.stands, version=version, state=operation.label)

        return self._closed(look)

    def _closed(self, play: Callable[[], T]) -> T:
        try:
            return play()
        finally:
            self._leave()

    def _leave(self) -> None:
        """Leave the script where it waits; raises FlowError where it will not be left, with the line it is at."""
        self.talk.close()
        try:
            self.task.close()
        except RuntimeError as error:
            place = self._line()
            with contextlib.suppress(RuntimeError):
                self.task.close()
            raise FlowError(
                f"{self.script.name} waits while it is left ({place}): a `finally`, or an `except` of everything, may"
                " not wait; name what you expect, as in `except TimedOut:`"
            ) from error

    def _meet(self) -> Taken:
        operation = self._replay()
        turn, place = self.turn, self._place
        said = turn.event.content if isinstance(turn.event, MessageReceived) else None
        command = languages.command(said, turn.customer.locale) if said else ""
        if command in self.script.manner.commands and not isinstance(operation, Do):
            return self._command(command, operation)
        if isinstance(turn.event, TimerFired) and turn.event.timer == EXPIRY:
            operation.stop(turn, place)
            return self._over(Outcome(None, "TimedOut"), operation, "timer_expiry")
        outcome = operation.meet(turn, place)
        if outcome is not None:
            return self._over(outcome, operation, triggers.of(turn.event)[-1])
        if said and isinstance(operation, Ask):
            self.journal.tries += 1
            return self._waits(operation, "message", "not read")
        if said and self.script.manner.busy:
            turn.say(self.script.manner.busy)
        timer = turn.event.timer if isinstance(turn.event, TimerFired) else ""
        return self._waits(operation, f"timer_{timer}" if timer else "", "" if timer else "unanswered")

    def _command(self, command: str, operation: Operation[Any]) -> Taken:
        turn = self.turn
        if command == "help" and self.script.manner.help:
            turn.say(self.script.manner.help)
        elif command == "agent":
            turn.say(HANDED_OVER)
            turn.hand_over("the customer asked for a person")
            return self._waits(operation, command)
        elif command in ("stop", "restart"):
            operation.stop(turn, self._place)
            turn.cancel(EXPIRY)
            if command == "restart":
                return self.script.restarted(self.stands, turn)
            turn.say(STOPPED)
            return self._ended(command)
        elif command == "back":
            operation.stop(turn, self._place)
            return self._back(operation)
        operation.begin(turn, self._place)
        return self._waits(operation, command)

    def _back(self, operation: Operation[Any]) -> Taken:
        """Ask the question before this one again; what was done since by an effect stays done, and bars the way."""
        place = len(self.met) - 1
        while place >= 0 and not isinstance(self.met[place], Ask | Do):
            place -= 1
        if place >= 0 and isinstance(self.met[place], Ask):
            del self.journal.entries[place:]
            self.journal.allows = [each for each in self.journal.allows if each[0] <= place]
            self.journal.tries = 0
            again = Replay(self.script, self.stands, self.turn, self.journal)
            return again._closed(again._again)
        operation.begin(self.turn, self._place)
        return self._waits(operation, "back", "there is no way back")

    def _again(self) -> Taken:
        operation = self._replay(changed=True)
        self._begin(operation)
        return self._waits(operation, "back")

    def _replay(self, *, changed: bool = False) -> Operation[Any]:
        """Play from the beginning to what the run waits for; raises FlowChanged where the code does something else."""
        self.talk.replaying = True
        operation, mark = self._next(None, None)
        for entry in self.journal.entries:
            self._same(operation, mark, entry.mark)
            self.met.append(operation)
            self.talk.now = entry.at
            self.talk.after(len(self.met))
            operation, mark = self._next(*_got(operation, entry.value, entry.failed))
        if changed:
            self.journal.mark = mark
        self._same(operation, mark, self.journal.mark)
        self.talk.replaying, self.talk.now = False, self.turn.now
        return operation

    def _same(self, operation: Operation[Any], mark: int, wanted: int) -> None:
        if mark == wanted:
            return
        number = len(self.met) + 1
        if self.stands.version != self.script.version:
            raise FlowChanged(
                f"{self.script.name} changed ({self.stands.version}->{self.script.version}) before where this run"
                f" stands: step {number} is now {operation.label!r} ({self._line()})"
            )
        raise FlowError(
            f"{self.script.name}: played again, step {number} became {operation.label!r} ({self._line()}): what a"
            " script says and asks may depend on nothing but its answers, talk.now, talk.random and effects"
        )

    def _next(self, value: Any, error: Exception | None) -> tuple[Operation[Any], int]:
        """Run the script up to the next thing it waits for; raises _Ended."""
        try:
            operation = self.task.throw(error) if error else self.task.send(value)
        except StopIteration as end:
            self.talk.forgotten()
            self.turn.end(end.value)
            if self.talk.replaying:
                raise FlowChanged(f"{self.script.name} ends now before where this run stands") from None
            raise _Ended from None
        except FlowError as wrong:
            if wrong.place[0]:
                raise
            raise FlowError(f"{wrong} ({self._raised(wrong)})") from wrong
        if not isinstance(operation, Operation):
            raise FlowError(
                f"{self.script.name} waits for something that does not last ({self._line()}): put what calls and"
                " waits into an @effect, and write `await talk.do(effect, …)`"
            )
        return operation, self.talk.reached(operation)

    def _over(self, outcome: Outcome, operation: Operation[Any], trigger: str) -> Taken:
        """Write down how an operation ended, and go on."""
        journal = self.journal
        if len(journal.entries) >= ENTRIES:
            raise TooManySteps(
                f"{self.script.name}: one run waits more than {ENTRIES} times: where does it end?"
            )
        journal.entries.append(Entry(journal.mark, self.turn.now, *outcome))
        self.met.append(operation)
        journal.learn(self.turn.customer.allows)
        self.talk.after(len(journal.entries))
        return self._on(*_got(operation, *outcome), trigger)

    def _on(self, value: Any, error: Exception | None, trigger: str, note: str = "") -> Taken:
        try:
            operation, self.journal.mark = self._next(value, error)
        except _Ended:
            return self._ended(trigger, note)
        except NotUnderstood as lost:
            self.turn.say(HANDED_OVER)
            self.turn.hand_over(f"not understood: {lost.said}")
            return self._ended(trigger, "not understood")
        except TimedOut:
            return self._ended(trigger, "timed out")
        self._begin(operation)
        return self._waits(operation, trigger, note)

    def _begin(self, operation: Operation[Any]) -> None:
        self.journal.tries = 0
        self.journal.key = operation.begin(self.turn, self._place)

    @property
    def _place(self) -> Place:
        journal = self.journal
        return Place(len(journal.entries), journal.tries, journal.key, self.turn.customer.locale)

    def _waits(self, operation: Operation[Any], trigger: str, note: str = "") -> Taken:
        if self.script.manner.expires:
            self.turn.timer(EXPIRY, self.script.manner.expires)
        stands, script = self.stands, self.script
        mode: Mode = "person" if self.turn.handed_over else "bot"
        data = msgspec.to_builtins(self.journal)
        after = Snapshot(script.name, script.version, stands.run, operation.label, data, mode)
        return Taken(
            [Step(self.turn.event.key, trigger, stands.state, operation.label, note)], after, self._moved
        )

    def _ended(self, trigger: str, note: str = "") -> Taken:
        mode: Mode = "person" if self.turn.handed_over else "bot"
        step = Step(self.turn.event.key, trigger, self.stands.state, "", note)
        return Taken([step], Snapshot(run=self.stands.run, mode=mode), self._moved)

    @property
    def _moved(self) -> str:
        """What is to be said where the run began under another version, which did the same so far."""
        before, now = self.stands.version, self.script.version
        return "" if before == now else f"version changed {before}->{now}"

    def _line(self) -> str:
        """The line of the author's own files at which the script waits."""
        place, each = "", self.task
        while each is not None and (frame := getattr(each, "cr_frame", None)) is not None:
            if frame.f_code.co_filename in self.script.files:
                place = f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}"
            each = each.cr_await  # type: ignore[assignment]
        return place or self.script.name

    def _raised(self, error: Exception) -> str:
        """The last line of the author's own files that an error came through."""
        trace, place = error.__traceback__, self.script.name
        while trace:
            if (name := trace.tb_frame.f_code.co_filename) in self.script.files:
                place = f"{name.rpartition('/')[2]}:{trace.tb_lineno}"
            trace = trace.tb_next
        return place


class _Ended(Exception):
    """The script has come to its end."""


def _got(operation: Operation[Any], value: Any, failed: str) -> tuple[Any, Exception | None]:
    return (None, raised(failed, value)) if failed else (operation.restored(value), None)
