"""The same buckets in Redis, for all processes together: each question is one script, run in one piece.

Times are whole microseconds on the server's clock, so that processes with wrong clocks agree. Questions asked at the
same time leave together, over one connection.
"""

import asyncio
import hashlib
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from gateway.buckets import BURST_SECONDS, RECOVERY_SECONDS, SLOWEST, Ask

ANSWER_SECONDS = 0.25
"""How long Redis may take to answer."""


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
  local at = string.format('%.0f', now)
  redis.call('HSET', KEYS[1], 'until', until_, 'factor', math.max(slowest, factor / 2), 'at', at)
end
redis.call('PEXPIRE', KEYS[1], math.ceil((length + recovery * 6) / 1000))
return 0
""",
)


class SharedBuckets:
    """Asks Redis; an answer of None says that it is away."""

    def __init__(self, url: str) -> None:
        self._client: Redis = Redis.from_url(
            url,
            protocol=3,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._waiting: list[_Question] = []
        self._task: asyncio.Task[None] | None = None

    async def admit(self, ask: Ask) -> float | None:
        """Seconds to wait; 0: go, and it is counted."""
        sender, pair = _keys(ask.channel, ask.pair)
        cost = 1 / ask.pace if ask.pace else 0
        times = (cost, BURST_SECONDS, ask.interval, (ask.burst - 1) * ask.interval, RECOVERY_SECONDS)
        wait = await self._run(ADMIT, sender, pair, sender + ":stop", pair + ":stop", *map(_us, times))
        return None if wait is None else wait / 1e6

    async def throttle(self, channel: str, pair: str, seconds: float) -> None:
        """Stop a pair, or the channel and halve its pace."""
        sender, both = _keys(channel, pair)
        limits = (_us(seconds), int(bool(pair)), _us(RECOVERY_SECONDS), str(SLOWEST))
        await self._run(THROTTLE, sender + ":stop", both + ":stop", *limits)

    async def _run(self, script: Script, *words: str | int) -> int | None:
        future: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Question(script, words, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            answers: list[int | None] = [None] * len(batch)
            try:
                answers = await self._answers(batch)
            finally:
                for question, answer in zip(batch, answers, strict=True):
                    question.answer(answer)

    async def _answers(self, batch: "list[_Question]") -> list[int | None]:
        try:
            answers = await self._pipe(batch)
            if any(isinstance(answer, NoScriptError) for answer in answers):
                for script in (ADMIT, THROTTLE):
                    await self._client.script_load(script.text)
                answers = await self._pipe(batch)
        except (RedisError, OSError):
            return [None] * len(batch)
        return [answer if isinstance(answer, int) else None for answer in answers]

    async def _pipe(self, batch: "list[_Question]") -> list[Any]:
        pipe = self._client.pipeline(transaction=False)
        for question in batch:
            pipe.evalsha(question.script.sha, question.script.keys, *question.words)
        return await pipe.execute(raise_on_error=False)

    async def close(self) -> None:
        """Close the connection; who still waits learns that there is no answer."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])
        for question in self._waiting:
            question.answer(None)
        await self._client.aclose()


class _Question(NamedTuple):
    script: Script
    words: tuple[str | int, ...]
    future: "asyncio.Future[int | None]"

    def answer(self, answer: int | None) -> None:
        if not self.future.done():
            self.future.set_result(answer)


def _us(seconds: float) -> int:
    return round(seconds * 1e6)


def _keys(channel: str, pair: str) -> tuple[str, str]:
    """Names in Redis; the braces keep what one script touches on one node of a cluster."""
    return f"parley:pace:{{{channel}}}", f"parley:pace:{{{channel}}}:{pair}"
