"""Row C3: what a turn costs with a million stored conversations, beside the same with ten thousand. SQLite, on disk.

A turn is: accept a message, take its conversation, play it (a trigger, a guard, a reply), commit it. They go 200 at a
time, as under load, in conversations all over the table. The first row is the time of a turn between checkpoints: the
lower quartile of all batches leaves out those with one, one in seven or eight. The second is the CPU time of all
batches, with the work of checkpoints; how long the disk takes for these is in neither.
`python -m tests.bench.stored`.
"""

import asyncio
import gc
import random
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import msgspec

from conversations import engine
from conversations.router import Router
from state import inbox
from state.contacts import Who
from state.conversations import Taken
from state.inbox import Arrived
from state.model.ids import new_id, now_ms
from state.model.turn import Customer, Snapshot
from state.outbox import Queued
from state.store import Store
from state.turned import Turned, commit
from tests.bench.rows import Row, table
from tests.bench.turns import Counter
from tests.gateway.api.house import on_sqlite
from tests.state.acts import DAY, LETTER, message, take

FEW, MANY, GOAL = 10_000, 1_000_000, 1.15
_BATCH, _ROUNDS = 200, 60
_ROUTER = Router([Counter])
_people = msgspec.json.Decoder(list[tuple[str, Who]]).decode


def rows() -> list[Row]:
    """Both, and how near the large one is: in time between checkpoints, and in CPU time with them."""
    few, many = asyncio.run(_filled())
    return [
        _row(f"turn with {MANY:,} conversations", few.cost, many.cost),
        _row("the same in CPU time, with checkpoints", few.work, many.work),
    ]


def _row(what: str, few: float, many: float) -> Row:
    return Row(
        id="C3", what=what, value=round(many, 1), unit="µs", limit=round(few, 1), ratio=round(few / many, 3),
        goal=round(1 / GOAL, 3), valid=True,
    )  # fmt: skip


class Filled:
    """A store with so many conversations, and what a turn in it has cost in each batch (microseconds)."""

    def __init__(self, folder: Path, count: int) -> None:
        folder.mkdir()
        self._url, self._chance = on_sqlite(folder), random.Random(7)
        self._people = _fill(folder / "parley.db", count)
        self._costs, self._work = list[float](), list[float]()

    async def open(self) -> "Filled":
        """Open the store."""
        self.store = await Store(self._url).open()
        return self

    async def batch(self, number: int) -> None:
        """Turns in some conversations, whose names are fresh objects: a million old ones are this program's alone."""
        some = _people(msgspec.json.encode(self._chance.sample(self._people, _BATCH)))
        begun, worked = perf_counter(), process_time()
        await _turns(self.store, some, number)
        self._costs.append((perf_counter() - begun) / _BATCH * 1e6)
        self._work.append((process_time() - worked) / _BATCH * 1e6)

    @property
    def cost(self) -> float:
        """What a turn costs where nobody disturbs: the lower quartile of the batches."""
        return sorted(self._costs)[len(self._costs) // 4]

    @property
    def work(self) -> float:
        """The CPU time of a turn, with its share of checkpoints: the mean of all batches."""
        return sum(self._work) / len(self._work)


async def _filled() -> tuple[Filled, Filled]:
    """Both, measured; the batches take turns, so that a disturbance meets both alike."""
    with TemporaryDirectory() as folder:
        stores = [await Filled(Path(folder, str(count)), count).open() for count in (FEW, MANY)]
        gc.freeze()  # or each collection would look through the names of a million
        for number in range(_ROUNDS):
            for each in stores:
                await each.batch(number)
        for each in stores:
            await each.store.close()
        return stores[0], stores[1]


async def _turns(store: Store, people: Sequence[tuple[str, Who]], batch: int) -> None:
    arrived = [
        (Arrived(message(f"{batch}.{n}", urn), "wa", "default"), urn, who)
        for n, (urn, who) in enumerate(people)
    ]
    await asyncio.gather(
        *(store.write(inbox.accept, LETTER, [each], {("wa", (urn,)): who}) for each, urn, who in arrived)
    )
    taken = await take(store, limit=_BATCH)
    assert len(taken) == _BATCH
    await asyncio.gather(*(store.write(commit, _played(each)) for each in taken))


def _played(taken: Taken) -> Turned:
    """The turn of a conversation, with its reply."""
    now, events = now_ms(), [event for _, event in taken.events]
    customer = Customer(taken.contact, taken.channel, "whatsapp", taken.urns, *taken.about)
    played = engine.play(taken.snapshot, events, customer, _ROUTER, now, f"{taken.id}:{taken.revision}")
    (say,) = played.says
    reply = Queued(new_id(taken.lane), taken.lane, taken.id, "wa", "message", "", now, now + DAY, message=say)
    return Turned(taken, played, (reply,), now)


def _fill(path: Path, count: int) -> list[tuple[str, Who]]:
    """Put so many conversations with their contacts into the file; gives who they are with, by address."""
    stands = Snapshot("Counter", Counter.plan.version, 1, "start", {"total": 3, "name": "Ann"})
    snapshot = msgspec.json.encode(stands).decode()
    people = [_person(number) for number in range(count)]
    with sqlite3.connect(path) as file:
        file.executemany(
            "INSERT INTO contact (id, lane, team, name, locale, created_at) VALUES (?, ?, 'default', 'Ann', '', 1)",
            ((who.contact, who.lane) for _, who in people),
        )
        file.executemany(
            "INSERT INTO conversation (id, lane, contact, channel, snapshot, urns, updated_at)"
            " VALUES (?, ?, ?, 'wa', ?, ?, 1)",
            ((who.conversation, who.lane, who.contact, snapshot, f'["{urn}"]') for urn, who in people),
        )
    file.close()
    return people


def _person(number: int) -> tuple[str, Who]:
    lane = number % 256
    return f"whatsapp:1555{number:07d}", Who(new_id(lane), lane, new_id(lane))


if __name__ == "__main__":
    print(table(rows()))
