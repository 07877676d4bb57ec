"""Pace: how fast one sender may send, and how fast one recipient may be sent to; shared through Redis where there is one.

A bucket is one number: the time until which what was admitted is paid for (generic cell rate algorithm). A sender's lets
a tenth of a second's worth go at once; a recipient's lets `burst` messages go at once, paid back at one an interval
(WhatsApp's pair rule). A provider that asks us to slow down stops the channel for a while and halves its pace, which
doubles again every minute.

Redis is never the truth: while it is away each process keeps the pace by itself.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from redis.asyncio import Redis

log = logging.getLogger("parley.pace")

BURST_SECONDS = 0.1
RECOVERY_SECONDS = 60.0
SLOWEST = 1 / 64
AWAY_SECONDS = 1.0
"""How long Redis is left alone after it did not answer."""
ANSWER_SECONDS = 0.25
"""How long Redis may take to answer."""
_SWEEP = 1024
_NOTHING = 1e-6


class Ask(NamedTuple):
    """May one message go? `pace` in messages a second, `interval` in seconds a message; 0: no limit."""

    channel: str
    pair: str
    pace: float
    interval: float
    burst: int


class Stop(NamedTuple):
    """A channel that was asked to slow down: nothing goes before `until`; its pace was `factor` of the whole `at` then."""

    until: float
    factor: float = 1.0
    at: float = 0.0

    def now(self, now: float) -> float:
        """The part of the pace that holds now."""
        return float(min(1.0, self.factor * 2 ** ((now - self.at) / RECOVERY_SECONDS)))


class Buckets:
    """The buckets of one process; the caller tells the time, in seconds that only rise."""

    def __init__(self) -> None:
        self._paid: dict[str, float] = {}
        self._stops: dict[str, Stop] = {}
        self._sweep_at = _SWEEP

    def __len__(self) -> int:
        return len(self._paid) + len(self._stops)

    def stopped(self, ask: Ask, now: float) -> float:
        """Seconds for which the provider wants nothing of this."""
        if not self._stops:
            return 0.0
        return max(
            0.0, *(self._stops[key].until - now for key in (ask.channel, ask.pair) if key in self._stops), 0.0
        )

    def admit(self, ask: Ask, now: float) -> float:
        """Seconds to wait; 0: go, and it is counted."""
        wait = self.stopped(ask, now)
        if wait > 0:
            return wait
        cost = self._cost(ask, now)
        sender = max(self._paid.get(ask.channel, 0.0), now)
        pair = max(self._paid.get(ask.pair, 0.0), now)
        if cost:
            wait = sender - now - max(0.0, BURST_SECONDS - cost)
        if ask.interval:
            wait = max(wait, pair - now - (ask.burst - 1) * ask.interval)
        if wait > _NOTHING:
            return wait
        if cost:
            self._paid[ask.channel] = sender + cost
        if ask.interval:
            self._paid[ask.pair] = pair + ask.interval
            self._sweep(now)
        return 0.0

    def throttle(self, channel: str, pair: str, seconds: float, now: float) -> None:
        """Stop a pair, or the channel and halve its pace; what comes while it is stopped is the same incident."""
        old = self._stops.get(pair or channel, Stop(0.0))
        until = max(old.until, now + seconds)
        if pair or now < old.until:
            self._stops[pair or channel] = old._replace(until=until)
        else:
            self._stops[channel] = Stop(until, max(SLOWEST, old.now(now) / 2), now)

    def _cost(self, ask: Ask, now: float) -> float:
        """Seconds one message costs the sender."""
        if not ask.pace:
            return 0.0
        stop = self._stops.get(ask.channel)
        return 1 / (ask.pace * stop.now(now)) if stop else 1 / ask.pace

    def _sweep(self, now: float) -> None:
        """Forget what is paid, whenever as much again has come in: a constant cost for each message."""
        if len(self) < self._sweep_at:
            return
        self._paid = {key: until for key, until in self._paid.items() if until > now}
        self._stops = {
            key: stop for key, stop in self._stops.items() if stop.until > now or stop.now(now) < 1
        }
        self._sweep_at = max(_SWEEP, 2 * len(self))


class Pace:
    """Admits messages at the pace that their channel and recipient allow."""

    def __init__(self, redis_url: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._own = Buckets()
        self._shared = Shared(redis_url) if redis_url else None
        self._away_until = 0.0
        self._away = False
        self._telling: set[asyncio.Task[Any]] = set()

    async def admit(
        self, channel: str, pair: str, pace: float, pair_interval: float, pair_burst: int
    ) -> float:
        """Seconds to wait before a message may go; 0: go, and it is counted. For pace and interval 0 is no limit."""
        ask, now = Ask(channel, pair, pace, pair_interval, pair_burst), self._clock()
        if not (self._shared and (pace or pair_interval)) or now < self._away_until:
            return self._own.admit(ask, now)
        wait = self._own.stopped(ask, now) or await self._ask(ADMIT, _admit_words(ask))
        return self._own.admit(ask, now) if wait is None else wait

    def throttle(self, channel: str, pair: str, seconds: float) -> None:
        """The provider asks us to slow down: stop a pair for a time, or the whole channel where the pair is empty."""
        self._own.throttle(channel, pair, seconds, self._clock())
        if self._shared and self._clock() >= self._away_until:
            task = asyncio.create_task(self._ask(THROTTLE, _throttle_words(channel, pair, seconds)))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _ask(self, script: "Script", words: list[str | int]) -> float | None:
        """The shared answer in seconds, or None while Redis is away."""
        assert self._shared
        answer = await self._shared.run(script, words)
        if (answer is None) != self._away:
            self._away = not self._away
            log.warning("Redis is away: pace is kept by each process" if self._away else "Redis is back")
        if answer is None:
            self._away_until = self._clock() + AWAY_SECONDS
            return None
        return answer / 1e6

    async def close(self) -> None:
        """Close the connection to Redis."""
        for task in self._telling:
            task.cancel()
        if self._shared:
            await self._shared.close()


class Script(NamedTuple):
    """A script that Redis runs in one piece; its answer is a whole number."""

    text: str
    sha: str
    keys: int


def _script(keys: int, text: str) -> Script:
    return Script(text, hashlib.sha1(text.encode()).hexdigest(), keys)  # noqa: S324 - Redis names scripts so


# Times in whole microseconds of the server's own clock. KEYS: sender, pair, the channel's stop, the pair's stop.
ADMIT = _script(
    4,
    """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost, burst, interval, credit, recovery = unpack(ARGV)
