"""What a connector takes and gives: requests, calls, outcomes. Plain values; the sockets are the gateway's."""

from collections.abc import Mapping
from typing import Any, Literal

from state.model.action import Action
from state.model.base import Value
from state.model.content import Content
from state.model.event import Event


class Request(Value, frozen=True):
    """A webhook request as it came: header names in lower case, `url` as the provider saw it (public), raw `body`."""

    method: str
    url: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Answer(Value, frozen=True):
    """What a webhook answers."""

    status: int = 200
    body: bytes = b""
    mime: str = "text/plain"


class Problem(Value, frozen=True):
    """A part of an authentic request that could not be read: where (JSON path) and why."""

    where: str
    why: str


class Received(Value, frozen=True):
    """What a request holds: its events in order, the answer, and the parts nobody could read (kept in quarantine).

    `deferred` says that the provider would take a reply in its answer (see RepliesInAnswer).
    """

    events: tuple[Event, ...] = ()
    answer: Answer = Answer()
    problems: tuple[Problem, ...] = ()
    deferred: bool = False


class Call(Value, frozen=True):
    """One HTTP request a connector wants made; `name` is what the trace shows; `timeout` in seconds.

    `repeatable` says that nothing is doubled if it is made twice (an upload, a look-up): cut off, it is tried again.
    `after` is how many seconds it waits first.
    """

    name: str
    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes = b""
    timeout: float = 20.0
    limit: int = 1_000_000
    repeatable: bool = False
    after: float = 0.0


class Reply(Value, frozen=True):
    """What came back for a call: header names in lower case."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""


class File(Value, frozen=True):
    """A file's bytes, as fetched from a provider or taken from our own store."""

    body: bytes
    mime: str = ""
    name: str = ""
    sha256: str = ""


class Outbound(Value, frozen=True, kw_only=True):
    """A decided message on its way: `id` is ours and rides along where the provider has a field for it.

    `to` are the customer's addresses on this channel; `reply_to` is the provider's id of the message quoted;
    `native` are the options of this channel alone; `files` holds the file of every media item with a `stored` id.
    """

    id: str
    to: tuple[str, ...]
    content: Content
    reply_to: str = ""
    native: Mapping[str, Any] = {}
    attempt: int = 1
    conversation: str = ""
    files: Mapping[str, File] = {}


class Sent(Value, frozen=True):
    """The provider took the message; `addresses` are what its answer taught us about the recipient.

    `more` are the provider's ids of the further parts where it cut one message into several.
    """

    provider_id: str = ""
    addresses: tuple[str, ...] = ()
    note: str = ""
    more: tuple[str, ...] = ()


class Token(Value, frozen=True):
    """A fresh access token: its length of life in seconds, and the token that gets the next one where there is one."""

    access: str
    seconds: float
    refresh: str = ""

    def __repr__(self) -> str:
        return f"Token({self.seconds})"


class Forged(Exception):
    """The signature is missing or wrong: the request is not the provider's."""


class Malformed(Exception):
    """An authentic request that cannot be read as a whole; it goes to quarantine."""


class Undelivered(Exception):
    """The provider did not take the message: what to do (`action`), its code, and why in words.

    `retry_after` in seconds (0: by our own back-off); `pair` is true where only this recipient is to be slowed down.
    """

    def __init__(
        self, action: Action, code: str, reason: str = "", *, retry_after: float = 0, pair: bool = False
    ) -> None:
        super().__init__(f"{action} {code}: {reason}")
        self.action = action
        self.code = code
        self.reason = reason
        self.retry_after = retry_after
        self.pair = pair


class Unclear(Exception):
    """An answer of success that is not the provider's, or names no message where it must: it may have been taken."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadMessage(Undelivered):
    """Our own check before sending: the content breaks a limit of the channel; `field` is the one at fault."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(Action.FAIL_MSG, "invalid_content", f"{field}: {reason}")
        self.field = field


Direction = Literal["in", "out"]
