"""Group commit: all operations that wait share one transaction, and are told when it is on disk.

An operation is a generator: it yields a list of (statement, row) pairs and is sent the list of their answers. One that
has nothing to ask is a plain function that gives its writes, and what they amount to, as `Writes`.
The writer advances all operations of a batch in lockstep and runs equal statements of a step together, so a batch of 60
turns costs as many statements as one turn. Of one step all that reads runs before all that writes, so that nobody of
the batch sees a step of another's half done; reads and writes each in the order in which they were first asked, for all
of their rows, but for those that are `late`; beyond that they must not depend on each other. Those that lock run before
the others of their kind, so that what is read beside a lock is read under it, whoever of the batch asked first; and by
the names of their tables, so that two writers lock in the same order.
A row that an operation asks for with a lock is its own until it has ended: another of the batch that asks for the same
waits for it there, as it would wait for another writer's commit, and then reads what the first has written.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Generator, Sequence
from operator import attrgetter
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from state.statements import Row, Statement

T = TypeVar("T")
Ask = Sequence[tuple[Statement, Row]]


class Writes(msgspec.Struct, Generic[T], frozen=True):
    """An operation in one step: what it writes, and what it gives once that is on disk."""

    asks: Ask
    answer: T


Op = Generator[Ask, list[Any], T]
Work = Op[T] | Writes[T]
"""What a function that is given to the writer may make."""
log = logging.getLogger("parley.state")
_BETWEEN = 0.002
"""Seconds from one commit to the next while many operations come; else a writer commits at once."""
_LOCKS, _LATE = attrgetter("locks"), attrgetter("late")
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

    __slots__ = ("alone", "args", "ended", "future", "op", "result", "wrote")

    def __init__(
        self, op: Callable[..., Work[Any]], args: tuple[Any, ...], future: "asyncio.Future[Any]", alone: bool
    ) -> None:
        self.op, self.args, self.future, self.alone = op, args, future, alone
        self.result: Any = None
        self.wrote = False
        self.ended = False


class Writer:
    """Takes operations from any task and commits them in groups of at most `limit`."""

    def __init__(self, backend: Backend, limit: int = 128) -> None:
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

        Operations of one commit do not see what the others are about to write, but for rows they lock. One that decides
        by what it reads without a lock, where two could both be the first, goes `alone`.
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
        lockstep = _Lockstep(self._backend)
        try:
            await lockstep.run(batch)
        except (Unavailable, Conflict, _Spoilt):
            raise
        except Exception as error:
            log.debug("a batch of %d is run one by one: %r", len(batch), error)
            raise _Spoilt from error
        if lockstep.spoilt:
            raise _Spoilt

    async def _apart(self, batch: list[_Job]) -> None:
        """Each operation behind its own savepoint, so that a failing one takes only itself along."""
        for job in batch:
            await self._backend.savepoint()
            try:
                await _Lockstep(self._backend).run([job])
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
        """Run each statement for all of its rows: first what reads, then what writes, and first of each what locks."""
        groups = self.groups
        locking = sorted((each for each in groups if each.locks), key=_LOCKS)
        free = sorted((each for each in groups if not each.locks), key=_LATE)
        order = [
            each for kind in (False, True) for some in (locking, free) for each in some if each.writes is kind
        ]
        for statement in order:
            rows, places = groups[statement]
            results = await backend.run(statement, rows)
            for (answers, place), result in zip(places, results, strict=True):
                answers[place] = result


class _Locks:
    """The rows that operations of one batch have locked, and the operations that wait for one of them.

    A row is known by its key alone: where two tables share a key, what waits needlessly waits for a moment.
    """

    def __init__(self) -> None:
        self._held: dict[Row, _Job] = {}
        self.waiting: list[tuple[_Job, Op[Any], Ask]] = []

    def take(self, job: _Job, asks: Ask) -> bool:
        """Lock all rows that are asked for so, or none of them where an operation that has not ended has one."""
        wanted = [statement.locked(row) for statement, row in asks if statement.locks]
        if wanted:
            held = self._held
            for row in wanted:
                holder = held.get(row, job)
                if holder is not job and not holder.ended:
                    return False
            for row in wanted:
                held[row] = job
        return True


Running = list[tuple[_Job, Op[Any], list[Any]]]


class _Lockstep:
    """All operations of a batch, step by step, with equal statements of a step run together."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._step, self._locks = _Step(), _Locks()
        self._running: Running = []
        self.spoilt = False
        """Whether an operation has failed after it had written."""

    async def run(self, batch: Sequence[_Job]) -> None:
        """See all operations through to their end; raises _Spoilt where they wait for each other."""
        for job in batch:
            self._begin(job)
        while self._step.groups or self._running:
            await self._step.run(self._backend)
            asked, self._running, self._step = self._running, [], _Step()
            for job, op, answers in asked:
                self._advance(job, op, answers)
            if self._locks.waiting:
                self._go_on()
        if self._locks.waiting:
            raise _Spoilt

    def _begin(self, job: _Job) -> None:
        job.result, job.wrote, job.ended = None, False, False
        try:
            made = job.op(*job.args)
        except Exception as error:
            job.result = error
            return
        if isinstance(made, Writes):
            self._step.write(made.asks)
            job.result, job.wrote = made.answer, True
        else:
            self._advance(job, made, None)

    def _advance(self, job: _Job, op: Op[Any], answers: list[Any] | None) -> None:
        """Send an operation its answers, and note what it asks next."""
        try:
            asks = next(op) if answers is None else op.send(answers)
        except StopIteration as stop:
            job.result = stop.value
        except Exception as error:
            job.result = error
            self.spoilt = self.spoilt or job.wrote
        else:
            self._ask(job, op, asks)
            return
        job.ended = True

    def _ask(self, job: _Job, op: Op[Any], asks: Ask) -> None:
        """Ask, where nobody has what is to be locked; else wait."""
        if self._locks.take(job, asks):
            asked, wrote = self._step.ask(asks)
            job.wrote = job.wrote or wrote
            self._running.append((job, op, asked))
        else:
            self._locks.waiting.append((job, op, asks))

    def _go_on(self) -> None:
        """Those that waited for a row ask again, in their order."""
        waiting, self._locks.waiting = self._locks.waiting, []
        for each in waiting:
            self._ask(*each)
