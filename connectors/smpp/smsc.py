"""The SMSC's side of a connection, for tests and simulated channels: octets in, octets and what phones show out.

It checks what is sent by a table of its own and reads texts in its own way: one mistake on both sides shows nothing.
"""

import re
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, Literal

from connectors.contract import Shown
from connectors.smpp import codec, pdu, phone, tlv
from connectors.smpp.codec import BadLength, BadPdu, Frames
from connectors.smpp.pdu import RESPONSE, Body, DeliverSm, Pdu, SubmitSm
from connectors.smpp.phone import Phones, Way
from connectors.smpp.tlv import Tlv
from state.model.base import Value

Style = Literal["both", "text", "tlv"]
"""Where receipts say what they say."""
_BINDS: Final[dict[type[Body], str]] = {
    pdu.BindTransceiver: "transceiver", pdu.BindTransmitter: "transmitter", pdu.BindReceiver: "receiver",
}  # fmt: skip
_WORDS: Final = {
    1: "ENROUTE", 2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 6: "ACCEPTD", 7: "UNKNOWN", 8: "REJECTD",
}  # fmt: skip
_TIME = re.compile(r"|[0-9]{12}[0-9][0-4][0-9][+-]|[0-9]{12}000R")


class Turn(Value, frozen=True):
    """What the SMSC does now: write, show on phones, close; `answered` are the statuses of our answers to it."""

    write: bytes = b""
    shown: tuple[Shown, ...] = ()
    answered: tuple[int, ...] = ()
    close: bool = False


