"""The contract every channel fulfils. Pure: bytes in, values out; the sockets are the gateway's."""

from collections.abc import Generator, Mapping
from typing import ClassVar, Literal, Protocol

from connectors.terms import History
from state.model.base import Value
from state.model.channel import Capabilities, Channel, Profile, ProviderTemplate, Setting, Terms
from state.model.content import Content, Media, MediaKind
from state.model.wire import Answer, Call, File, Outbound, Received, Reply, Request, Sent, Token

Conversation = Generator[Call, Reply, Sent]
"""A send in progress: yields calls, is sent their replies, returns Sent or raises Undelivered."""


class Connector(Protocol):
    """One channel's side of the provider's wire; made for one channel row, keeps no other state."""

    type: ClassVar[str]
    webhooks: ClassVar[bool]
    """Whether its provider calls `/webhooks/{channel}`."""
    settings: ClassVar[tuple[Setting, ...]]
    capabilities: Capabilities
    """What the channel can; a connector's settings may narrow what its class declares."""
    terms: ClassVar[Terms]
    """The version in force when the process was started; `history` has it as of any time."""
    history: ClassVar[History]

    def __init__(self, channel: Channel) -> None:
        """Read what is needed from the channel's settings; raises ValueError naming the setting that is wrong."""

    def verify(self, request: Request) -> None:
        """Check the signature on the raw bytes in constant time; raises Forged."""

    def receive(self, request: Request) -> Received:
        """Read a verified request (a handshake too); raises Malformed where nothing of it can be read."""

    def send(self, message: Outbound) -> Conversation:
        """Turn a message into calls; raises Undelivered (BadMessage before any call where a limit is broken).

        An answer of success that names no message, where the provider always names it, raises Unclear: nobody knows
        whether it was taken, and no receipt could be matched. Where answers name none, the id stays empty.
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


class Refreshes(Protocol):
    """A connector whose access token runs out. The gateway keeps one for all nodes and makes the connector anew.

    The current token is in the channel's credentials as `access_token` ("" before the first), the one that gets the
    next as `refresh_token`, where the provider has such.
    """

    def refresh(self) -> Generator[Call, Reply, Token]:
        """Get a fresh token; raises Undelivered."""


class RepliesInAnswer(Protocol):
    """A connector whose provider takes a reply in the answer to its webhook (design §3, deferred answer)."""

    def answer(self, request: Request, message: Outbound) -> Answer | None:
        """The answer to this webhook that carries the message; None where it cannot, and the message goes by `send`."""


class CarriesSecret(Protocol):
    """A connector whose webhooks carry a secret as it is in headers: they are not kept with the request."""

    secret_headers: tuple[str, ...]
    """Their names, in lower case."""


class LooksUpProfiles(Protocol):
    """A connector whose provider tells who a customer is."""

    def profile(self, to: tuple[str, ...]) -> Generator[Call, Reply, Profile]:
        """What the provider tells of a customer; raises Undelivered."""


class ListsTemplates(Protocol):
    """A connector whose provider keeps approved message templates."""

    def templates(self) -> Generator[Call, Reply, tuple[ProviderTemplate, ...]]:
        """All templates of the account; raises Undelivered."""


class Finding(Value, frozen=True):
    """One thing that was looked at; `wrong` says what is wrong and what to do, "" where all is well."""

    what: str
    wrong: str = ""


class Examines(Protocol):
    """A connector that can look, without changing anything, whether its account at the provider is set up."""

    def examine(self, address: str) -> Generator[Call, Reply, tuple[Finding, ...]]:
        """Look at the account, and whether the provider calls us at `address`; raises Undelivered at its refusal."""


class Blocks(Protocol):
    """A connector that can keep a customer from writing to us."""

    def block(self, to: tuple[str, ...]) -> Generator[Call, Reply, None]:
        """Block a customer by their addresses; raises Undelivered."""

    def unblock(self, to: tuple[str, ...]) -> Generator[Call, Reply, None]:
        """Let a blocked customer write again; raises Undelivered."""


class Shown(Value, frozen=True):
    """What a simulated phone shows of a message: the provider's id, whose phone, and what the provider made of it.

    `content` is read from the wire, by the simulator's own reading; `reply_to` is the provider's id of what it quotes.
    """

    provider_id: str
    to: str
    content: Content
    reply_to: str = ""


class Said(Value, frozen=True):
    """What a customer did on a phone: the signed webhook that leaves, and what the phone shows (None: nothing new)."""

    webhook: Request
    shown: Shown | None = None


class Told(Value, frozen=True):
    """A signed webhook the provider sends back; `status` of the message `provider_id` is marked on phone `to`."""

    webhook: Request
    to: str = ""
    provider_id: str = ""
    status: str = ""


class Answered(Value, frozen=True):
    """The simulated provider's answer to one call: the reply, what the phone now shows, and webhooks to send back.

    `typing` are the phones that show for a while that an answer is being written.
    """

    reply: Reply
    shown: tuple[Shown, ...] = ()
    told: tuple[Told, ...] = ()
    typing: tuple[str, ...] = ()


class Phone(Value, frozen=True):
    """A simulated customer: the id the provider knows them by, and the name to show."""

    id: str
    name: str


Refusal = Literal["throttled", "unavailable", "expired_token", "ban"]
"""What a provider may answer any call with; each simulator knows its provider's words for it."""


class Simulator(Protocol):
    """The provider's end of the same wire, for channels made as simulated."""

    phones: ClassVar[tuple[Phone, ...]]
    undeliverable: ClassVar[tuple[str, bool]]
    """The error of a message that cannot be delivered, and whether it is told later, as `fail` takes them."""

    def __init__(self, channel: Channel) -> None:
        """Play the provider for this channel, with the same credentials."""

    def says(self, sender: str, what: Mapping[str, object]) -> Said:
        """The customer does something on the phone; raises KeyError or ValueError where the phone cannot.

        `what` has a `type` (text, image, video, audio, document, sticker, location, contact, choice, reaction, edit,
        delete, start, stop: those the channel has) and that type's fields: `text`; `id` of a kept file, `mime`,
        `caption`, `filename`; `latitude`, `longitude`, `name`; `id`, `title`; `target`, `emoji`; `reply_to`.
        """

    def tells(self, field: str, value: Mapping[str, object]) -> Request:
        """The signed webhook by which the provider tells something about our account."""

    def answer(self, request: Request) -> Answered:
        """Answer one call of ours as the provider would."""

    def reads(self, request: Request, answer: Answer) -> tuple[Shown, ...]:
        """What the phone shows of the gateway's answer to a webhook: a reply in it, where the provider takes such."""

    def refusal(self, kind: Refusal) -> Answered:
        """The provider's own error answer of this kind, with the webhooks it sends about it."""

    def keep(self, file: File) -> str:
        """Take a file from a phone, so that a message can name it; gives its id."""

    def file(self, ref: str) -> File | None:
        """A file that a phone or a call of ours has left here, for the phone to show."""

    def fail(self, code: str, *, later: bool = False) -> None:
        """Answer the next send with this error; `later`: take it, and report the error in its status."""


__all__ = [
    "Answer", "Answered", "Blocks", "CarriesSecret", "Connector", "Conversation", "Examines", "Fetches", "File",
    "Finding", "ListsTemplates", "LooksUpProfiles", "MarksRead", "Phone", "Refreshes", "Refusal", "RepliesInAnswer",
    "Said", "Setting", "Shown", "ShowsTyping", "Simulator", "Token", "Told", "Uploads",
]  # fmt: skip
