"""Conversations: listed, read with their timeline, given back to the bot, and resumed after a flow's error."""

from typing import Any

from gateway.api import aim, cursors, views
from gateway.api.asks import HandBack, Resume
from gateway.api.endpoint import Answer, Call, Nothing, Paged
from gateway.api.views import ConversationDetail, ConversationView, MessageView
from gateway.moving import look_at, not_served
from gateway.problems import Problem
from state import contacts, inbox, interventions, journals, messages
from state.flows import Move
from state.model.event import HandedBack
from state.model.ids import lane_of_id, now_ms
from state.model.turn import Mode, Snapshot
from state.statements import Row
from state.writer import Op


class Conversations(Answer, frozen=True, kw_only=True):
    """A page of conversations, the newest first."""

    items: tuple[ConversationView, ...]
    next: str | None


class Timeline(Answer, frozen=True, kw_only=True):
    """A page of a conversation's messages, the newest first."""

    items: tuple[MessageView, ...]
    next: str | None


class Going(Answer, frozen=True, kw_only=True):
    """How a conversation stood when it was told to go on; its turn follows."""

    id: str
    mode: Mode
    flow: str
    state: str


async def listing(call: Call[Paged, None]) -> Conversations:
    """A page of all conversations."""
    limit = call.query.limit
    rows = await messages.conversations(call.gateway.store, cursors.read(call.query.cursor), limit + 1)
    found, more = cursors.page(rows, [row[0] for row in rows], limit)
    return Conversations(items=tuple(map(views.conversation, found)), next=more)


async def read(call: Call[Nothing, None]) -> ConversationDetail:
    """One conversation with who it is with; raises Problem `not_found`."""
    row = await _row(call)
    store, contact = call.gateway.store, row[1]
    who = await store.read(contacts.BY_ID, contact, lane_of_id(contact))
    name, locale = (who[0][0], who[0][1]) if who else ("", "")
    fault = await journals.fault(store, call.id) if row[3] == "parked" else None
    return views.conversation_detail(row, name, locale, await aim.addresses(store, call.id), fault)


async def _row(call: Call[Any, Any]) -> Row:
    row = await messages.conversation_row(call.gateway.store, call.id)
    if row is None:
        raise Problem("not_found", f"there is no conversation {call.id}")
    return row


async def timeline(call: Call[Paged, None]) -> Timeline:
    """A page of a conversation's messages."""
    await _row(call)
    limit, before = call.query.limit, cursors.read(call.query.cursor)
    rows = await messages.timeline(call.gateway.store, call.id, before, limit + 1)
    found, more = cursors.page(rows, [each.id for each in rows], limit)
    return Timeline(items=tuple(map(views.message, found)), next=more)


async def hand_back(call: Call[Nothing, HandBack]) -> Going:
    """Give a conversation that a person holds back to the bot; raises Problem `not_found` or `conflict`."""
    row = await _row(call)
    shown = views.conversation(row)
    if shown.mode != "person":
        raise Problem("conflict", f"no person holds this conversation: its mode is {shown.mode}")
    going = Going(id=call.id, mode=shown.mode, flow=shown.flow, state=shown.state)
    made = HandedBack(key=f"handed_back:{call.id}:{row[6]}", at=now_ms(), note=call.body.note)
    await call.store.write(_hand_back, going, shown.channel, made)
    _wake(call)
    return going


def _hand_back(going: Going, channel: str, made: HandedBack) -> Op[Going]:
    yield from inbox.internal(going.id, lane_of_id(going.id), channel, made)
    return going


async def resume(call: Call[Nothing, Resume]) -> Going:
    """Let a conversation that an error of its flow has parked go on; raises Problem `not_found` or `conflict`."""
    row = await _row(call)
    shown = views.conversation(row)
    asked, gateway = call.body, call.gateway
    missing = [] if asked.restart else not_served(gateway.router, views.stands(row))
    if shown.mode == "parked" and missing:
        raise Problem(
            "conflict", f"{missing[0]} is not served any more: serve it, or let it begin with restart"
        )
    move = None
    if gateway.versions:
        found = await look_at(gateway.store, gateway.router, gateway.versions, call.id)
        move = found.move if found.verdict == "moves" else None
    try:
        going = await call.store.alone(_resume, call.id, call.actor.name, asked.reason, asked.restart, move)
    except interventions.NotParked as error:
        raise Problem("conflict", f"this conversation is not parked: its mode is {shown.mode}") from error
    _wake(call)
    return going


def _resume(conversation_id: str, actor: str, reason: str, restart: bool, move: Move | None) -> Op[Going]:
    after: Snapshot = yield from interventions.resume(conversation_id, actor, reason, restart, move)
    return Going(id=conversation_id, mode=after.mode, flow=after.flow, state=after.state)


def _wake(call: Call[Any, Any]) -> None:
    call.gateway.wake.tell("suspensions")
    call.gateway.wake.tell("turns", (str(lane_of_id(call.id)),))
