"""Nobody is sent to faster than the channel allows, in one process and in several."""

import asyncio
import secrets
import socket
import time
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.buckets import RECOVERY_SECONDS, Ask, Buckets
from gateway.pace import Pace

TEN_A_SECOND = Ask("wa", "wa:ann", 10, 0, 1)
PAIR = Ask("wa", "wa:ann", 0, 6, 45)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def test_a_channel_without_limits_never_waits() -> None:
    buckets = Buckets()
    assert [buckets.admit(Ask("sms", "sms:ann", 0, 0, 1), 5.0) for _ in range(1000)] == [0.0] * 1000
    assert len(buckets) == 0


def test_a_sender_sends_evenly_at_its_pace() -> None:
    buckets = Buckets()
    assert buckets.admit(TEN_A_SECOND, 5.0) == 0
    assert buckets.admit(TEN_A_SECOND, 5.0) == pytest.approx(0.1)
    assert buckets.admit(TEN_A_SECOND, 5.1) == 0


def test_a_fast_sender_may_send_a_tenth_of_a_seconds_worth_at_once() -> None:
    buckets = Buckets()
    asks = [buckets.admit(Ask("wa", f"wa:{n}", 80, 0, 1), 5.0) for n in range(20)]
    assert asks.count(0.0) == 8


def test_a_pair_may_burst_and_pays_it_back() -> None:
    buckets = Buckets()
    assert [buckets.admit(PAIR, 5.0) for _ in range(45)] == [0.0] * 45
    assert buckets.admit(PAIR, 5.0) == pytest.approx(6)
    assert buckets.admit(PAIR, 10.9) == pytest.approx(0.1)
    assert buckets.admit(PAIR, 11.0) == 0
    assert [buckets.admit(PAIR, 1000.0) for _ in range(45)] == [0.0] * 45


def test_one_pair_does_not_hold_up_another() -> None:
    buckets = Buckets()
    for _ in range(45):
        buckets.admit(PAIR, 5.0)
    assert buckets.admit(replace(PAIR, pair="wa:ben"), 5.0) == 0


def test_what_has_to_wait_is_not_counted() -> None:
    buckets = Buckets()
    waits = [buckets.admit(TEN_A_SECOND, 5.0) for _ in range(50)]
    assert waits[1:] == [pytest.approx(0.1)] * 49


@given(
    pace=st.floats(0.5, 200),
    interval=st.floats(0, 10),
    burst=st.integers(1, 50),
    steps=st.lists(st.floats(0, 2), min_size=1, max_size=60),
)
def test_no_second_ever_sees_more_than_its_pace_and_no_wait_is_told_in_vain(
    pace: float, interval: float, burst: int, steps: list[float]
) -> None:
    buckets, now, gone = Buckets(), 0.0, []
    ask = Ask("wa", "wa:ann", pace, interval, burst)
    for step in steps:
        now += step
        wait = buckets.admit(ask, now)
        if wait:
            assert buckets.admit(ask, now + wait) == 0
            now += wait
        gone.append(now)
    for first in gone:
        assert sum(first <= at < first + 1 for at in gone) <= pace + max(1, pace / 10) + 1
        if interval:
            assert sum(first <= at < first + 10 * interval for at in gone) <= 10 + burst + 1


def test_a_throttled_channel_stops_then_goes_at_half_its_pace_and_recovers() -> None:
    buckets = Buckets()
    buckets.throttle("wa", "", 3, 5.0)
    assert buckets.admit(TEN_A_SECOND, 6.0) == pytest.approx(2)
    assert buckets.admit(TEN_A_SECOND, 8.0) == 0
    assert buckets.admit(TEN_A_SECOND, 8.0) == pytest.approx(0.2, rel=0.05)
    later = 8.0 + RECOVERY_SECONDS
    assert [buckets.admit(TEN_A_SECOND, later), buckets.admit(TEN_A_SECOND, later)] == [0, pytest.approx(0.1)]


@pytest.mark.parametrize("up", [0.0, 62_000.0, 10 * 365 * 86_400.0])
def test_a_channel_is_throttled_alike_however_long_the_machine_has_been_up(up: float) -> None:
    buckets = Buckets()
    buckets.throttle("wa", "", 3, up)
    assert buckets.admit(TEN_A_SECOND, up + 3) == 0
    buckets.throttle("wa", "", 3, up + 62_000)
    assert buckets.admit(TEN_A_SECOND, up + 62_001) == pytest.approx(2)
    assert buckets.admit(TEN_A_SECOND, 2 * up + 200_000) == 0


def test_refusals_of_one_moment_slow_a_channel_down_once() -> None:
    buckets = Buckets()
    for n in range(16):
        buckets.throttle("wa", "", 1, 5.0 + n / 100)
    assert buckets.admit(TEN_A_SECOND, 5.2) == pytest.approx(0.95)
    assert buckets.admit(TEN_A_SECOND, 6.2) == 0
    assert buckets.admit(TEN_A_SECOND, 6.2) == pytest.approx(0.2, rel=0.05)


def test_a_channel_that_is_refused_again_and_again_still_sends_now_and_then() -> None:
    buckets = Buckets()
    for n in range(40):
        buckets.throttle("wa", "", 0.5, float(n))
    buckets.admit(TEN_A_SECOND, 41.0)
    assert buckets.admit(TEN_A_SECOND, 41.0) == pytest.approx(6.4, rel=0.05)


