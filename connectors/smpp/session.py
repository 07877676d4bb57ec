"""An ESME's session with an SMSC, over all its connections: octets and time in, octets and values out."""

import zlib
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from typing import Final, Literal

from connectors.link import Arrival, End, Lost, Step
from connectors.smpp import answers, codec, codes, inbound, outbound, pdu
from connectors.smpp.codec import BadLength, BadPdu, Frames
from connectors.smpp.inbound import Inbound, Letter
from connectors.smpp.pdu import RESPONSE, Body, Pdu
from connectors.smpp.profile import Account
from connectors.smpp.recent import Recent
from connectors.smpp.reconnect import Reconnect
from connectors.smpp.throttle import Throttle
from connectors.smpp.under_way import Job, UnderWay
from state.model.action import Action
from state.model.wire import Outbound, Problem, Received, Sent, Undelivered

State = Literal["closed", "binding", "bound", "unbinding"]
_BIND_SECONDS: Final = 10.0
_UNBIND_SECONDS: Final = 5.0
_LAST_SEQUENCE: Final = 0x7FFF_FFFF
_SILENT: Final = 3
"""Answers missing in a row, with nothing else heard, after which the connection counts as dead."""
_BINDS: Final[Mapping[str, type[pdu.Bind]]] = {
    "transceiver": pdu.BindTransceiver, "transmitter": pdu.BindTransmitter, "receiver": pdu.BindReceiver,
}  # fmt: skip