class Smsc:
    """One connection of one SMSC; `accounts` are passwords by system_id, `rate` the submits it takes a second."""

    def __init__(
        self, accounts: Mapping[str, str], *, rate: int = 0, ids: str = "{:08X}", style: Style = "both",
        refuses: Callable[[], int] = lambda: 0,
    ) -> None:  # fmt: skip
        """`refuses` gives the status of each submit, before it is looked at; 0 where it is taken."""
        self._accounts, self._rate, self._ids, self._style = accounts, rate, ids, style
        self._refuses = refuses
        self._frames, self._phones = Frames(), Phones()
        self._bind = ""
        self._sequence = self._taken = self._reference = 0
        self._times: deque[float] = deque()
        self._failures: deque[int] = deque()
        self._sent: dict[str, SubmitSm] = {}
        self.mute = False
        """Whether it has stopped answering."""
        self.heard: list[Pdu] = []
        """Everything it was sent."""

    @property
    def bound(self) -> str:
        """How the other side is bound; "" while it is not."""
        return self._bind

    @property
    def taken(self) -> set[str]:
        """The ids of all messages it has taken."""
        return set(self._sent)

    def sent(self, message: str) -> SubmitSm:
        """A message as it was taken."""
        return self._sent[message]

    def received(self, data: bytes, now: float) -> Turn:
        """Take what came and answer it."""
        write, close = bytearray(), False
        shown: list[Shown] = []
        answered: list[int] = []
        try:
            for frame in self._frames.feed(data):
                turn = self._frame(frame, now)
                write += turn.write
                shown += turn.shown
                answered += turn.answered
                close |= turn.close
        except BadLength as error:
            write += codec.encode(pdu.GenericNack(), error.sequence, 0x02)
            close = True
        return Turn(b"" if self.mute else bytes(write), tuple(shown), tuple(answered), close)

    def fail(self, *statuses: int) -> None:
        """Answer the next submits with these statuses; 0 takes one."""
        self._failures.extend(statuses)

    def says(self, source: str, text: str, to: str = "12345", way: Way = "udh8") -> bytes:
        """A phone sends a text; the PDUs of its parts."""
        self._reference += 1
        common = {"source_addr_ton": 1, "source_addr_npi": 1, "source_addr": source, "destination_addr": to}
        parts = phone.parts(text, self._reference, way)
        return b"".join(self.ask(DeliverSm(**common, **each)) for each in parts)  # type: ignore[arg-type]

    def receipt(self, message: str, state: int = 2, error: int = 0, *, written: str = "") -> bytes:
        """Tell what became of a message; `written` is its id as the receipt writes it."""
        sent = self._sent[message]
        words = (
            f"id:{written or message} sub:001 dlvrd:{int(state == 2):03} submit date:2601020304"
            f" done date:2601020305 stat:{_WORDS[state]} err:{error:03} text:"
        ).encode()
        found = (Tlv(tlv.RECEIPTED_MESSAGE_ID, message.encode() + b"\0"), tlv.octet(tlv.MESSAGE_STATE, state))
        return self.ask(
            DeliverSm(
                source_addr_ton=sent.destination_addr_ton,
                source_addr_npi=sent.destination_addr_npi,
                source_addr=sent.destination_addr,
                destination_addr_ton=sent.source_addr_ton,
                destination_addr=sent.source_addr,
                esm_class=0x04,
                short_message=b"" if self._style == "tlv" else words,
                tlvs=() if self._style == "text" else found,
            )
        )

    def ask(self, body: Body) -> bytes:
        """Any request of the SMSC's."""
        self._sequence += 1
        return codec.encode(body, self._sequence)

    def _frame(self, frame: bytes, now: float) -> Turn:
        try:
            got = codec.decode(frame)
        except BadPdu as error:
            return Turn(codec.encode(pdu.GenericNack(), error.sequence, error.status))
        self.heard.append(got)
        match got.body:
            case pdu.BindTransceiver() | pdu.BindTransmitter() | pdu.BindReceiver() as bind:
                return self._bound(bind, got.sequence)
            case pdu.Unbind():
                return Turn(codec.encode(pdu.UnbindResp(), got.sequence), close=True)
            case pdu.EnquireLink():
                return Turn(codec.encode(pdu.EnquireLinkResp(), got.sequence))
            case SubmitSm() as submit:
                return self._submitted(submit, got.sequence, now)
            case pdu.DeliverSmResp() | pdu.DataSmResp():
                return Turn(answered=(got.status,))
            case body if body.command & RESPONSE:
                return Turn()
        return Turn(codec.encode(pdu.GenericNack(), got.sequence, 0x03))

    def _bound(self, bind: pdu.Bind, sequence: int) -> Turn:
        status = 0
        if self._bind:
            status = 0x05
        elif bind.system_id not in self._accounts:
            status = 0x0F
        elif self._accounts[bind.system_id] != bind.password:
            status = 0x0E
        else:
            self._bind = _BINDS[type(bind)]
        answer = pdu.BODIES[bind.command | RESPONSE]
        made = answer(tlvs=(tlv.octet(tlv.SC_INTERFACE_VERSION, 0x34),)) if not status else answer()
        return Turn(codec.encode(made, sequence, status), close=bool(status))

    def _submitted(self, submit: SubmitSm, sequence: int, now: float) -> Turn:
        status = self._failures.popleft() if self._failures else self._refuses()
        status = status or self._too_fast(now) or self._wrong(submit)
        if status:
            return Turn(codec.encode(pdu.SubmitSmResp(), sequence, status))
        self._taken += 1
        given = self._ids.format(self._taken)
        self._sent[given] = submit
        write = codec.encode(pdu.SubmitSmResp(message_id=given), sequence)
        shown = self._phones.shows(submit, given)
        return Turn(write, (shown,) if shown else ())

    def _too_fast(self, now: float) -> int:
        while self._times and self._times[0] <= now - 1:
            self._times.popleft()
        if self._rate and len(self._times) >= self._rate:
            return 0x58
        self._times.append(now)
        return 0

    def _wrong(self, submit: SubmitSm) -> int:
        """The status of what is wrong with a submit, by the specification's own limits; 0: nothing is."""
        payload = tlv.find(submit.tlvs, 0x0424)
        digits = re.fullmatch(r"[0-9]{2,20}", submit.destination_addr)
        checks = (
            (self._bind not in ("transceiver", "transmitter"), 0x04),
            (submit.source_addr_ton == 5 and not 1 <= len(submit.source_addr) <= 11, 0x0A),
            (submit.source_addr_ton != 5 and not submit.source_addr.isdigit(), 0x0A),
            (submit.source_addr_ton > 6, 0x48),
            (submit.source_addr_npi not in (0, 1, 3, 4, 6, 8, 9, 10, 14, 18), 0x49),
            (submit.destination_addr_ton > 6, 0x50),
            (submit.destination_addr_npi not in (0, 1, 3, 4, 6, 8, 9, 10, 14, 18), 0x51),
            (not digits, 0x0B),
            (submit.esm_class & 0x3C not in (0x00, 0x08, 0x10), 0x43),
            (submit.priority_flag > 3, 0x06),
            (submit.registered_delivery & 0xE0 != 0, 0x07),
            (not _TIME.fullmatch(submit.validity_period), 0x62),
            (not _TIME.fullmatch(submit.schedule_delivery_time), 0x61),
            (payload is not None and submit.short_message != b"", 0x01),
            (payload is None and phone.too_long(submit), 0x01),
        )
        return next((status for broken, status in checks if broken), 0)
