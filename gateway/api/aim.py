"""Whom a message is for and whether the channel can take it: all that is found out before it is queued."""

import logging
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from gateway.api.asks import SendMessage
from gateway.app import Gateway
from gateway.channels import Live
from gateway.degrade import Link, Shaped, shape
from gateway.problems import Problem
from state import contacts, listings, merges, messages
from state.model.address import BadAddress, canonical, parse
from state.model.cause import Cause
from state.model.content import Content, Reaction, media_in
from state.model.ids import lane_of_id, new_id
from state.model.turn import Say
from state.model.wire import BadMessage, File, Outbound, Undelivered
from state.store import Store

log = logging.getLogger("parley.api")
_AT_THE_TOP = ("to", "reply_to", "native", "content")
"""Fields a connector may find at fault that are not within the content."""


class Aim(NamedTuple):
    """Whom a message is for: a conversation, else a contact, else addresses alone."""

    live: Live
    urns: tuple[str, ...]
    lane: int = 0
    contact: str = ""
    conversation: str = ""


async def find(gateway: Gateway, to: str, channel: str) -> Aim:
    """Find who is meant by an address, or by the id of a contact or a conversation; raises Problem."""
    if ":" in to:
        live = _channel(gateway, channel)
        return Aim(live, (_address(live, to),))
    try:
        lane = lane_of_id(to)
    except ValueError as error:
        raise Problem(
            "invalid_address", f"an address is scheme:path{_perhaps(to)}, an id has 32 hex digits", field="to"
        ) from error
    return await _conversation(gateway, to, lane, channel) or await _contact(gateway, to, channel)


def _perhaps(to: str) -> str:
    """What was meant by a bare number or mail address."""
    if to.startswith("+"):
        return f" (perhaps tel:{to})"
    return f" (perhaps mailto:{to})" if "@" in to else ""


def _channel(gateway: Gateway, name: str) -> Live:
    if not name:
        raise Problem("invalid_field", "is needed, unless `to` is a conversation", field="channel")
    live = gateway.channels.get(name)
    if live is None:
        raise Problem("unknown_channel", f"there is no channel {name!r}", field="channel")
    return live


def _address(live: Live, urn: str) -> str:
    try:
        scheme, _ = parse(canonical(urn))
    except BadAddress as error:
        raise Problem("invalid_address", str(error), field="to") from error
    known = live.connector.capabilities.schemes
    if scheme not in known:
        raise Problem(
            "invalid_address", f"{live.channel.id} reaches addresses of {', '.join(known)}", field="to"
        )
    return canonical(urn)


async def _conversation(gateway: Gateway, found_id: str, lane: int, channel: str) -> Aim | None:
    row = await messages.conversation_row(gateway.store, found_id)
    if row is None:
        return None
    if channel not in ("", row[2]):
        raise Problem("invalid_field", f"the conversation is on the channel {row[2]!r}", field="channel")
    urns = await addresses(gateway.store, found_id)
    return Aim(_channel(gateway, row[2]), urns, lane, conversation=found_id)


async def addresses(store: Store, conversation_id: str) -> tuple[str, ...]:
    """The customer's addresses in a conversation."""
    rows = await store.read(listings.ADDRESSES, conversation_id, lane_of_id(conversation_id))
    return msgspec.json.decode(rows[0][0], type=tuple[str, ...]) if rows and rows[0][0] else ()


async def _contact(gateway: Gateway, found_id: str, channel: str) -> Aim:
    """A contact by its id, or the one it was merged into."""
    person = await merges.found(gateway.store, found_id)
    if person is None:
        raise Problem("not_found", f"there is no contact or conversation {found_id}", field="to")
    live = _channel(gateway, channel)
    schemes = live.connector.capabilities.schemes
    known = await gateway.store.read(contacts.ADDRESSES_OF, person.contact)
    urns = tuple(row[0] for row in known if row[0].partition(":")[0] in schemes)
    if not urns:
        raise Problem("invalid_address", f"the contact has no address {live.channel.id} reaches", field="to")
    return Aim(live, urns, person.lane, contact=person.contact)


async def words(gateway: Gateway, target: Aim, asked: SendMessage, actor: str) -> Say:
    """What is said for an actor, with the provider's ids where ours were given; raises Problem."""
    kind = target.live.channel.type
    for name in asked.native:
        if name != kind:
            raise Problem("invalid_field", f"the channel has options of {kind} alone", field=f"native.{name}")
    content: Content = asked.content
    if isinstance(content, Reaction):
        quoted = await _quoted(gateway, target, content.target, "content.target")
        content = msgspec.structs.replace(content, target=quoted)
    why = Cause(purpose=asked.purpose, campaign=asked.campaign, actor=actor)
    reply_to = await _quoted(gateway, target, asked.reply_to, "reply_to") if asked.reply_to else ""
    return Say(content, reply_to, asked.native, asked.valid, asked.client_ref, why)


async def _quoted(gateway: Gateway, target: Aim, said: str, field: str) -> str:
    """The provider's id of a message that is quoted by it, or by ours."""
    try:
        found = await messages.one(gateway.store, said)
    except ValueError:
        return said
    if found is None:
        return said
    if found.channel != target.live.channel.id:
        raise Problem("invalid_field", f"that message is on the channel {found.channel!r}", field=field)
    if not found.provider_id:
        raise Problem(
            "conflict", "the provider has not taken that message: it cannot be quoted yet", field=field
        )
    return found.provider_id


async def files(gateway: Gateway, content: Content) -> dict[str, File]:
    """The files of our own store that a content names; raises Problem where one is not there."""
    found: dict[str, File] = {}
    for media in media_in(content):
        file = await gateway.files.read(media.stored) if media.stored else None
        if media.stored and file is None:
            raise Problem("invalid_content", "there is no such file", field="content.stored")
        if file:
            found[media.stored] = file
    return found


def check(target: Aim, say: Say, link: Link, files: Mapping[str, File]) -> Shaped:
    """What the channel would show, each part written by the connector as far as its first call.

    `files` are those of our own store it names. Raises Problem where it breaks a limit. What else may be wrong
    (credentials, the account) is no fault of the message: it shows when it is sent.
    """
    shaped = shape(say.content, target.live.connector.capabilities, link)
    for n, part in enumerate(shaped.parts):
        _try(target, say, part, files, first=n == 0)
    return shaped


def _try(target: Aim, say: Say, part: Content, files: Mapping[str, File], *, first: bool) -> None:
    kind, can = target.live.channel.type, target.live.connector.capabilities
    trial = Outbound(
        id=new_id(target.lane),
        to=target.urns,
        content=part,
        reply_to=say.reply_to if first and can.reply else "",
        native=say.native.get(kind, {}) if type(part) is type(say.content) else {},
        conversation=target.conversation,
        files=files,
    )
    try:
        sending = target.live.connector.send(trial)
        next(sending, None)
        sending.close()
    except BadMessage as error:
        raise Problem("invalid_content", error.reason, field=_field(error.field)) from error
    except Undelivered as error:
        log.info("channel %s would not send now: %s", target.live.channel.id, error)
    except Exception as error:
        log.exception("channel %s: the connector failed on a message", target.live.channel.id)
        raise Problem(
            "invalid_content", "the channel's connector cannot write this", field="content"
        ) from error


def _field(field: str) -> str:
    """The path of a field in the request."""
    return field if field.partition(".")[0] in _AT_THE_TOP else f"content.{field}"