local stop = redis.call('HMGET', KEYS[3], 'until', 'factor', 'at')
local wait = math.max(tonumber(stop[1] or 0), tonumber(redis.call('GET', KEYS[4]) or 0)) - now
if wait > 0 then return wait end
cost, interval = tonumber(cost), tonumber(interval)
if stop[2] then cost = cost / math.min(1, stop[2] * 2 ^ ((now - stop[3]) / recovery)) end
local sender = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local pair = math.max(tonumber(redis.call('GET', KEYS[2]) or 0), now)
if cost > 0 then wait = sender - now - math.max(0, burst - cost) end
if interval > 0 then wait = math.max(wait, pair - now - credit) end
if wait >= 1 then return math.ceil(wait) end
local function pay(key, until_)
  redis.call('SET', key, string.format('%.0f', until_), 'PX', math.ceil((until_ - now) / 1000) + 1)
end
if cost > 0 then pay(KEYS[1], sender + cost) end
if interval > 0 then pay(KEYS[2], pair + interval) end
return 0
""",
)
# KEYS: the channel's stop, the pair's stop.
THROTTLE = _script(
    2,
    """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local length, is_pair, recovery, slowest = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if is_pair == '1' then
  redis.call('SET', KEYS[2], string.format('%.0f', now + length), 'PX', math.ceil(length / 1000) + 1)
  return 0
end
local stop = redis.call('HMGET', KEYS[1], 'until', 'factor', 'at')
local until_ = string.format('%.0f', math.max(tonumber(stop[1] or 0), now + length))
if now < tonumber(stop[1] or 0) then
  redis.call('HSET', KEYS[1], 'until', until_)
else
  local factor = math.min(1, (stop[2] or 1) * 2 ^ ((now - (stop[3] or now)) / recovery))
  redis.call('HSET', KEYS[1], 'until', until_, 'factor', math.max(slowest, factor / 2), 'at', string.format('%.0f', now))
end
redis.call('PEXPIRE', KEYS[1], math.ceil((length + recovery * 6) / 1000))
return 0
""",
)


def _us(seconds: float) -> int:
    return round(seconds * 1e6)


def _keys(channel: str, pair: str) -> tuple[str, str]:
    """Names in Redis; the braces keep what one script touches on one node of a cluster."""
    return f"parley:pace:{{{channel}}}", f"parley:pace:{{{channel}}}:{pair}"


def _admit_words(ask: Ask) -> list[str | int]:
    sender, pair = _keys(ask.channel, ask.pair)
    cost = _us(1 / ask.pace) if ask.pace else 0
    limits = (
        cost,
        _us(BURST_SECONDS),
        _us(ask.interval),
        _us((ask.burst - 1) * ask.interval),
        _us(RECOVERY_SECONDS),
    )
    return [sender, pair, sender + ":stop", pair + ":stop", *limits]


def _throttle_words(channel: str, pair: str, seconds: float) -> list[str | int]:
    sender, both = _keys(channel, pair)
    words = (_us(seconds), int(bool(pair)), _us(RECOVERY_SECONDS), str(SLOWEST))
    return [sender + ":stop", both + ":stop", *words]


class Shared:
    """Runs scripts in Redis; those asked for at the same time leave together over one connection."""

    def __init__(self, url: str) -> None:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff

        self._client: Redis = Redis.from_url(
            url,
            protocol=3,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._waiting: list[tuple[Script, list[str | int], asyncio.Future[int | None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def run(self, script: Script, words: list[str | int]) -> int | None:
        """The script's answer, or None where Redis does not answer in time."""
        future: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((script, words, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            answers = await self._answers([(script, words) for script, words, _ in batch])
            for (_, _, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)

    async def _answers(self, asks: list[tuple[Script, list[str | int]]]) -> list[int | None]:
        from redis.exceptions import NoScriptError, RedisError

        try:
            answers = await self._pipe(asks)
            if any(isinstance(answer, NoScriptError) for answer in answers):
                for script in (ADMIT, THROTTLE):
                    await self._client.script_load(script.text)
                answers = await self._pipe(asks)
        except (RedisError, OSError) as error:
            log.debug("Redis does not answer: %r", error)
            return [None] * len(asks)
        return [answer if isinstance(answer, int) else None for answer in answers]

    async def _pipe(self, asks: list[tuple[Script, list[str | int]]]) -> list[Any]:
        pipe = self._client.pipeline(transaction=False)
        for script, words in asks:
            pipe.evalsha(script.sha, script.keys, *words)
        return await pipe.execute(raise_on_error=False)

    async def close(self) -> None:
        """Close the connection; who still waits is told that there is no answer."""
        if self._task:
            self._task.cancel()
        for _, _, future in self._waiting:
            future.cancel()
        await self._client.aclose()
