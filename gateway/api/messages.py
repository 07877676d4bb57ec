"""Messages: send one now or at a time, read what became of it, cancel what has not left."""

from collections.abc import Generator
from datetime import UTC
from typing import Any

from gateway.api.endpoints import Call, Endpoint
from gateway.api.values import Done, MessageView, NewMessage, Taken, shown
from gateway.channels import Live
from gateway.problems import Problem
from state import contacts, conversations, messages, outbox
from state.model.address import BadAddress, parse
from state.model.ids import ID_PATTERN, lane_of_id, new_id, now_ms
from state.model.turn import Say
from state.model.wire import BadMessage, Outbound, Undelivered
from state.outbox import Queued
from state.writer import Op


class Missing(Exception):
    """There is no such conversation on the channel."""


async def send(call: Call) -> Taken:
    """Take a message; it is on disk when this answers."""
    new: NewMessage = call.body
    live = call.gateway.channels.get(new.channel)
    if live is None:
        raise Problem("unknown_channel", f"there is no channel {new.channel!r}", field="channel")
    urn = _urn(new.to, live)
    reply_to = await _quoted(call, new.reply_to)
    _check(live, new, urn, reply_to)
    due = int(new.at.astimezone(UTC).timestamp() * 1000) if new.at else now_ms()
    say = Say(new.content, reply_to, new.native, client_ref=new.client_ref)
    try:
        taken = await call.store.write(
            _queue, live.channel.team, new.channel, urn, new.to, say, due, new.valid
        )
    except Missing as error:
        raise Problem("not_found", f"there is no conversation {new.to}", field="to") from error
    call.gateway.wake.tell("outbox", (new.channel,))
    return taken


def _urn(to: str, live: Live) -> str:
    """The address asked for; empty where `to` is a conversation's id. Raises Problem."""
    if ID_PATTERN.fullmatch(to):
        return ""
    try:
        scheme, _ = parse(to)
    except BadAddress as error:
        raise Problem("invalid_address", str(error), field="to") from error
    schemes = live.connector.capabilities.schemes
    if scheme not in schemes:
        raise Problem("invalid_address", f"{live.channel.type} takes {', '.join(schemes)}", field="to")
    return to


async def _quoted(call: Call, reply_to: str) -> str:
    """The provider's id of the message quoted, where it is named by ours."""
    if not ID_PATTERN.fullmatch(reply_to):
        return reply_to
    found = await messages.one(call.gateway.store, reply_to)
    if found is None or not found.provider_id:
        raise Problem("invalid_field", "the message quoted is not known to the provider", field="reply_to")
    return found.provider_id


def _check(live: Live, new: NewMessage, urn: str, reply_to: str) -> None:
    """The channel's limits, before anything is stored: the connector is run up to its first call."""
    trial = Outbound(
        id="0" * 32,
        to=(urn or f"{live.connector.capabilities.schemes[-1]}:0",),
        content=new.content,
        reply_to=reply_to,
        native=new.native.get(live.channel.type, {}),
        conversation="0" * 32,
    )
    sending: Generator[Any, Any, Any] = live.connector.send(trial)
    try:
        next(sending)
    except BadMessage as error:
        raise Problem("invalid_content", error.reason, field=f"content.{error.field}") from error
    except Undelivered as error:
        raise Problem("invalid_content", error.reason, field="content") from error
    finally:
        sending.close()


def _queue(team: str, channel: str, urn: str, to: str, say: Say, due: int, valid: int) -> Op[Taken]:
    """The contact, its conversation, the message and its outbox row, together."""
    if urn:
        who = yield from contacts.find(team, channel, [urn])
        lane, conversation = who.lane, who.conversation
    else:
        lane, conversation = lane_of_id(to), to
        if not (yield from conversations.exists(conversation, lane, channel)):
            raise Missing(to)
    item = Queued(
        new_id(lane), lane, conversation, channel, "message", "", due, due + valid * 1000, outbox.NORMAL, say
    )
    yield [conversations.message_ask(item), *outbox.queue_asks(item)]
    return Taken(id=item.id, conversation=conversation)


async def read(call: Call) -> MessageView:
    """A message with its decisions and exchanges: why it was or was not sent."""
    store, message_id = call.gateway.store, call.path_id()
    found = await messages.one(store, message_id)
    if found is None:
        raise Problem("not_found", f"there is no message {message_id}")
    return shown(
        found,
        decisions=tuple(await messages.decisions(store, message_id)),
        exchanges=tuple(await messages.exchanges(store, message_id)),
    )


async def cancel(call: Call) -> Done:
    """Take back what has not left; raises Problem `conflict` where it has."""
    message_id = call.path_id()
    try:
        await call.store.write(outbox.cancel, message_id)
    except outbox.TooLate as error:
        raise Problem("conflict", "the message is not queued any more, or is on its way") from error
    return Done(id=message_id)


_WRITE, _READ = "messages:write", "messages:read"
ENDPOINTS = (
    Endpoint(
        "POST", "/v1/messages", _WRITE, "Send a message, now or at a time", send, Taken, NewMessage, 202
    ),
    Endpoint(
        "GET", "/v1/messages/{id}", _READ, "Read a message, and why it was (not) sent", read, MessageView
    ),
    Endpoint("DELETE", "/v1/messages/{id}", _WRITE, "Cancel a message that has not left", cancel, Done),
)
