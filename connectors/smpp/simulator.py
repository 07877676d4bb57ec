"""An SMSC for simulated channels: phones, receipts, and refusals in SMPP's own statuses.

It speaks as a simulator of requests does: what leaves and what comes are requests with the method LINK and octets as
their body; an answer with the status 0 ends the connection.
"""

import time
from collections.abc import Callable, Mapping
from typing import ClassVar

from connectors.contract import Answered, File, Phone, Refusal, Said, Shown, Told
from connectors.smpp.profile import account
from connectors.smpp.smsc import Smsc
from state.model.action import Action
from state.model.channel import Channel
from state.model.content import Text
from state.model.wire import Answer, Reply, Request

_WORDS = {"stop": "STOP", "start": "START", "help": "HELP"}
_STATUSES: dict[Refusal, int] = {"throttled": 0x58, "unavailable": 0x08, "expired_token": 0x0E}
_DELIVERED, _UNDELIVERABLE = 2, 5
_NO_FINAL = (0x00, 0x02)
"""What `registered_delivery` asks for where nobody wants to know of a message that arrived."""


class SmppSimulator:
    """Plays the SMSC for one account."""

    undeliverable: ClassVar[tuple[str, bool]] = ("1", True)
    phones: ClassVar[tuple[Phone, ...]] = tuple(
        Phone(f"44770090030{n}", f"+44 7700 90030{n}") for n in range(3)
    )

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.time) -> None:
        self._account, self._clock = account(channel), clock
        self._path = channel.id
        self._ids = f"{int(clock()):X}"
        self._connections = self._said = 0
        self._strikes: Callable[[], Refusal | None] = lambda: None
        self._shut = False
        self._told: set[str] = set()
        self._later: list[int] = []
        self._smsc = self._fresh()

    @property
    def ready(self) -> bool:
        """Whether there is a bind that messages come by."""
        return self._smsc.bound in ("transceiver", "receiver")

    def opened(self, strikes: Callable[[], Refusal | None]) -> None:
        """A connection begins; `strikes` says of each message of ours whether, and how, it is refused."""
        self._strikes, self._connections, self._told = strikes, self._connections + 1, set()
        self._smsc = self._fresh()

    def _fresh(self) -> Smsc:
        """An SMSC for one connection."""
        ids = f"{self._ids}{self._connections:02X}{{:04X}}"
        return Smsc({self._account.system_id: self._account.password}, ids=ids, refuses=self._refuses)

    def says(self, sender: str, what: Mapping[str, object]) -> Said:
        """A message of the customer's; raises KeyError or ValueError where a phone cannot do that."""
        kind = str(what["type"])
        if kind not in ("text", "choice", *_WORDS):
            raise ValueError(f"a phone cannot send {kind!r}; it can send text, choice, stop, start, help")
        text = _WORDS.get(kind) or str(what["title" if kind == "choice" else "text"])
        octets = self._smsc.says(sender, text, self._account.sender.lstrip("+"))
        self._said += 1
        return Said(self._request(octets), Shown(f"{sender}-{self._ids}-{self._said}", sender, Text(text)))

    def tells(self, field: str, value: Mapping[str, object]) -> Request:
        """What became of a message: `field` is its id, the value has `state` and `error` as SMPP numbers them."""
        state, error = (int(str(value.get(name, 0))) for name in ("state", "error"))
        return self._request(self._smsc.receipt(field, state or _DELIVERED, error))

    def answer(self, request: Request) -> Answered:
        """Take octets of ours: what is answered, what phones show, and the receipts of what was taken."""
        turn = self._smsc.received(request.body, self._clock())
        end, self._shut = turn.close or self._shut, False
        told = tuple(each for name in self._smsc.taken - self._told for each in self._receipts(name))
        self._told |= self._smsc.taken
        return Answered(Reply(0 if end else 200, {}, turn.write), turn.shown, told)

    def reads(self, request: Request, answer: Answer) -> tuple[Shown, ...]:
        """Nothing: an SMSC is told no message in an answer."""
        return ()

    def refusal(self, kind: Refusal) -> Answered:
        """The status by which the next message is refused; what was not asked cannot be answered."""
        self._smsc.fail(self._status(kind))
        return Answered(Reply(200))

    def keep(self, file: File) -> str:
        """Nothing: phones send no files."""
        raise ValueError("this channel carries no files")

    def file(self, ref: str) -> File | None:
        """None: there are no files."""
        return None

    def fail(self, code: str, *, later: bool = False) -> None:
        """Refuse the next message with this status; `later`: take it, and report this network error."""
        if later:
            self._later.append(int(code, 0))
        else:
            self._smsc.fail(int(code, 0))

    def _refuses(self) -> int:
        kind = self._strikes()
        return self._status(kind) if kind else 0

    def _status(self, kind: Refusal) -> int:
        """SMPP's word for a refusal; a ban has none, so it is the maker's code that the channel's settings know.

        Who is not let in any more is cut off besides, and may try again.
        """
        if kind == "expired_token":
            self._shut = True
        if kind != "ban":
            return _STATUSES[kind]
        known = (code for code, action in self._account.vendor_codes.items() if action is Action.SUSPEND)
        return next(known, 0x0D)

    def _receipts(self, message: str) -> list[Told]:
        sent = self._smsc.sent(message)
        error = self._later.pop(0) if self._later else 0
        if sent.registered_delivery & 0x03 in _NO_FINAL and not error:
            return []
        state, word = (_UNDELIVERABLE, "failed") if error else (_DELIVERED, "delivered")
        octets = self._smsc.receipt(message, state, error)
        return [Told(self._request(octets), sent.destination_addr, message, word)]

    def _request(self, octets: bytes) -> Request:
        return Request("LINK", self._path, {}, {}, octets)
