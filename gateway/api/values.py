"""What the REST interface takes and gives. Times are ISO 8601 in UTC, ids 32 hex digits, lists end in a cursor."""

from datetime import UTC, datetime
from typing import Any

from state.model.base import Value
from state.model.content import Content
from state.model.message import Decision, Message
from state.model.receipts import Fault
from state.model.suspension import Scope, Suspension


class NewMessage(Value, frozen=True, kw_only=True):
    """A message to send: to an address (`whatsapp:4915112345678`) or an earlier conversation's id, now or `at` a time.

    `valid` is how many seconds it is tried; `client_ref` is yours; `native` holds options by channel type.
    """

    channel: str
    to: str
    content: Content
    at: datetime | None = None
    reply_to: str = ""
    client_ref: str = ""
    valid: int = 86_400
    native: dict[str, dict[str, Any]] = {}


class Taken(Value, frozen=True, kw_only=True):
    """A message was taken: its id and its conversation's."""

    id: str
    conversation: str
    status: str = "queued"


class MessageView(Value, frozen=True, kw_only=True):
    """A message with what became of it; `decisions` and `exchanges` say why and how, oldest first."""

    id: str
    direction: str
    channel: str
    conversation: str
    status: str
    at: str
    content: Content
    outcome: str = ""
    provider_id: str = ""
    reply_to: str = ""
    client_ref: str = ""
    accepted_at: str = ""
    sent_at: str = ""
    delivered_at: str = ""
    read_at: str = ""
    played_at: str = ""
    failed_at: str = ""
    fault: Fault | None = None
    decisions: tuple[Decision, ...] = ()
    exchanges: tuple[dict[str, Any], ...] = ()


class ConversationView(Value, frozen=True, kw_only=True):
    """Where a conversation stands; `mode` says who answers: bot, person, or parked after a flow's error."""

    id: str
    contact: str
    channel: str
    mode: str
    updated_at: str
    flow: str = ""
    state: str = ""
    last_in_at: str = ""


class ChannelView(Value, frozen=True, kw_only=True):
    """A connected channel, without its secrets."""

    id: str
    type: str
    team: str
    account: str
    settings: dict[str, str]
    simulated: bool
    suspended: bool
    last_error: str = ""
    last_error_at: str = ""


class NewSuspension(Value, frozen=True, kw_only=True):
    """A scope to suspend, and why."""

    reason: str
    scope: Scope = Scope()
    ground: str = "operator"


class Reason(Value, frozen=True, kw_only=True):
    """Why something is done; kept in the audit."""

    reason: str


class Note(Value, frozen=True, kw_only=True):
    """What is said to the bot when a conversation is handed back to it."""

    note: str = ""


class Done(Value, frozen=True, kw_only=True):
    """It is done."""

    id: str


class Messages(Value, frozen=True, kw_only=True):
    """A page of messages, newest first."""

    items: tuple[MessageView, ...]
    next: str = ""


class Conversations(Value, frozen=True, kw_only=True):
    """A page of conversations, newest first."""

    items: tuple[ConversationView, ...]
    next: str = ""


class Channels(Value, frozen=True, kw_only=True):
    """All channels."""

    items: tuple[ChannelView, ...]


class Suspensions(Value, frozen=True, kw_only=True):
    """All suspensions in force."""

    items: tuple[Suspension, ...]


def iso(at: int | None) -> str:
    """Milliseconds as ISO 8601 in UTC; empty for never."""
    if not at:
        return ""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown(message: Message, **more: Any) -> MessageView:
    """A message as it is given."""
    facts = message.facts
    return MessageView(
        id=message.id,
        direction=message.direction,
        channel=message.channel,
        conversation=message.conversation,
        status=message.outcome if message.outcome and facts.status in ("queued", "failed") else facts.status,
        at=iso(message.at),
        content=message.content,
        outcome=message.outcome,
        provider_id=message.provider_id,
        reply_to=message.reply_to,
        client_ref=message.client_ref,
        accepted_at=iso(facts.accepted),
        sent_at=iso(facts.sent),
        delivered_at=iso(facts.delivered),
        read_at=iso(facts.read),
        played_at=iso(facts.played),
        failed_at=iso(facts.failed),
        fault=facts.fault,
        **more,
    )
