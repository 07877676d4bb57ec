"""Group commit: all operations that wait share one transaction, and are told when it is on disk.

An operation is a generator: it yields a list of (statement, row) pairs and is sent the list of their answers. One that
has nothing to ask is a plain function that gives its writes, and what they amount to, as `Writes`.
The writer advances all operations of a batch in lockstep and runs equal statements of a step together, so a batch of 60
turns costs as many statements as one turn. Statements of one step run in the order in which they were first asked, each
for all of its rows; beyond that they must not depend on each other.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from state.statements import Row, Statement

T = TypeVar("T")
Ask = Sequence[tuple[Statement, Row]]


class Writes(NamedTuple, Generic[T]):
    """An operation in one step: what it writes, and what it gives once that is on disk."""

    asks: Ask
    answer: T


Op = Generator[Ask, list[Any], T]
Work = Op[T] | Writes[T]
"""What a function that is given to the writer may make."""
log = logging.getLogger("parley.state")
_BETWEEN = 0.002
"""Seconds from one commit to the next while many operations come; else a writer commits at once."""
_MANY = 8
"""Operations that a commit carries where it is worth a pause to let the next one grow: below, it only costs time."""


def part(work: Work[T]) -> Op[T]:
    """An operation as a part of a larger one (with `yield from`)."""
    if isinstance(work, Writes):
        answer: T = work.answer
        yield work.asks
        return answer
    return (yield from work)


class Unavailable(Exception):
    """The database cannot be reached or refuses to write; nothing is known to be stored."""


class Conflict(Exception):
    """A transient conflict with another writer (a deadlock, a serialisation failure): the batch may be run again."""


class Duplicate(Exception):
    """A row with this key is there already."""


class Backend(Protocol):
    """One connection that writes: SQLite's or PostgreSQL's."""

    async def begin(self) -> None:
        """Start a transaction."""

    async def commit(self) -> None:
        """Put it on disk."""

    async def rollback(self) -> None:
        """Undo it."""

    async def savepoint(self) -> None:
        """Mark where to go back to."""

    async def release(self) -> None:
        """Forget the mark."""

    async def undo(self) -> None:
        """Go back to the mark."""

    async def run(self, statement: Statement, rows: Sequence[Row]) -> Sequence[Any]:
        """Run a statement for all rows; a Write answers nothing, the others a list of rows each."""


class _Job:
    """One operation on its way: how to start it, how far it is, and who waits for it."""

    __slots__ = ("alone", "args", "future", "op", "result", "wrote")

    def __init__(
        self, op: Callable[..., Work[Any]], args: tuple[Any, ...], future: "asyncio.Future[Any]", alone: bool
    ) -> None:
        self.op, self.args, self.future, self.alone = op, args, future, alone
        self.result: Any = None
        self.wrote = False


class Writer:
    """Takes operations from any task and commits them in groups of at most `limit`."""

    def __init__(self, backend: Backend, limit: int = 200) -> None:
        self._backend = backend
        self._limit = limit
        self._waiting: deque[_Job] = deque()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._clock = time.monotonic
        self._next = 0.0
        self._stopping = False
        self.batches = 0
        self.jobs = 0

    def start(self) -> None:
        """Begin to commit."""
        self._task = asyncio.get_running_loop().create_task(self._loop(), name="writer")

    async def stop(self) -> None:
        """Commit what waits and end; what is submitted later is told that the writer has stopped."""
        self._stopping = True
        self._wake.set()
        if self._task:
            await asyncio.wait([self._task])

    def submit(
        self, op: Callable[..., Work[T]], args: tuple[Any, ...], *, alone: bool = False
    ) -> "asyncio.Future[T]":
        """Queue an operation; the future ends when it is committed, or with what it raised.

        Operations of one commit do not see what the others are about to write. One that decides by what it reads, where
        two could both be the first, goes `alone`.
        """
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        if self._stopping:
            future.set_exception(Unavailable("the writer has stopped"))
            return future
        self._waiting.append(_Job(op, args, future, alone))
        self._wake.set()
        return future

    async def _loop(self) -> None:
        while not self._stopping:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._gather()
                await self._settle(self._batch())

    def _batch(self) -> list[_Job]:
        """What is committed next: one that goes alone, or all up to the next such."""
        waiting = self._waiting
        batch = [waiting.popleft()]
        while waiting and len(batch) < self._limit and not (batch[0].alone or waiting[0].alone):
            batch.append(waiting.popleft())
        return batch

    async def _gather(self) -> None:
        """Let a batch grow where commits come close after each other: a commit costs as much as ten operations."""
        pause = self._next - self._clock()
        if pause > 0 and len(self._waiting) < self._limit // 2:
            await asyncio.sleep(pause)

    async def _settle(self, batch: list[_Job]) -> None:
        """Commit a batch and tell everybody; a failure of the database fails all of them."""
        try:
            await self._commit(batch)
        except (Unavailable, Conflict) as error:
            for job in batch:
                job.result = Unavailable(str(error))
        except Exception as error:
            log.exception("a batch of %d could not be committed", len(batch))
            for job in batch:
                job.result = Unavailable(f"{type(error).__name__}: {error}")
        self._next = self._clock() + _BETWEEN if len(batch) >= _MANY else 0.0
        self.batches += 1
        self.jobs += len(batch)
        for job in batch:
            if job.future.done():
                continue
            if isinstance(job.result, Exception):
                job.future.set_exception(job.result)
            else:
                job.future.set_result(job.result)

    async def _commit(self, batch: list[_Job], tries: int = 5) -> None:
        """Run a batch: again after a conflict, one by one where an operation failed after it had written."""
        run, done = self._together, False
        while not done:
            try:
                await self._transaction(batch, run)
                done = True
            except _Spoilt:
                run = self._apart
            except Conflict:
                tries -= 1
                if not tries:
                    raise

    async def _transaction(self, batch: list[_Job], run: Callable[[list[_Job]], Any]) -> None:
        await self._backend.begin()
        try:
            await run(batch)
            await self._backend.commit()
        except BaseException:
            await self._backend.rollback()
            raise

    async def _together(self, batch: list[_Job]) -> None:
        """All operations in lockstep; raises _Spoilt where one failed after it had written."""
        try:
            await _lockstep(self._backend, batch)
        except (Unavailable, Conflict):
            raise
        except Exception as error:
            log.debug("a batch of %d is run one by one: %r", len(batch), error)
            raise _Spoilt from error
        if any(job.wrote and isinstance(job.result, Exception) for job in batch):
            raise _Spoilt

    async def _apart(self, batch: list[_Job]) -> None:
        """Each operation behind its own savepoint, so that a failing one takes only itself along."""
        for job in batch:
            await self._backend.savepoint()
            try:
                await _lockstep(self._backend, [job])
            except (Unavailable, Conflict):
                raise
            except Exception as error:
                job.result = error
            if isinstance(job.result, Exception):
                await self._backend.undo()
            await self._backend.release()


class _Spoilt(Exception):
    """An operation failed after writing: the batch must be undone and run apart."""


class _Step:
    """What all operations ask in one step: by statement the rows, and where each answer goes."""

    def __init__(self) -> None:
        self.groups: dict[Statement, tuple[list[Row], list[tuple[list[Any], int]]]] = {}

    def write(self, asks: Sequence[tuple[Statement, Row]]) -> None:
        """Rows whose answers nobody waits for."""
        groups = self.groups
        for statement, row in asks:
            group = groups.get(statement)
            if group is None:
                group = groups[statement] = ([], [])
            group[0].append(row)

    def ask(self, asks: Ask) -> tuple[list[Any], bool]:
        """Rows, with the list that their answers will fill (writes have none), and whether one of them writes."""
        groups, answers, wrote = self.groups, [None] * len(asks), False
        for place, (statement, row) in enumerate(asks):
            group = groups.get(statement)
            if group is None:
                group = groups[statement] = ([], [])
            group[0].append(row)
            if statement.writes:
                wrote = True
            else:
                group[1].append((answers, place))
        return answers, wrote

    async def run(self, backend: Backend) -> None:
        """Run each statement for all of its rows."""
        for statement, (rows, places) in self.groups.items():
            results = await backend.run(statement, rows)
            for (answers, place), result in zip(places, results, strict=True):
                answers[place] = result


async def _lockstep(backend: Backend, batch: Sequence[_Job]) -> None:
    """Advance all operations step by step, running equal statements of a step together."""
    step = _Step()
    running: list[tuple[_Job, Op[Any], list[Any]]] = []
    for job in batch:
        job.result, job.wrote = None, False
        try:
            made = job.op(*job.args)
        except Exception as error:
            job.result = error
            continue
        if isinstance(made, Writes):
            step.write(made.asks)
            job.result, job.wrote = made.answer, True
        else:
            _advance(step, job, made, None, running)
    while step.groups or running:
        await step.run(backend)
        step, asked, running = _Step(), running, []
        for job, op, answers in asked:
            _advance(step, job, op, answers, running)


def _advance(
    step: _Step,
    job: _Job,
    op: Op[Any],
    answers: list[Any] | None,
    running: list[tuple[_Job, Op[Any], list[Any]]],
) -> None:
    """Send an operation its answers, and note what it asks next."""
    try:
        asks = next(op) if answers is None else op.send(answers)
    except StopIteration as stop:
        job.result = stop.value
    except Exception as error:
        job.result = error
    else:
        asked, wrote = step.ask(asks)
        job.wrote = job.wrote or wrote
        running.append((job, op, asked))
