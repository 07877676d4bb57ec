"""One channel's sender: it takes due rows, sends a bounded number of them at a time, and settles each.

A send that was cut off is `unknown`: it is not failed, and it is sent again only where the channel has an idempotency
key.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Coroutine
from typing import Any

import msgspec

from gateway import grounds, outgoing, policy, voice
from gateway.channels import Live
from gateway.leaving import Fenced, Leaving, Tools
from gateway.logs import redactor
from gateway.outgoing import Ready, Unknown
from gateway.wake import Signal
from state import held, inbox, known, outbox
from state.conversations import Taken
from state.known import Changed, Touch
from state.lease import LeaseLost
from state.model import cause
from state.model.action import ATTRIBUTION, Action
from state.model.content import Content, Text
from state.model.event import Notice
from state.model.exchange import Exchange
from state.model.ids import now_ms
from state.model.message import Decision
from state.model.receipts import Facts, Fault
from state.model.suspension import Target
from state.model.wire import Undelivered
from state.outbox import Batch, Going, Handed, Leased, Queued, Settled
from state.writer import Unavailable

log = logging.getLogger("parley.delivery")
_POLL = 1.0
_PATIENCE = 0.5
"""Seconds a row waits for its pace in its slot; for longer it is queued again."""
_FRESH_MS = 20
"""How old a decision may be when its row is marked: the commit asks again about the contact, and not about the time."""
_BACKOFF_MOST = 600.0
_ALERTS = {Action.AUTH, Action.CONFIG, Action.WARN, Action.SUSPEND}
_LONG = 3
"""Tries after which somebody is told that a channel's provider does not answer."""
_RATHER_TWICE = 5
"""Tries of a notice that may end in silence: it may rather arrive twice than not, but not all day long."""
_BROKEN = 5.0
"""Seconds until it is looked again whether a channel works."""
_MENDED = {Action.CONFIG, Action.SUSPEND}
"""What somebody will mend: a notice waits for that, and what stands behind it with it."""
_jitter = random.Random()  # noqa: S311 - spreads retries, guards nothing


class Handoff(msgspec.Struct, frozen=True):
    """A reply that a sender has a place for: to be sent when its turn is stored, or given up."""

    _sender: "Sender"
    row: Leased
    _live: Live
    _said: Ready
    _target: Target
    handed: Handed

    def go(self) -> None:
        """The turn is on disk: send."""
        delivery = self._sender.deliver_handed(self.row, self._live, self._said, self._target)
        self._sender.fly(delivery, self.row)

    def give_up(self) -> None:
        """The turn never happened: the place is free again."""
        self._sender.places -= 1


class _Decided(msgspec.Struct, frozen=True):
    """What was decided about a row, by which epoch of the fence; what a suspension must cover to stop it still; what is
    to be remembered of it where it answers nothing."""

    decision: Decision
    touch: Touch | None
    target: Target
    epoch: int

    @property
    def sends(self) -> bool:
        """Whether it may go."""
        return self.decision.verdict == "send"


