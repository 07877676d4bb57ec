"""The contract every channel fulfils. Pure: bytes in, values out; the sockets are the gateway's."""

from collections.abc import Generator, Mapping
from typing import ClassVar, Protocol

from state.model.base import Value
from state.model.channel import Capabilities, Channel, ProviderTemplate, Setting, Terms
from state.model.content import Media, MediaKind
from state.model.wire import Answer, Call, File, Outbound, Received, Reply, Request, Sent

Conversation = Generator[Call, Reply, Sent]
"""A send in progress: yields calls, is sent their replies, returns Sent or raises Undelivered."""


class Connector(Protocol):
    """One channel's side of the provider's wire; made for one channel row, keeps no other state."""

    type: ClassVar[str]
    settings: ClassVar[tuple[Setting, ...]]
    capabilities: ClassVar[Capabilities]
    terms: ClassVar[Terms]

    def __init__(self, channel: Channel) -> None:
        """Read what is needed from the channel's settings; raises ValueError naming the setting that is wrong."""

    def verify(self, request: Request) -> None:
        """Check the signature on the raw bytes in constant time; raises Forged."""

    def receive(self, request: Request) -> Received:
        """Read a verified request (a handshake too); raises Malformed where nothing of it can be read."""

    def send(self, message: Outbound) -> Conversation:
        """Turn a message into calls; raises Undelivered (BadMessage before any call where a limit is broken).

        An answer of success without an id is no failure: the message counts as accepted, its id stays empty, and
        `note` says what came.
        """


class Fetches(Protocol):
    """A connector whose inbound media must be fetched from the provider."""

    def fetch(self, media: Media) -> Generator[Call, Reply, File]:
        """Fetch a media item by its `ref`; raises Undelivered."""


class Uploads(Protocol):
    """A connector that can leave a file with the provider; `send` does so itself with a message's `files`."""

    def upload(self, file: File, kind: MediaKind) -> Generator[Call, Reply, str]:
        """Upload a file and give its `ref`, which holds for some weeks; raises Undelivered."""

    def delete(self, ref: str) -> Generator[Call, Reply, None]:
        """Delete an uploaded file; raises Undelivered."""


class ShowsTyping(Protocol):
    """A connector that can show the customer that an answer is being written."""

    def typing(self, to: tuple[str, ...], last_inbound: str) -> Generator[Call, Reply, None]:
        """Show typing; `last_inbound` is the provider's id of the customer's last message. Raises Undelivered."""


class MarksRead(Protocol):
    """A connector that can show the customer that a message was read."""

    def mark_read(self, to: tuple[str, ...], last_inbound: str) -> Generator[Call, Reply, None]:
        """Mark a customer's message, by the provider's id, and those before it as read; raises Undelivered."""


class ListsTemplates(Protocol):
    """A connector whose provider keeps approved message templates."""

    def templates(self) -> Generator[Call, Reply, tuple[ProviderTemplate, ...]]:
        """All templates of the account; raises Undelivered."""


class Blocks(Protocol):
    """A connector that can keep a customer from writing to us."""

    def block(self, to: tuple[str, ...]) -> Generator[Call, Reply, None]:
        """Block a customer by their addresses; raises Undelivered."""

    def unblock(self, to: tuple[str, ...]) -> Generator[Call, Reply, None]:
        """Let a blocked customer write again; raises Undelivered."""


class Shown(Value, frozen=True):
    """What a simulated phone shows of a message it got: the provider's id and the content as the provider took it."""

    provider_id: str
    to: str
    content: Mapping[str, object]


class Answered(Value, frozen=True):
    """The simulated provider's answer to one call: the reply, what the phone now shows, and webhooks to send back.

    `typing` are the phones that show for a while that an answer is being written.
    """

    reply: Reply
    shown: tuple[Shown, ...] = ()
    webhooks: tuple[Request, ...] = ()
    typing: tuple[str, ...] = ()


class Simulator(Protocol):
    """The provider's end of the same wire, for channels made as simulated."""

    def __init__(self, channel: Channel) -> None:
        """Play the provider for this channel, with the same credentials."""

    def says(self, sender: str, what: Mapping[str, object]) -> Request:
        """The signed webhook that leaves when the customer does something on the phone."""

    def tells(self, field: str, value: Mapping[str, object]) -> Request:
        """The signed webhook by which the provider tells something about our account."""

    def answer(self, request: Request) -> Answered:
        """Answer one call of ours as the provider would."""

    def keep(self, file: File) -> str:
        """Take a file from a phone, so that a message can name it; gives its id."""

    def file(self, ref: str) -> File | None:
        """A file that a phone or a call of ours has left here, for the phone to show."""

    def fail(self, code: int, *, later: bool = False) -> None:
        """Answer the next send with this error; `later`: take it, and report the error in its status."""


__all__ = [
    "Answer",
    "Answered",
    "Blocks",
    "Connector",
    "Conversation",
    "Fetches",
    "File",
    "ListsTemplates",
    "MarksRead",
    "Setting",
    "Shown",
    "ShowsTyping",
    "Simulator",
    "Uploads",
]
