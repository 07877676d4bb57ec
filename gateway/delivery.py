"""The delivery loop: lease, pace, decide, mark `sending`, fence, call, settle. One sender a channel is the bulkhead.

A send that was cut off is `unknown`: it is not failed, and it
is sent again only where the channel has an idempotency key.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import msgspec

from connectors.contract import Conversation
from gateway import policy
from gateway.channels import Channels, Live
from gateway.fence import Fence
from gateway.metrics import Metrics
from gateway.pace import Pace
from gateway.wake import Signal, Wake
from gateway.wire import Blocked, CutOff, NoAnswer, trace
from state import outbox
from state.lease import LeaseLost
from state.model.action import ATTRIBUTION, Action
from state.model.content import Content, Media
from state.model.exchange import Exchange
from state.model.ids import now_ms
from state.model.message import Decision
from state.model.receipts import Facts, Fault
from state.model.suspension import Target
from state.model.wire import Call, Outbound, Reply, Sent, Undelivered
from state.outbox import Leased, Settled
from state.store import Store
from state.writer import Unavailable

log = logging.getLogger("parley.delivery")
_POLL = 1.0
_PATIENCE = 0.5
"""Seconds a row waits for its pace in its slot; for longer it is queued again."""
_ATTEMPTS = 8
_BACKOFF_MOST = 600.0
_ALERTS = {Action.AUTH, Action.CONFIG, Action.WARN, Action.SUSPEND}
_content: msgspec.json.Decoder[Content] = msgspec.json.Decoder(Content)
_urns = msgspec.json.Decoder(tuple[str, ...])
_encode = msgspec.json.Encoder().encode
_jitter = random.Random()  # noqa: S311 - spreads retries, guards nothing


class Fenced(Exception):
    """The fence closed, or the permit lapsed, before the first byte."""


class Unknown(Exception):
    """Cut off between request and answer: nobody knows whether the provider took it."""


class Tools(NamedTuple):
    """What senders share."""

    store: Store
    channels: Channels
    fence: Fence
    pace: Pace
    perform: Callable[[Call], Awaitable[Reply]]
    wake: Wake
    metrics: Metrics
    node: str
    slots: int
    lease_ms: int
    url: Callable[[], str]


class Delivery:
    """A sender for each channel, started and ended as channels come and go."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._senders: dict[str, Sender] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changed = Signal()
        tools.wake.on("outbox", self._woken)
        tools.wake.on("channels-loaded", lambda _: self._changed.set())

    def _woken(self, channel: str) -> None:
        for name, sender in self._senders.items():
            if channel in ("*", name):
                sender.signal.set()

    async def run(self) -> None:
        """Keep a sender for each channel for ever."""
        while True:
            for live in self._tools.channels:
                name = live.channel.id
                if name not in self._senders:
                    self._senders[name] = Sender(name, self._tools)
                    self._tasks[name] = asyncio.create_task(self._senders[name].run(), name=f"sender {name}")
            await self._changed.wait(60)

    async def stop(self, seconds: float) -> None:
        """Take no more; finish what is under way within the time, leave the rest to its lease."""
        for task in self._tasks.values():
            task.cancel()
        flying = [task for sender in self._senders.values() for task in sender.flying]
        if flying:
            _, late = await asyncio.wait(flying, timeout=seconds)
            for task in late:
                task.cancel()