class Session:
    """A Link (connectors/link.py) of one bind; `zero` is the UTC time in milliseconds at which `now` was 0."""

    def __init__(self, account: Account, zero: int) -> None:
        self._account, self._zero = account, zero
        self._state: State = "closed"
        self._stopping = False
        self._frames = Frames()
        self._sequence = 0
        self._reference = -1
        self._inbound = Inbound(account)
        self._under_way = UnderWay()
        self._throttle = Throttle(account.pace)
        self._reconnect = Reconnect()
        self._recent = Recent()
        self._deadline = 0.0
        """Until when the answer to our bind, enquire_link or unbind may take; 0: none is under way."""
        self._heard = 0.0
        self._silent = 0
        self._forget()

    def _forget(self) -> None:
        """Begin a new Step."""
        self._write = bytearray()
        self._arrivals: list[Arrival] = []
        self._ends: list[End] = []
        self._close = False

    @property
    def ready(self) -> bool:
        """Whether we are bound, and not about to leave."""
        return self._state == "bound" and not self._stopping

    @property
    def delay(self) -> float:
        """Seconds to wait before connecting again."""
        return self._reconnect.delay

    def room(self, now: float) -> int:
        """How many messages may be submitted now."""
        if not self.ready or self._account.bind == "receiver" or self._throttle.wait(now) > 0:
            return 0
        room = max(0, self._account.window - len(self._under_way))
        return room if self._throttle.free(now) else min(1, room)

    def restore(self, kept: Mapping[str, bytes], now: float) -> None:
        """Put back the parts of messages that were kept before a restart."""
        for name, raw in sorted(kept.items(), key=lambda each: each[0].rpartition("@")[2]):
            with suppress(BadPdu):
                body = codec.decode(raw).body
                if isinstance(body, pdu.DeliverSm | pdu.DataSm):
                    self._inbound.restore(name, body)

    def connected(self, now: float) -> Step:
        """Bind."""
        self._frames, self._state, self._heard, self._silent = Frames(), "binding", now, 0
        account = self._account
        bind = _BINDS[account.bind](
            system_id=account.system_id,
            password=account.password,
            system_type=account.system_type,
            address_range=account.address_range,
        )
        self._deadline = now + _BIND_SECONDS
        self._ask(bind)
        return self._step(now)

    def received(self, data: bytes, now: float) -> Step:
        """Read what came; what cannot be read is answered as the specification says."""
        self._heard, self._silent = now, 0
        try:
            for frame in self._frames.feed(data):
                self._frame(frame, now)
                if self._close:
                    break
        except BadLength as error:
            self._answer(pdu.GenericNack(), error.sequence, error.status)
            self._close = True
        return self._step(now)

    def submit(self, message: Outbound, now: float) -> Step:
        """Send a message's first PDU; raises Undelivered where nothing leaves."""
        if self._reference < 0:
            self._reference = zlib.crc32(message.id.encode())
        bodies = outbound.bodies(message, self._account, self._reference + 1)
        if not self.room(now):
            raise Undelivered(Action.RETRY, "no_room", "not bound, or the window is full", retry_after=1)
        self._reference += len(bodies) > 1
        self._send(Job(message.id, bodies, message.attempt), now)
        return self._step(now)

    def tick(self, now: float) -> Step:
        """See to what is overdue or due."""
        for job in self._under_way.overdue(now):
            self._silent += 1
            self._end(job, Lost(f"no answer within {self._account.response_timeout} s"))
        for letter in self._inbound.late(self._at(now)):
            self._store(letter)
        if self._deadline and now >= self._deadline:
            self._close = True
        elif self._state == "bound":
            self._still_there(now)
        return self._step(now)

    def stop(self, now: float) -> Step:
        """Take leave once all answers are there."""
        self._stopping = True
        if self._state in ("closed", "binding"):
            self._close = True
        return self._step(now)

    def disconnected(self, now: float) -> Step:
        """Nobody will answer any more what is under way; parts of messages wait on."""
        for job in self._under_way.clear():
            self._end(job, Lost("the connection broke"))
        self._reconnect.ended(now)
        self._recent.broke(now)
        self._state, self._deadline, self._close = "closed", 0.0, False
        return self._step(now)

    def _still_there(self, now: float) -> None:
        if self._silent >= _SILENT:
            self._close = True
        elif not self._deadline and now >= self._heard + self._account.enquire_link:
            self._deadline = now + self._account.response_timeout
            self._ask(pdu.EnquireLink())

    def _step(self, now: float) -> Step:
        """What is to be done, with what may go on now."""
        if self._state == "bound" and not self._close:
            self._go_on(now)
        made = Step(
            bytes(self._write), tuple(self._arrivals), tuple(self._ends), self._wake_at(now), self._close
        )
        self._forget()
        return made

    def _go_on(self, now: float) -> None:
        while self._throttle.wait(now) <= 0 and (job := self._under_way.startable(now)):
            self._send(job, now)
        if self._stopping and not len(self._under_way):
            self._state, self._deadline = "unbinding", now + _UNBIND_SECONDS
            self._ask(pdu.Unbind())

    def _wake_at(self, now: float) -> float | None:
        if self._close:
            return None
        held = self._throttle.wait(now)
        times = [self._deadline, *self._under_way.due(now + held)]
        if self._inbound.due:
            times.append(max(now, (self._inbound.due - self._zero) / 1000))
        if self._state == "bound":
            times.append(0.0 if self._deadline else self._heard + self._account.enquire_link)
            times.append(now + held if held else 0.0)
        return min(filter(None, times), default=None)

    def _at(self, now: float) -> int:
        return self._zero + int(now * 1000)

    def _frame(self, frame: bytes, now: float) -> None:
        try:
            got = codec.decode(frame)
        except BadPdu as error:
            self._unreadable(error, frame, now)
            return
        if got.body.command & RESPONSE:
            self._response(got, frame, now)
        else:
            self._request(got, frame, now)

    def _unreadable(self, error: BadPdu, frame: bytes, now: float) -> None:
        """A message nobody can read is stored as it is, and the SMSC told so; an answer is taken at its status."""
        kind = pdu.BODIES.get(error.command)
        if kind in (pdu.DeliverSm, pdu.DataSm):
            accept = self._reply(error.command, error.sequence, codes.PERMANENT)
            refuse = self._reply(error.command, error.sequence, codes.TEMPORARY)
            problems = Received(problems=(Problem("pdu", str(error)),))
            self._arrivals.append(Arrival(problems, frame, accept, refuse))
        elif kind is not None and error.command & RESPONSE:
            self._response(Pdu(kind(), error.sequence, int.from_bytes(frame[8:12], "big")), frame, now)
        elif not error.command & RESPONSE:
            self._answer(pdu.GenericNack(), error.sequence, error.status)

    def _request(self, got: Pdu, frame: bytes, now: float) -> None:
        body = got.body
        match body:
            case pdu.EnquireLink():
                self._answer(pdu.EnquireLinkResp(), got.sequence)
            case pdu.Unbind():
                self._answer(pdu.UnbindResp(), got.sequence)
                self._close = True
            case pdu.Outbind():
                pass  # we are here already, and bind without being asked
            case _ if self._state not in ("bound", "unbinding"):
                self._answer(pdu.GenericNack(), got.sequence, codes.INVALID_BIND)
            case pdu.DeliverSm() | pdu.DataSm():
                self._message(body, got, frame, now)
            case pdu.AlertNotification():
                at = self._at(now)
                self._arrivals.append(Arrival(inbound.alert(body, at, self._key(frame, now)), frame))
            case _:
                self._answer(pdu.GenericNack(), got.sequence, codec.UnknownCommand.status)

    def _message(self, body: pdu.DeliverSm | pdu.DataSm, got: Pdu, frame: bytes, now: float) -> None:
        key = self._recent.key(
            self._key(frame, now), blake2b(frame[codec.HEADER :], digest_size=12).digest(), now
        )
        *before, letter = self._inbound.read(body, self._at(now), key)
        for each in before:
            self._store(each)
        accept = self._reply(body.command, got.sequence, codes.OK)
        refuse = self._reply(body.command, got.sequence, codes.TEMPORARY)
        self._arrivals.append(Arrival(letter.received, frame, accept, refuse, letter.keep, letter.release))

    def _key(self, frame: bytes, now: float) -> str:
        """A name for what has none: SMPP gives messages from phones no ids."""
        return f"{self._at(now)}-{blake2b(frame, digest_size=9).hexdigest()}"

    def _store(self, letter: Letter) -> None:
        self._arrivals.append(Arrival(letter.received, release=letter.release))

    def _response(self, got: Pdu, frame: bytes, now: float) -> None:
        match got.body:
            case pdu.BindTransceiverResp() | pdu.BindTransmitterResp() | pdu.BindReceiverResp():
                if self._state == "binding":
                    self._bound(got.status, frame, now)
            case pdu.EnquireLinkResp() if self._state == "bound":
                self._deadline = 0.0
            case pdu.UnbindResp() if self._state == "unbinding":
                self._close = True
            case pdu.GenericNack() if self._state == "binding":
                self._bound(got.status or 0xFF, frame, now)
            case pdu.SubmitSmResp() | pdu.GenericNack():
                self._submitted(got, frame, now)

    def _bound(self, status: int, frame: bytes, now: float) -> None:
        self._deadline = 0.0
        if status == codes.OK:
            self._state = "bound"
            self._reconnect.bound(now)
            return
        self._close = True
        if notice := self._reconnect.refused(status, self._at(now), self._account.system_id):
            self._arrivals.append(Arrival(Received((notice,)), frame))

    def _submitted(self, got: Pdu, frame: bytes, now: float) -> None:
        status, ids = got.status, self._account.receipt_ids
        if isinstance(got.body, pdu.GenericNack):
            status = status or 0xFF
        given = got.body.message_id if isinstance(got.body, pdu.SubmitSmResp) else ""
        job = self._under_way.lands(got.sequence)
        if job is None:
            if (late := self._under_way.late(got.sequence)) is not None:
                told = answers.late(late, status, answers.kept_id(given, ids), self._at(now), self._account)
                self._arrivals.append(Arrival(Received(told), frame))
            return
        if status == codes.OK:
            self._taken(job, answers.kept_id(given, ids))
        else:
            self._refused(job, status, now)

    def _taken(self, job: Job, given: str) -> None:
        self._throttle.taken()
        job.ids.append(given)
        job.refused = 0
        if not job.done:
            self._under_way.waits(job)
            return
        note = "" if job.ids[0] else "the SMSC gave no id"
        self._end(job, Sent(job.ids[0], note=note, more=tuple(job.ids[1:])))

    def _refused(self, job: Job, status: int, now: float) -> None:
        wait = 0.0
        if status == codes.THROTTLED:
            wait = self._throttle.too_fast(now)
        elif status == codes.QUEUE_FULL:
            wait = self._throttle.full(now)
        outcome = answers.refused(job, status, round(wait, 3), self._account)
        if isinstance(outcome, Undelivered):
            self._end(job, outcome)
        else:
            job.refused += 1
            job.not_before = now + outcome
            self._under_way.waits(job)

    def _send(self, job: Job, now: float) -> None:
        self._throttle.sent(now)
        self._under_way.flies(self._ask(job.next), job, now + self._account.response_timeout)

    def _end(self, job: Job, outcome: Sent | Undelivered | Lost) -> None:
        self._ends.append(End(job.message, outcome))

    def _ask(self, body: Body) -> int:
        """Write a request of ours; gives its sequence number."""
        self._sequence = self._sequence % _LAST_SEQUENCE + 1
        self._write += codec.encode(body, self._sequence)
        return self._sequence

    def _answer(self, body: Body, sequence: int, status: int = 0) -> None:
        self._write += codec.encode(body, sequence, status)

    def _reply(self, command: int, sequence: int, status: int) -> bytes:
        return codec.encode(pdu.BODIES[command | RESPONSE](), sequence, status)
