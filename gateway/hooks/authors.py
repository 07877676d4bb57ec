"""Calls the hooks of authors: asked within a second, told after the commit; none of them holds up anything else.

A plain function runs in a thread of its own that ends with the process: one that never returns holds no loop and no
shutdown.
"""

import asyncio
import inspect
import logging
import threading
import traceback
from collections.abc import Awaitable, Iterable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, Literal, NamedTuple, get_args

from conversations.hooks import Hook, Moment, Suspending, Veto, Widen
from state.model.suspension import Reach, Scope

log = logging.getLogger("parley.hooks")
ASKED_SECONDS = 1.0
"""How long all that are asked have together; who is late has no objection."""
TOLD_SECONDS = 30.0
REST_SECONDS = 60.0
"""How long one that was late is not asked again: what hangs may delay one suspension, not each."""
AT_ONCE = 16
"""Functions that are told something at a time."""
_REACHES: tuple[Reach, ...] = get_args(Reach)


class Said(NamedTuple):
    """What one hook said: its name, its reason, and whether that counts."""

    name: str
    what: Literal["veto", "widen"]
    reason: str
    counts: bool = True


class Verdict(NamedTuple):
    """What came of asking: the scope, which is never narrower than before, and all that was said."""

    scope: Scope
    said: tuple[Said, ...] = ()

    @property
    def veto(self) -> Said | None:
        """The first veto that counts."""
        return next((each for each in self.said if each.what == "veto" and each.counts), None)


class Authors:
    """The hooks of authors of this process."""

    def __init__(
        self,
        hooks: Sequence[Hook],
        *,
        asked_seconds: float = ASKED_SECONDS,
        told_seconds: float = TOLD_SECONDS,
    ) -> None:
        self._hooks, self._asked, self._told = hooks, asked_seconds, told_seconds
        self._places = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._resting: dict[Hook, float] = {}

    def _of(self, moment: Moment) -> list[Hook]:
        return [each for each in self._hooks if each.moment == moment]

    async def ask(self, asked: Suspending) -> Verdict:
        """Ask all hooks before a suspension, at once; who fails or is late has no objection, and that is logged."""
        awake = [each for each in self._of("before_suspend") if self._resting.get(each, 0.0) <= monotonic()]
        tasks = {self._spawn(_call(each, asked)): each for each in awake}
        if not tasks:
            return Verdict(asked.scope)
        _, late = await asyncio.wait(tasks, timeout=self._asked)
        verdict = Verdict(asked.scope)
        for task, each in tasks.items():
            if task in late or task.cancelled():
                self._late(each, task)
            elif error := task.exception():
                _failed(each, error)
            else:
                verdict = _with(verdict, each, task.result(), asked)
        return verdict

    def _late(self, hook: Hook, task: "asyncio.Task[Any]") -> None:
        task.cancel()
        self._resting[hook] = monotonic() + REST_SECONDS
        log.warning("the hook %s gave no answer within %g s: that is no objection", hook.name, self._asked)

    def tell(self, moment: Moment, value: Any) -> None:
        """Let all hooks of a moment be called, soon; nobody waits for them."""
        for each in self._of(moment):
            self._spawn(self._tell(each, value))

    async def _tell(self, hook: Hook, value: Any) -> None:
        async with self._places:
            task = self._spawn(_call(hook, value))
            await asyncio.wait({task}, timeout=self._told)
        if not task.done():
            task.cancel()
            log.error("the hook %s was not done after %g s", hook.name, self._told)
        elif not task.cancelled() and (error := task.exception()):
            _failed(hook, error)

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def stop(self) -> None:
        """End what is under way."""
        for task in list(self._tasks):
            task.cancel()

    def _spawn(self, work: Awaitable[Any]) -> "asyncio.Task[Any]":
        task = asyncio.ensure_future(work)
        assert isinstance(task, asyncio.Task)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # what a function raises after its time is nobody's any more


async def _call(hook: Hook, value: Any) -> Any:
    """Call a function, plain or async."""
    if inspect.iscoroutinefunction(hook.function):
        return await hook.function(value)
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if done.done():
            return
        if error:
            done.set_exception(error)
        else:
            done.set_result(result)

    def work() -> None:
        result, failed = None, None
        try:
            result = hook.function(value)
        except BaseException as error:
            failed = (
                error if isinstance(error, Exception) else RuntimeError(f"{type(error).__name__}: {error}")
            )
        with suppress(RuntimeError):  # the loop has ended in the meantime
            loop.call_soon_threadsafe(settle, result, failed)

    threading.Thread(target=work, daemon=True, name=hook.name).start()
    return await done


def _failed(hook: Hook, error: BaseException) -> None:
    """Log what a hook raised, with the line of its own file."""
    frames: Iterable[traceback.FrameSummary] = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if each.filename == hook.function.__code__.co_filename]
    where = f"{own[-1].filename}:{own[-1].lineno}" if own else "?"
    log.error("the hook %s failed at %s: %r", hook.name, where, error, exc_info=error)


def _with(verdict: Verdict, hook: Hook, answer: Any, asked: Suspending) -> Verdict:
    """A verdict with one more answer."""
    if isinstance(answer, Veto):
        if not asked.may_veto:
            log.warning("the hook %s cannot veto what is suspended on the ground %s", hook.name, asked.ground)
        return verdict._replace(said=(*verdict.said, Said(hook.name, "veto", answer.reason, asked.may_veto)))
    if isinstance(answer, Widen):
        said = (*verdict.said, Said(hook.name, "widen", answer.reason))
        return Verdict(joined(verdict.scope, answer.scope), said)
    if answer is not None:
        log.error("the hook %s gave %r: None, a Veto or a Widen is expected", hook.name, answer)
    return verdict


def joined(one: Scope, other: Scope) -> Scope:
    """The narrowest scope that covers both."""
    names = [each for each in Scope.__struct_fields__ if each != "direction"]
    same = {each: getattr(one, each) for each in names if getattr(one, each) == getattr(other, each)}
    return Scope(**same, direction=max(one.direction, other.direction, key=_REACHES.index))