class Sender:
    """Delivers one channel's messages with a bounded number of sends at a time."""

    def __init__(self, channel: str, tools: Tools) -> None:
        self.channel = channel
        self.signal = Signal()
        self.flying: set[asyncio.Task[None]] = set()
        self._tools = tools

    async def run(self) -> None:
        """Take and deliver for ever."""
        while True:
            try:
                if not await self._round():
                    await self.signal.wait(await self._pause())
            except Unavailable as error:
                log.warning("channel %s waits for the database: %s", self.channel, error)
                await asyncio.sleep(0.5)

    async def _round(self) -> int:
        tools = self._tools
        free = tools.slots - len(self.flying)
        if free <= 0 or tools.fence.lapsed():
            return 0
        rows = await tools.store.write(outbox.take, self.channel, tools.node, free, now_ms(), tools.lease_ms)
        for row in rows:
            task = asyncio.create_task(self.deliver(row))
            self.flying.add(task)
            task.add_done_callback(self._landed)
        return len(rows)

    def _landed(self, task: "asyncio.Task[None]") -> None:
        self.flying.discard(task)
        self.signal.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("channel %s: a delivery failed in an unforeseen way", self.channel, exc_info=error)

    async def _pause(self) -> float:
        """Seconds until a row is due, at most a poll's length."""
        if self._tools.store.shared or self.flying:
            return _POLL
        ((due,),) = await self._tools.store.read(outbox.NEXT_DUE, self.channel, now_ms())
        return min(_POLL, max(0.005, (due - now_ms()) / 1000)) if due else _POLL

    async def deliver(self, row: Leased) -> None:
        """See one leased row through to its settlement."""
        live = self._tools.channels.get(self.channel)
        if live is None or row.message is None:
            return
        try:
            end = await self._outcome(row, live)
        except LeaseLost:
            log.info("message %s: another node has it", row.id)
            return
        await self._settle(end)
        if end.held and not self._tools.fence.closed(_target(row, live)):
            # The lift fell between the decision and its commit.
            await self._tools.store.write(outbox.requeue, (row.lane,), now_ms())
            self.signal.set()

    async def _outcome(self, row: Leased, live: Live) -> Settled:
        """What became of a row: decided, marked `sending`, sent. Raises LeaseLost."""
        if row.state == "sending" and not live.connector.capabilities.idempotent:
            log.info("message %s: its send was cut off with the node; outcome unknown", row.id)
            return Settled(row, outcome="unknown")
        wait = await self._admitted(row, live)
        if wait:
            return _again(row, wait)
        message = _outbound(row, live, self._tools.url())
        decision = self._decide(row, live, message)
        if decision.verdict != "send":
            self._tools.metrics.sent(self.channel, decision.code or decision.verdict)
            return _stays(row, decision)
        await self._tools.store.write(outbox.sending, row, decision)
        return await self._sent(row, live, message)

    async def _admitted(self, row: Leased, live: Live) -> float:
        """Wait for the channel's pace; gives the seconds that are too long to wait for here (0: it may go)."""
        terms = live.connector.terms
        pace = float(live.channel.settings.get("pace") or terms.pace)
        pair = _pair(row)
        while wait := await self._tools.pace.admit(
            self.channel, pair, pace, terms.pair_interval, terms.pair_burst
        ):
            if wait > _PATIENCE:
                return wait
            await asyncio.sleep(wait)
        return 0.0

    def _decide(self, row: Leased, live: Live, message: Outbound) -> Decision:
        facts = policy.Facts(
            target=_target(row, live),
            suspensions=self._tools.fence.suspensions,
            terms=live.connector.terms,
            content=message.content,
            last_in=row.talk.last_in,
            expires_at=row.expires_at,
        )
        return policy.decide(facts, now_ms())

    async def _sent(self, row: Leased, live: Live, message: Outbound) -> Settled:
        """Make the connector's calls and read their end."""
        traces: list[Exchange] = []
        started = time.perf_counter()
        try:
            sent = await self._drive(live.connector.send(message), _target(row, live), traces)
        except Fenced:
            return _again(row, 0)
        except Unknown as error:
            log.info("message %s: %s; outcome unknown", row.id, error)
            self._tools.metrics.sent(self.channel, "unknown")
            return Settled(row, outcome="unknown", trace=_trace(traces))
        except Undelivered as error:
            return await self._undelivered(row, error, traces)
        except Exception as error:
            log.exception("channel %s: the connector failed on message %s", self.channel, row.id)
            broken = Undelivered(Action.FAIL_MSG, "connector_error", repr(error))
            return await self._undelivered(row, broken, traces)
        self._tools.metrics.sent(self.channel, "accepted", time.perf_counter() - started)
        facts = Facts(accepted=now_ms(), sent=now_ms() if sent.note == "sent" else 0)
        return Settled(row, facts, sent.provider_id, trace=_trace(traces))

    async def _drive(self, sending: Conversation, target: Target, traces: list[Exchange]) -> Sent:
        """Make the calls a connector yields; the fence is asked before the first byte of each."""
        reply: Reply | None = None
        while True:
            try:
                call = sending.send(reply)  # type: ignore[arg-type]
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            reply = await self._perform(call, target, traces)

    async def _perform(self, call: Call, target: Target, traces: list[Exchange]) -> Reply:
        fence = self._tools.fence
        if fence.lapsed() or fence.closed(target):
            raise Fenced
        started = now_ms()
        try:
            reply = await self._tools.perform(call)
        except NoAnswer as error:
            traces.append(trace(call, started, error))
            raise _without_answer(call, error) from error
        traces.append(trace(call, started, reply))
        return reply

    async def _undelivered(self, row: Leased, error: Undelivered, traces: list[Exchange]) -> Settled:
        """Go by the action word: again later, or failed with its reason and whose doing it was."""
        self._tools.metrics.sent(self.channel, error.action.value.lower())
        if error.action in _ALERTS:
            await self._tools.channels.failed(self.channel, f"{error.action} {error.code}: {error.reason}")
        trace = _trace(traces)
        wait = self._again_after(row, error)
        due = now_ms() + int((wait or 0) * 1000)
        if wait is not None and due < row.expires_at:
            counted = row.attempt + (error.action != Action.THROTTLE)
            return Settled(row, again_at=due, attempt=counted, trace=trace)
        fault = Fault(error.code, error.reason[:500], error.action.value, ATTRIBUTION[error.action])
        return Settled(row, Facts(failed=now_ms(), fault=fault), trace=trace)

    def _again_after(self, row: Leased, error: Undelivered) -> float | None:
        """Seconds until the next try, or None where there is none."""
        if error.action is Action.THROTTLE:
            wait = error.retry_after or 4.0 ** min(row.attempt + 1, 4)
            pair = _pair(row) if error.pair else ""
            self._tools.pace.throttle(self.channel, pair, wait)
            return wait
        if error.action in (Action.RETRY, Action.AUTH) and row.attempt + 1 < _ATTEMPTS:
            wait = min(2.0 ** (row.attempt + 1), _BACKOFF_MOST)
            return max(error.retry_after, wait * _jitter.uniform(0.5, 1.0))
        return None

    async def _settle(self, end: Settled) -> None:
        """Write what became of a row, however long the database takes to come back."""
        while True:
            try:
                await self._tools.store.write(outbox.settle, end)
            except LeaseLost:
                log.info("message %s: another node has settled it", end.row.id)
            except Unavailable as error:
                log.warning("message %s: its outcome waits for the database: %s", end.row.id, error)
                await asyncio.sleep(0.5)
                continue
            return


