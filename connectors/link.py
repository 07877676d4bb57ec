"""The second, small contract: channels that live on one long connection instead of requests. Pure, like the first.

The gateway owns the socket and the clock. It tells a Link what happened, and does what the Step says: write, store what
arrived, tell who waits for an answer, call `tick` at the time asked for, close. All times are seconds of one monotonic
clock; `zero` in `link` is the UTC time, in milliseconds, at which that clock stood at 0.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from connectors.contract import Refusal, Simulator
from state.model.base import Value
from state.model.wire import Outbound, Received, Sent, Undelivered


class Endpoint(Value, frozen=True):
    """Where to connect; with `tls` the certificate is checked, against `ca` (PEM) where there is one."""

    host: str
    port: int
    tls: bool = False
    ca: str = ""


class Arrival(Value, frozen=True):
    """Something the other side said, to be stored before it is told so.

    Once `received` and `raw` are on disk `accept` is written, where they could not be stored `refuse`. `keep` is a name
    under which `raw` is kept besides until an arrival has it among its `release`: a part of a message whose other parts
    are to come. An arrival without `accept` and `refuse` comes only once.
    """

    received: Received
    raw: bytes = b""
    accept: bytes = b""
    refuse: bytes = b""
    keep: str = ""
    release: tuple[str, ...] = ()


class Lost(Value, frozen=True):
    """The message left, or a part of it, and no answer came: what came of it is unknown."""

    why: str


class End(Value, frozen=True):
    """What became of a message that was submitted; `message` is our id of it."""

    message: str
    outcome: Sent | Undelivered | Lost


class Step(Value, frozen=True):
    """What the gateway is to do now, in this order.

    `wake_at` is when `tick` is to be called at the latest (None: never). `close` ends the connection once everything
    is written, the answers to arrivals too.
    """

    write: bytes = b""
    arrivals: tuple[Arrival, ...] = ()
    ends: tuple[End, ...] = ()
    wake_at: float | None = None
    close: bool = False


class Link(Protocol):
    """One long-lived connection of a channel, over all its reconnects."""

    @property
    def ready(self) -> bool:
        """Whether the other side has let us in."""

    @property
    def delay(self) -> float:
        """Seconds to wait before connecting again; the gateway spreads them a little."""

    def room(self, now: float) -> int:
        """How many messages may be submitted now."""

    def restore(self, kept: Mapping[str, bytes], now: float) -> None:
        """Before the first connection: what was kept (see Arrival) and not released, by its names."""

    def connected(self, now: float) -> Step:
        """The socket is connected."""

    def received(self, data: bytes, now: float) -> Step:
        """Octets came, cut anywhere."""

    def submit(self, message: Outbound, now: float) -> Step:
        """Send a message; its end comes in a later Step. Raises Undelivered, before anything leaves.

        BadMessage where a limit is broken, RETRY where there is no room.
        """

    def tick(self, now: float) -> Step:
        """Time has passed."""

    def stop(self, now: float) -> Step:
        """Take leave: nothing is submitted any more, what is under way is waited for, then the Step says `close`."""

    def disconnected(self, now: float) -> Step:
        """The socket is gone, whoever closed it."""


class LinkSimulator(Simulator, Protocol):
    """The provider's end of such a connection, for channels made as simulated.

    It is a Simulator whose requests have the method LINK, with octets as their body: `answer` takes what we wrote and
    gives what is written back (a status of 0: and then the connection ends); webhooks are octets that it writes.
    """

    @property
    def ready(self) -> bool:
        """Whether it has let us in, so that what is written to us is taken."""

    def opened(self, strikes: Callable[[], Refusal | None]) -> None:
        """A connection begins; `strikes` says of each message of ours whether, and how, it is refused."""


class Links(Protocol):
    """A connector that has a link: its `send` is not used, and its `receive` gets no webhooks."""

    @property
    def endpoint(self) -> Endpoint:
        """Where to connect."""

    def link(self, zero: int) -> Link:
        """A fresh link; `zero` is the UTC time in milliseconds at which the gateway's clock stood at 0."""
