"""What counting our own traffic costs a message, and what a look of the detectors costs a channel.

`python -m tests.bench.counting` prints nanoseconds a call over a million calls, and milliseconds a look.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gateway.channels import Channels
from gateway.detecting import Detecting
from gateway.detectors import OURS, standard
from gateway.teams import Teams
from gateway.traffic import Traffic
from gateway.wake import Wake
from state import migrate, traffic
from state.inbox import Arrived
from state.known import NOBODY, Touch
from state.model.content import Text
from state.model.event import MessageReceived
from state.outbox import Leased, Talk
from state.store import Store
from state.traffic import Counted
from tests.gateway.detectors.given import NOW, season

_TIMES = 1_000_000
_TALK = Talk("c", 0, "", '["tel:+14155550100"]')
_ROW = Leased("m", 0, "k", "wa", "message", "queued", "", 0, 0, 1, 0, _TALK, None, NOBODY)


def timed(call: Callable[..., object], *args: Any) -> float:
    """Nanoseconds a call, the best of three runs."""
    best = float("inf")
    for _ in range(3):
        begun = time.perf_counter_ns()
        for _ in range(_TIMES):
            call(*args)
        best = min(best, (time.perf_counter_ns() - begun) / _TIMES)
    return best


def counting() -> None:
    """The price of each way to count."""
    counts = Traffic()
    said = MessageReceived(
        key="k", at=1, addresses=("tel:+14155550100",), provider_id="k", content=Text("hi")
    )
    arrived = [Arrived(said, "wa", "default")]
    print(f"an empty call          {timed(lambda: None):6.0f} ns")
    print(f"count                  {timed(counts.count, 'wa', 'unasked'):6.0f} ns")
    print(f"the end of a send      {timed(counts.ended, 'wa', 'accepted'):6.0f} ns")
    print(f"an answer leaves       {timed(counts.leaves, _ROW, None):6.0f} ns")
    print(f"a message comes in     {timed(counts.came, arrived):6.0f} ns")
    print(f"a service message      {timed(counts.leaves, _ROW, Touch(1, 'service', 'd' * 64, 'm')):6.0f} ns")
    print(
        f"a code to a stranger   {timed(counts.leaves, _ROW, Touch(1, 'one_time_codes', 'd' * 64, 'm')):6.0f} ns"
    )


async def looking(folder: Path) -> None:
    """The price of a look at one channel with ten weeks of counts, and of one within the same hour."""
    url = f"sqlite:///{folder / 'parley.db'}"
    migrate.upgrade(url)
    store = await Store(url).open()
    by_hour: dict[int, list[Counted]] = {}
    for hour, kind, n in season():
        by_hour.setdefault(hour, []).append(Counted("wa", kind, n))
    for hour, counted in by_hour.items():
        await store.write(traffic.add, "n1", hour, counted)
    wake = Wake()
    detecting = Detecting(store, Channels(store, wake, None), Teams(store, wake), wake, "n1", OURS)
    for words, now in (("first in an hour", NOW), ("again in that hour", NOW), ("again in that hour", NOW)):
        begun = time.perf_counter()
        counts = await detecting.counts("wa", now)
        read = time.perf_counter()
        for each in OURS.values():
            each(counts, standard(), now)
        done = time.perf_counter()
        print(f"{words:22} {(read - begun) * 1000:6.1f} ms to read, {(done - read) * 1000:.2f} ms to judge")
    await store.close()


if __name__ == "__main__":
    counting()
    with TemporaryDirectory() as made:
        asyncio.run(looking(Path(made)))
