"""The turn loop: lease conversations with waiting events, play them, commit each turn whole; and the timers' loop.

A turn does no I/O, so a batch is played at once and its commits share group commits. One batch at a time: a
conversation is never in two turns of this node.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from operator import is_
from typing import Any

import msgspec

from conversations import campaigns, engine
from conversations.router import Router
from gateway.beside import command
from gateway.channels import Channels
from gateway.degrade import Offer, chosen
from gateway.fetching import Fetch
from gateway.hooks.loop import TOPIC
from gateway.metrics import Metrics
from gateway.pieces import joined
from gateway.sender import Handoff
from gateway.versions import Versions
from gateway.voice import Voice
from gateway.wake import Signal, Wake
from state import conversations, outbox, receipts, shelf, timers, turned
from state.conversations import Taken
from state.known import Changed
from state.lease import LeaseLost
from state.model import cause
from state.model.content import Media, Text
from state.model.event import Event, MessageReceived
from state.model.ids import new_id, now_ms
from state.model.receipts import Fault
from state.model.turn import Customer, EffectCall, Played, Say
from state.outbox import Queued
from state.shelf import Shelf, Shelved
from state.store import Store
from state.turned import Turned
from state.writer import Unavailable

log = logging.getLogger("parley.turns")
_VALID_MS = 24 * 3600 * 1000
"""How long a reply is tried where the turn does not say."""
_POLL = 1.0
"""Seconds between looks for work that nobody told us about."""
_encode = msgspec.json.Encoder().encode
_offer = msgspec.json.Decoder(Offer)


class Turns:
    """Plays the turns of this node."""

    def __init__(
        self, store: Store, channels: Channels, router: Router, wake: Wake, metrics: Metrics, node: str,
        batch: int, lease_seconds: float, voice: Voice, versions: Versions | None = None,
    ) -> None:  # fmt: skip
        self._store, self._channels, self._router = store, channels, router
        self._wake, self._metrics, self._node = wake, metrics, node
        self._batch, self._lease_ms = batch, int(lease_seconds * 1000)
        self._voice, self._versions = voice, versions
        self._signal = Signal()
        self._timers = Signal()
        self._hand: Callable[[Taken, Queued], Handoff | None] = lambda taken, item: None
        self._covered: Callable[[Shelved], object] = lambda row: None
        self._commits: set[asyncio.Future[Any]] = set()
        self._idle: asyncio.Future[None] | None = None
        self._failed: BaseException | None = None
        wake.on("turns", lambda _: self._signal.set())
        wake.on("timers", lambda _: self._timers.set())

    def hand_to(self, hand: Callable[[Taken, Queued], Handoff | None]) -> None:
        """Ask this of each turn's first reply: whether it can leave as soon as the turn is on disk."""
        self._hand = hand

    def stopped_by(self, covered: Callable[[Shelved], object]) -> None:
        """Ask this of each conversation: which suspension stops what comes in for it, if any."""
        self._covered = covered

    def _shelves(self, taken: Taken) -> bool:
        """Whether nobody may answer in a conversation now."""
        if taken.snapshot.mode == "parked":
            return True
        return bool(self._covered(Shelved(taken.id, taken.lane, taken.contact, taken.channel)))

    async def run(self) -> None:
        """Play turns for ever."""
        while True:
            try:
                if not await self.round():
                    await self._signal.wait(_POLL)
            except Unavailable as error:
                log.warning("turns wait for the database: %s", error)
                await asyncio.sleep(0.5)

    async def round(self) -> int:
        """Take one batch and commit its turns; gives how many conversations had events."""
        taken = await self._take()
        if self._versions:
            await self._versions.know(each.snapshot for each in taken)
        for each in taken:
            self._turn(each)
        await self.finish()
        if self._failed:
            error, self._failed = self._failed, None
            raise error
        return len(taken)

    async def _take(self) -> list[Taken]:
        """Take a batch; what is taken while this is stopped goes back, so that nobody waits for its lease."""
        taking = self._store.write(
            conversations.take, self._node, self._store.shared, self._batch, self._lease_ms,
            bool(self._router.campaigns),
        )  # fmt: skip
        try:
            return await asyncio.shield(taking)
        except asyncio.CancelledError:
            self._commits.add(taking)
            taking.add_done_callback(self._put_back)
            raise

    def _put_back(self, taking: "asyncio.Future[list[Taken]]") -> None:
        self._ended(taking)
        if taking.exception() is None and taking.result():
            self._release(taking.result())

    def _release(self, taken: Sequence[Taken]) -> None:
        """Let conversations be taken again at once."""
        self._write(conversations.release, taken)

    async def finish(self) -> None:
        """Wait for the turns that are on their way to the disk: some have replies to hand on."""
        while self._commits:
            self._idle = asyncio.get_running_loop().create_future()
            await self._idle

    def _ended(self, commit: "asyncio.Future[Any]") -> None:
        """A commit has ended; who waits for all is told at the last: to wait for each would cost as much as a row."""
        self._commits.discard(commit)
        if not self._commits and self._idle and not self._idle.done():
            self._idle.set_result(None)

    def _turn(self, taken: Taken) -> None:
        """Play a turn and give it to the writer; what follows happens when it is on disk, whoever still waits."""
        if self._shelves(taken):
            self._shelve(taken)
        elif taken.held:
            self._unshelve(taken)
        else:
            turn, handoff = self._play(taken)
            self._commit(turn, handoff)

    def _commit(self, turn: Turned, handoff: Handoff | None) -> None:
        commit = self._store.write(turned.commit, turn)
        self._commits.add(commit)
        commit.add_done_callback(partial(self._committed, turn, handoff))

    def _shelve(self, taken: Taken) -> None:
        """Nobody may answer now: what came waits, and only what it says of consent is noted."""
        opted = self._voice.heard(taken, _heard(taken), now_ms())
        put = Shelf(taken.id, taken.lane, taken.epoch, tuple(each for each, _ in taken.events))
        self._write(shelf.shelve, put, opted.facts)

    def _unshelve(self, taken: Taken) -> None:
        """What waited before it is played first: all of it is taken again."""
        self._write(shelf.release, [(taken.id, taken.lane)])
        self._release([taken])
        self._signal.set()

    def _write(self, op: Callable[..., Any], *args: Any) -> None:
        """Write what no reply follows from; a lease that was lost leaves it to another node."""
        written = self._store.write(op, *args)
        self._commits.add(written)
        written.add_done_callback(self._written)

    def _written(self, written: "asyncio.Future[Any]") -> None:
        self._ended(written)
        error = written.exception()
        if error is not None and not isinstance(error, LeaseLost):
            self._failed = error

    def _committed(self, turn: Turned, handoff: Handoff | None, commit: "asyncio.Future[None]") -> None:
        self._ended(commit)
        error = commit.exception()
        if error is None:
            self._told(turn, handoff)
        else:
            if handoff:
                handoff.give_up()
            if isinstance(error, LeaseLost):
                log.info("conversation %s: another node has it; this turn never happened", turn.taken.id)
            elif isinstance(error, Changed):
                log.info("conversation %s: played anew, since its contact has changed", turn.taken.id)
                if error.epoch:
                    self._wake.tell("fence", (str(error.epoch),))
                self._release([turn.taken])
            elif isinstance(error, Unavailable) or turn.played.fault:
                self._failed = error
            else:
                self._park(turn, error)

    def _park(self, turn: Turned, error: BaseException) -> None:
        """What a turn decided cannot be stored: its conversation stands where it was, and its events wait."""
        taken = turn.taken
        fault = Fault("not_storable", str(error)[:500].replace("\0", ""), "", "ours")
        after = msgspec.structs.replace(taken.snapshot, mode="parked")
        parked = Turned(taken, Played(after, fault=fault, left=len(taken.events)), (), turn.at)
        self._commit(parked, None)

    def _told(self, turn: Turned, handoff: Handoff | None) -> None:
        """A turn is on disk: tell those who go on with it."""
        if handoff:
            handoff.go()
        if channels := {item.channel for item in turn.queued if not item.handed}:
            self._wake.tell("outbox", channels)
        if "person" in (turn.played.after.mode, turn.taken.snapshot.mode):
            self._wake.tell(TOPIC)
        if turn.played.timers or turn.held.due:
            self._timers.set()
        self._metrics.turn(turn.taken.channel, (now_ms() - turn.at) / 1000)
        self._metrics.traffic.told(turn.taken.channel, turn.facts)
        if turn.played.codes:
            self._metrics.traffic.used(turn.taken.channel, turn.taken.urns, turn.played.codes)
        if turn.played.fault:
            log.error(
                "conversation %s is parked: %s; when it is mended, let it go on: %s",
                turn.taken.id, turn.played.fault.reason,
                command("conversations", "resume", turn.taken.id, "--reason", "mended"),
            )  # fmt: skip

    def _play(self, taken: Taken) -> tuple[Turned, Handoff | None]:
        now = now_ms()
        pieces, stored, before = joined(taken, now), taken.events, taken.pieces
        if pieces.events is not stored:
            taken = msgspec.structs.replace(taken, events=pieces.events)
        events = self._answering(taken, _heard(taken))
        seed = f"{taken.id}:{taken.revision}"
        played = engine.play(taken.snapshot, events, self._customer(taken, now), self._router, now, seed)
        voiced = self._voice.speak(taken, events, played, now)
        queued = self._queue(taken, voiced.says, played, now)
        handoff = self._hand(self._voice.afterwards(taken, voiced), queued[0]) if voiced.says else None
        if handoff:
            queued = (msgspec.structs.replace(queued[0], handed=handoff.handed), *queued[1:])
        met = taken.events[: len(taken.events) - played.left]
        held, heard = pieces.held(met, before), _otherwise(met, events, stored)
        return Turned(taken, played, queued, now, held, heard, voiced.opted.facts, voiced.told), handoff

    def _answering(self, taken: Taken, events: list[Event]) -> list[Event]:
        """The events, with the campaigns that they answer."""
        served = self._router.campaigns
        if not served or not (taken.campaign[0] or taken.quoted):
            return events
        running = bool(taken.snapshot.flow or taken.snapshot.stack)
        return campaigns.answering(events, taken.quoted, taken.campaign, running=running, served=served)

    def _customer(self, taken: Taken, now: int) -> Customer:
        live = self._channels.get(taken.channel)
        name, locale = taken.about
        return Customer(
            contact=taken.contact,
            channel=taken.channel,
            channel_type=live.channel.type if live else "",
            addresses=taken.urns,
            name=name,
            locale=locale,
            flow=live.channel.flow if live else "",
            allows=taken.allows(now),
        )

    def _queue(self, taken: Taken, said: Sequence[Say], played: Played, now: int) -> tuple[Queued, ...]:
        says = [self._reply(taken, say, now) for say in said]
        effects = [self._effect(taken, call, now) for call in played.effects]
        return (*says, *effects, *self._files(taken, played, now))

    def _files(self, taken: Taken, played: Played, now: int) -> Iterator[Queued]:
        """The files that came with the messages of this turn, to be fetched from their provider."""
        live = self._channels.get(taken.channel)
        if live is None or not hasattr(live.connector, "fetch"):
            return
        for event_id, event in taken.events[: len(taken.events) - played.left]:
            said = event.content if isinstance(event, MessageReceived) else None
            if isinstance(said, Media) and not said.stored:
                body = _encode(Fetch(taken.channel, event_id, said)).decode()
                yield Queued(
                    new_id(taken.lane), taken.lane, taken.id, outbox.FILES, "file", body, now, now + _VALID_MS
                )

    def _reply(self, taken: Taken, say: Say, now: int) -> Queued:
        expires = now + (say.valid * 1000 or _VALID_MS)
        return Queued(
            new_id(taken.lane), taken.lane, taken.id, taken.channel, "message", cause.written(say.cause), now, expires,
            outbox.URGENT if say.cause.tells else outbox.NORMAL, say,
        )  # fmt: skip

    def _effect(self, taken: Taken, call: EffectCall, now: int) -> Queued:
        body = _encode({"flow": call.flow, "call": call}).decode()
        return Queued(
            new_id(taken.lane), taken.lane, taken.id, outbox.EFFECTS, "effect", body, now, now + _VALID_MS
        )

    async def run_timers(self) -> None:
        """Turn due timers into events for ever, sleeping until the next is due."""
        while True:
            try:
                while fired := await self._store.write(timers.fire, now_ms()):
                    log.debug("%d timers fired", fired)
                    self._signal.set()
                ((due,),) = await self._store.read(timers.NEXT)
                wait = (due - now_ms()) / 1000 if due else 60.0
                await self._timers.wait(max(0.01, min(wait, 60.0, _POLL if self._store.shared else 60.0)))
            except Unavailable as error:
                log.warning("timers wait for the database: %s", error)
                await asyncio.sleep(0.5)

    async def run_receipts(self) -> None:
        """Merge the receipts that came before the answer to their send, for ever."""
        while True:
            try:
                if not await self._store.write(receipts.sweep):
                    await asyncio.sleep(_POLL)
            except Unavailable as error:
                log.warning("receipts wait for the database: %s", error)
                await asyncio.sleep(0.5)


def _heard(taken: Taken) -> list[Event]:
    """The events of a turn; the customer's first words choose among options they were shown as words."""
    events = [event for _, event in taken.events]
    if taken.offered:
        place = next((n for n, event in enumerate(events) if isinstance(event, MessageReceived)), None)
        said = events[place] if place is not None else None
        if place is not None and isinstance(said, MessageReceived) and isinstance(said.content, Text):
            choice = chosen(said.content.text, _offer.decode(taken.offered))
            if choice:
                events[place] = msgspec.structs.replace(said, content=choice)
    return events


def _otherwise(
    met: Sequence[tuple[str, Event]], events: list[Event], stored: Sequence[tuple[str, Event]]
) -> tuple[tuple[str, Event], ...]:
    """The events that the flow heard otherwise than they are stored."""
    if len(events) == len(stored) and all(map(is_, events, [event for _, event in stored])):
        return ()
    kept = dict(stored)
    pairs = zip(met, events, strict=False)
    return tuple((event_id, event) for (event_id, _), event in pairs if kept[event_id] is not event)