def _without_answer(call: Call, error: NoAnswer) -> Exception:
    """What a call without an answer means: only one that left, and may not be made twice, is unknown."""
    if isinstance(error, Blocked):
        return Undelivered(Action.CONFIG, "blocked_address", str(error))
    if isinstance(error, CutOff) and not call.repeatable:
        return Unknown(str(error))
    return Undelivered(Action.RETRY, "unreachable", str(error))


def _again(row: Leased, seconds: float) -> Settled:
    """Queued again, without a try being counted."""
    return Settled(row, again_at=now_ms() + int(seconds * 1000), attempt=row.attempt)


def _stays(row: Leased, decision: Decision) -> Settled:
    """A row that may not go now: refused, waiting for a time, or held until something is lifted."""
    if decision.verdict == "refuse":
        fault = Fault(decision.code, decision.reason, "", "ours")
        outcome = "expired" if decision.code == "expired" else "refused"
        return Settled(row, Facts(failed=decision.at, fault=fault), outcome=outcome, decision=decision)
    again, held = decision.wait_until or decision.at, not decision.wait_until
    return Settled(row, again_at=again, held=held, attempt=row.attempt, decision=decision)


def _pair(row: Leased) -> str:
    """Whom the pace of a pair is kept for: one customer on one channel."""
    return row.conversation


def _target(row: Leased, live: Live) -> Target:
    return Target(
        channel=live.channel.id,
        teams=(live.channel.team,),
        sender=live.channel.account,
        contact=row.talk.contact,
        initiated=policy.initiated(live.connector.terms, row.talk.last_in, now_ms()),
    )


def _outbound(row: Leased, live: Live, our_url: str) -> Outbound:
    """The message for the connector; a media address of our own (`/static/…`) becomes one others can follow."""
    assert row.message is not None
    content = _content.decode(row.message.content)
    if isinstance(content, Media) and content.url.startswith("/"):
        content = msgspec.structs.replace(content, url=our_url + content.url)
    native = msgspec.json.decode(row.message.native) if row.message.native else {}
    return Outbound(
        id=row.id,
        to=_urns.decode(row.talk.urns),
        content=content,
        reply_to=row.message.reply_to,
        native=native.get(live.channel.type, {}) if native else {},
        attempt=row.attempt + 1,
        conversation=row.conversation,
    )


def _trace(traces: list[Exchange]) -> str:
    return _encode(traces).decode() if traces else ""