class Sender:
    """Delivers one channel's messages with a bounded number of sends at a time."""

    def __init__(self, channel: str, tools: Tools) -> None:
        self.channel = channel
        self.signal = Signal()
        self.flying: dict[asyncio.Task[None], Leased | None] = {}
        self.places = 0
        """Sends under way; a delivery that is over but for its settlement has left its place."""
        self._more = True
        self._busy_until = 0.0
        self._tools, self._leaving = tools, Leaving(channel, tools)

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
        free = min(tools.slots - self.places, 2 * tools.slots - len(self.flying))
        if free <= 0 or tools.fence.lapsed():
            return 0
        taking = tools.store.write(outbox.take, self.channel, tools.node, free, now_ms(), tools.lease_ms)
        try:
            batch = await asyncio.shield(taking)
        except asyncio.CancelledError:
            self.fly(self._give_back(taking))
            raise
        self._more = batch.more
        for row in batch.rows:
            self.places += 1
            self.fly(self.deliver(row), row)
        return len(batch.rows)

    async def _give_back(self, taking: "asyncio.Future[Batch]") -> None:
        """What is taken while this is stopped goes back, so that nobody waits for its lease."""
        with contextlib.suppress(Unavailable):
            if rows := (await taking).rows:
                await self._tools.store.write(outbox.give_back, rows)

    def fly(self, delivery: Coroutine[Any, Any, None], row: Leased | None = None) -> None:
        """Let a delivery that has a place go its way."""
        task = asyncio.create_task(delivery)
        self.flying[task] = row
        task.add_done_callback(self._landed)

    def _landed(self, task: "asyncio.Task[None]") -> None:
        self.flying.pop(task, None)
        self.signal.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("channel %s: a delivery failed in an unforeseen way", self.channel, exc_info=error)

    async def _pause(self) -> float:
        """Seconds until a row is due, at most a poll's length."""
        if self._tools.store.shared or self.flying:
            return _POLL
        ((due,),) = await self._tools.store.read(outbox.NEXT_DUE, self.channel, now_ms())
        return min(_POLL, max(0.005, (due - now_ms()) / 1000)) if due else _POLL

    def hand(self, taken: Taken, item: Queued) -> Handoff | None:
        """A place for a reply, where it may go now and nothing of its conversation waits before it.

        It saves the reply two commits on its way; what is decided, and what is on disk before the first byte, is the
        same as for a row that was queued.
        """
        tools, live = self._tools, self._tools.channels.get(self.channel)
        if live is None or taken.waiting or self._behind() or tools.fence.lapsed():
            return None
        row = outgoing.leased(item, taken)
        said = outgoing.ready(row, live, tools.link)
        made = self._decide(row, live, said.content)
        if not made.sends or made.touch or tools.pace.admit_now(*self._limits(row, live)) != 0:
            return None
        self.places += 1
        handed = Handed(tools.node, tools.lease_ms, made.decision, said.offered, made.epoch)
        return Handoff(self, row, live, said, made.target, handed)

    async def deliver_handed(self, row: Leased, live: Live, said: Ready, target: Target) -> None:
        """Send a row that was stored as `sending`, and settle it."""
        try:
            end = await self._sent(row, live, said, target)
        finally:
            self.places -= 1
        await self._settle(end)

    async def deliver(self, row: Leased) -> None:
        """See one leased row through to its settlement."""
        live = self._tools.channels.get(self.channel)
        try:
            end = await self._outcome(row, live) if live else self._without_channel(row)
        except LeaseLost:
            log.info("message %s: another node has it", row.id)
            return
        finally:
            self.places -= 1
        await self._settle(end)
        if end.held and self._moves(row):
            # What held it ended between the decision and its commit: a lift, terms that were accepted.
            await self._tools.store.write(held.requeue, [(row.lane, end.held_by)], now_ms())
            self.signal.set()

    def _moves(self, row: Leased) -> bool:
        """Whether a row that was held just now would not be held any more."""
        live = self._tools.channels.get(self.channel)
        if live is None:
            return False
        made = self._decide(row, live, outgoing.ready(row, live, self._tools.link).content).decision
        return made.verdict != "wait" or made.wait_until > 0

    def _without_channel(self, row: Leased) -> Settled:
        """One that cannot work now may be mended; one that is gone sends nothing any more."""
        if self.channel in self._tools.channels.broken and row.expires_at > now_ms():
            return outgoing.again(row, _BROKEN)
        return outgoing.stays(row, policy.without_channel(row.expires_at, now_ms()))

    async def _outcome(self, row: Leased, live: Live) -> Settled:
        """What became of a row: decided, marked `sending`, sent. Raises LeaseLost."""
        twice = live.connector.capabilities.idempotent or (_tells(row) and row.attempt < _RATHER_TWICE)
        if row.state == "sending" and not twice:
            log.info("message %s: its send was cut off with the node; outcome unknown", row.id)
            return Settled(row, outcome="unknown")
        said = outgoing.ready(row, live, self._tools.link)
        made = self._decide(row, live, said.content)
        if made.sends:  # what may not leave takes nobody's place in the pace
            wait = await self._admitted(row, live)
            if wait:
                return outgoing.again(row, wait)
            if now_ms() - made.decision.at > _FRESH_MS:  # it has waited, and may not go any more
                made = self._decide(row, live, said.content)
            row, made = await self._marked(row, live, said, made)
        if not made.sends:
            decision = made.decision
            self._tools.metrics.sent(self.channel, decision.code or decision.verdict)
            self._tools.metrics.traffic.count(self.channel, decision.verdict)
            return outgoing.stays(row, decision)
        return await self._sent(row, live, said, made.target)

    async def _marked(self, row: Leased, live: Live, said: Ready, made: _Decided) -> tuple[Leased, _Decided]:
        """Mark a row `sending` that may go, by what is so at that commit: else decide anew. Raises LeaseLost.

        Gives the row with what is known of its contact by then, and what was decided last.
        """
        while made.sends:
            going = Going(made.decision, said.offered, made.touch, made.epoch)
            try:
                await self._tools.store.write(outbox.sending, row, going)
            except Changed as changed:
                log.info("message %s: decided anew, since contact %s has changed", row.id, changed)
                await self._tools.fence.seen(changed.epoch)
                people = await self._tools.store.write(known.of, [(row.talk.contact, row.lane)])
                row = msgspec.structs.replace(row, known=people[row.talk.contact])
                made = self._decide(row, live, said.content)
            else:
                self._tools.metrics.traffic.leaves(row, made.touch)
                break
        return row, made

    async def _admitted(self, row: Leased, live: Live) -> float:
        """Wait for the channel's pace; gives the seconds that are too long to wait for here (0: it may go)."""
        limits = self._limits(row, live)
        while wait := await self._tools.pace.admit(*limits):
            self._busy_until = time.monotonic() + wait + _PATIENCE
            if wait > _PATIENCE:
                return wait
            await asyncio.sleep(wait)
        return 0.0

    def _limits(self, row: Leased, live: Live) -> tuple[str, str, float, float, int]:
        terms = live.terms
        pace = float(live.channel.settings.get("pace") or terms.pace)
        return self.channel, outgoing.pair(row), pace, terms.pair_interval, terms.pair_burst

    def _behind(self) -> bool:
        """Whether rows of this channel wait for a place or for the pace: none may overtake them."""
        return self._more or self.places >= self._tools.slots or time.monotonic() < self._busy_until

    def _decide(self, row: Leased, live: Live, content: Content) -> _Decided:
        """What is decided about a row now."""
        now, epoch = now_ms(), self._tools.fence.epoch
        facts = self._tools.grounds.facts(row, live, content, now)
        return _Decided(policy.decide(facts, now), grounds.touch(row, facts, now), facts.target, epoch)

    async def _sent(self, row: Leased, live: Live, said: Ready, target: Target) -> Settled:
        """Make the connector's calls and read their end."""
        traces: list[Exchange] = []
        started = time.perf_counter()
        try:
            carried = await self._leaving.in_answer(row, live, said, target)
            if carried:
                return carried
            sent = await self._leaving.send(live, said.message, target, traces)
        except Fenced:
            return outgoing.again(row, 0)
        except Unknown as error:
            if _tells(row) and row.attempt + 1 < _RATHER_TWICE:  # what stands behind it waits for it
                cut_off = Undelivered(Action.RETRY, "cut_off", str(error))
                return await self._undelivered(row, cut_off, traces)
            log.info("message %s: %s; outcome unknown", row.id, error)
            self._tools.metrics.sent(self.channel, "unknown")
            return Settled(row, outcome="unknown", trace=outgoing.trace(traces))
        except Undelivered as error:
            tokens = self._tools.tokens
            if error.action is Action.AUTH and tokens.refused(live) and await tokens.renew(live):
                return msgspec.structs.replace(outgoing.again(row, 0), trace=outgoing.trace(traces))
            return await self._undelivered(row, error, traces)
        except Unavailable as error:  # an app's conversation is in our own database, and is written to again
            log.warning("message %s waits for the database: %s", row.id, error)
            return outgoing.again(row, 1)
        except Exception as error:
            log.exception("channel %s: the connector failed on message %s", self.channel, row.id)
            broken = Undelivered(Action.FAIL_MSG, "connector_error", repr(error))
            return await self._undelivered(row, broken, traces)
        self._tools.metrics.sent(self.channel, "accepted", time.perf_counter() - started)
        end = outgoing.taken(row, said, sent, outgoing.trace(traces))
        if not end.again_at and _tells(row) and isinstance(said.content, Text):
            return msgspec.structs.replace(end, told=voice.told(row, live, said.content.text, now_ms()))
        return end

    async def _undelivered(self, row: Leased, error: Undelivered, traces: list[Exchange]) -> Settled:
        """Go by the action word: again later, or failed with its reason and whose doing it was."""
        self._tools.metrics.sent(self.channel, error.action.value.lower())
        reason = redactor.hide(error.reason).replace("\0", "")[:500]
        sign = None
        if error.action.value in inbox.SIGNS:
            key, word = f"send:{row.id}:{row.attempt}", error.action.value
            sign = Notice(key=key, at=now_ms(), name="send", code=error.code, action=word, reason=reason)
        if error.action in _ALERTS or (error.action is Action.RETRY and row.attempt + 1 == _LONG):
            await self._alert(f"{error.action} {error.code}: {reason}")
        trace = outgoing.trace(traces)
        wait = self._again_after(row, error)
        due = now_ms() + int((wait or 0) * 1000)
        if wait is not None and due < row.expires_at:
            counted = row.attempt + (error.action != Action.THROTTLE)
            return Settled(row, again_at=due, attempt=counted, trace=trace, sign=sign)
        fault = Fault(error.code, reason, error.action.value, ATTRIBUTION[error.action])
        return Settled(row, Facts(failed=now_ms(), fault=fault), trace=trace, sign=sign)

    async def _alert(self, words: str) -> None:
        """Tell those who look after the channel; what became of the message does not wait for it."""
        log.warning("channel %s: %s", self.channel, words)
        try:
            await self._tools.channels.failed(self.channel, words)
        except Unavailable as error:
            log.warning("channel %s: %s (not noted: %s)", self.channel, words, error)

    def _again_after(self, row: Leased, error: Undelivered) -> float | None:
        """Seconds until the next try, or None where there is none."""
        if error.action is Action.THROTTLE:
            wait = error.retry_after or 4.0 ** min(row.attempt + 1, 4)
            pair = outgoing.pair(row) if error.pair else ""
            self._tools.pace.throttle(self.channel, pair, wait)
            return wait
        if error.action in (Action.RETRY, Action.AUTH) or (error.action in _MENDED and _tells(row)):
            wait = min(2.0 ** min(row.attempt + 1, 10), _BACKOFF_MOST)
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
            if end.sign:
                self._tools.wake.tell("signals")
            if end.facts.failed and cause.read(end.row.body).run:
                self._tools.wake.tell("turns", [str(end.row.lane)])
            return


def _tells(row: Leased) -> bool:
    """Whether a row is the notice that comes first: nothing of its conversation leaves before it."""
    return bool(cause.read(row.body).tells)