def test_a_throttled_pair_stops_alone() -> None:
    buckets = Buckets()
    buckets.throttle("wa", "wa:ann", 16, 5.0)
    assert buckets.admit(PAIR, 6.0) == pytest.approx(15)
    assert buckets.admit(replace(PAIR, pair="wa:ben"), 6.0) == 0


def test_what_is_paid_is_forgotten() -> None:
    buckets = Buckets()
    for n in range(20_000):
        buckets.admit(Ask("wa", f"wa:{n}", 0, 6, 45), n * 1.0)
    assert len(buckets) < 3000


@pytest.fixture
async def two(redis_url: str) -> AsyncIterator[tuple[Pace, Pace]]:
    """Two processes' pace over one Redis."""
    one, other = Pace(redis_url), Pace(redis_url)
    yield one, other
    await one.close()
    await other.close()


@pytest.fixture
def name() -> str:
    return f"wa-{secrets.token_hex(4)}"


async def test_two_processes_share_a_senders_pace(two: tuple[Pace, Pace], name: str) -> None:
    waits = [await pace.admit(name, f"{name}:{n}", 2, 0, 1) for n in range(3) for pace in two]
    assert waits.count(0) == 1
    assert 0.3 < max(waits) <= 0.5


async def test_two_processes_share_a_pairs_burst(two: tuple[Pace, Pace], name: str) -> None:
    waits = [await pace.admit(name, f"{name}:ann", 0, 6, 5) for _ in range(4) for pace in two]
    assert waits[:5] == [0] * 5
    assert 5.5 < waits[5] <= 6


async def test_shared_buckets_are_paid_back_in_time(two: tuple[Pace, Pace], name: str) -> None:
    async def asked(pace: Pace) -> float:
        return await pace.admit(name, f"{name}:ann", 20, 0.05, 1)

    assert await asked(two[0]) == 0
    await asyncio.sleep(await asked(two[1]) + 0.001)
    assert await asked(two[1]) == 0


async def test_a_channel_throttled_by_one_process_is_slow_in_both(two: tuple[Pace, Pace], name: str) -> None:
    one, other = two
    one.throttle(name, "", 0.2)
    one.throttle(name, f"{name}:ann", 5)
    await asyncio.sleep(0.05)
    assert 0 < await other.admit(name, f"{name}:ben", 10, 0, 1) <= 0.2
    assert 4 < await other.admit(name, f"{name}:ann", 10, 0, 1) <= 5
    await asyncio.sleep(0.16)
    assert await other.admit(name, f"{name}:ben", 10, 0, 1) == 0
    assert 0.15 < await other.admit(name, f"{name}:ben", 10, 0, 1) <= 0.2


async def test_many_at_once_are_counted_one_by_one(two: tuple[Pace, Pace], name: str) -> None:
    asks = [pace.admit(name, f"{name}:{n}", 100, 0, 1) for n in range(100) for pace in two]
    waits = await asyncio.gather(*asks)
    assert 10 <= waits.count(0) <= 14


async def test_scripts_that_redis_forgot_are_given_again(
    two: tuple[Pace, Pace], redis_url: str, name: str
) -> None:
    from redis.asyncio import Redis

    await two[0].admit(name, f"{name}:ann", 0, 6, 1)
    async with Redis.from_url(redis_url) as client:
        await client.script_flush()
    assert await two[0].admit(name, f"{name}:ann", 0, 6, 1) > 5


async def test_buckets_in_redis_go_away_by_themselves(
    two: tuple[Pace, Pace], redis_url: str, name: str
) -> None:
    from redis.asyncio import Redis

    await two[0].admit(name, f"{name}:ann", 10, 0.02, 1)
    two[0].throttle(name, "", 0.02)
    await asyncio.sleep(0.05)
    async with Redis.from_url(redis_url) as client:
        left = [await client.pttl(key) async for key in client.scan_iter(f"*{name}*")]
    assert left
    assert all(0 < milliseconds < 400_000 for milliseconds in left)


async def test_without_redis_each_process_keeps_the_pace_and_takes_redis_back(
    redis_url: str, name: str
) -> None:
    clock = Clock()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        pace = Pace(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", clock)
        began = time.monotonic()
        waits = [await pace.admit(name, f"{name}:ann", 0, 6, 2) for _ in range(3)]
        took = time.monotonic() - began
    assert waits == [0, 0, pytest.approx(6)]
    assert took < 0.6
    back = Pace(redis_url, clock)
    pace._shared, back._shared = back._shared, pace._shared
    clock.time += 2
    assert await pace.admit(name, f"{name}:ann", 0, 6, 2) == 0
    await pace.close()
    await back.close()


async def test_a_process_that_stops_leaves_nobody_waiting(redis_url: str, name: str) -> None:
    pace = Pace(redis_url)
    waiting = [asyncio.create_task(pace.admit(name, f"{name}:{n}", 5, 0, 1)) for n in range(3)]
    await asyncio.sleep(0)
    await pace.close()
    assert len(await asyncio.wait_for(asyncio.gather(*waiting), 1)) == 3
