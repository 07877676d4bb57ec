"""Conversations, channels and suspensions, and the table of all endpoints."""

import msgspec

from admin import operations
from gateway.api import messages as message_endpoints
from gateway.api.endpoints import Call, Endpoint
from gateway.api.values import (
    Channels,
    ChannelView,
    Conversations,
    ConversationView,
    Done,
    Messages,
    NewSuspension,
    Note,
    Reason,
    Suspensions,
    iso,
    shown,
)
from gateway.problems import Problem
from state import conversations, inbox, messages
from state.fences import NotInForce
from state.model.event import HandedBack
from state.model.ids import ID_PATTERN, lane_of_id, new_id, now_ms
from state.model.suspension import GROUNDS, Suspension, Target
from state.model.turn import Snapshot
from state.statements import Row
from state.writer import Op

_PAGE = 50


def _page(call: Call) -> tuple[str, int]:
    """Where a listing goes on, and how long a page is; raises Problem."""
    cursor = call.request.query.get("cursor", "") or messages.LAST
    if not ID_PATTERN.fullmatch(cursor):
        raise Problem("invalid_cursor", "begin again without one", field="cursor")
    limit = call.request.query.get("limit", str(_PAGE))
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit[:4]) <= 200:
        raise Problem("invalid_field", "a number from 1 to 200 is expected", field="limit")
    return cursor, int(limit)


def _view(row: Row) -> ConversationView:
    snapshot = msgspec.json.decode(row[4], type=Snapshot) if row[4] else Snapshot()
    return ConversationView(
        id=row[0], contact=row[1], channel=row[2], mode=row[3], flow=snapshot.flow, state=snapshot.state,
        last_in_at=iso(row[5]), updated_at=iso(row[6]),
    )  # fmt: skip


async def list_conversations(call: Call) -> Conversations:
    """All conversations, newest first."""
    cursor, limit = _page(call)
    rows = await messages.conversations(call.gateway.store, cursor, limit)
    return Conversations(items=tuple(map(_view, rows)), next=rows[-1][0] if len(rows) == limit else "")


async def _conversation(call: Call) -> Row:
    row = await messages.conversation_row(call.gateway.store, call.path_id())
    if row is None:
        raise Problem("not_found", f"there is no conversation {call.path_id()}")
    return row


async def read_conversation(call: Call) -> ConversationView:
    """Where one conversation stands."""
    return _view(await _conversation(call))


async def timeline(call: Call) -> Messages:
    """The messages of a conversation, newest first."""
    cursor, limit = _page(call)
    row = await _conversation(call)
    found = await messages.timeline(call.gateway.store, row[0], cursor, limit)
    return Messages(
        items=tuple(shown(each) for each in found), next=found[-1].id if len(found) == limit else ""
    )


async def hand_back(call: Call) -> Done:
    """Give a conversation that a person had back to the bot."""
    row = await _conversation(call)
    if row[3] != "person":
        raise Problem("conflict", "no person has this conversation")
    lane = lane_of_id(row[0])
    event = HandedBack(key=f"hand-back:{new_id(lane)}", at=now_ms(), note=call.body.note)

    def give() -> Op[Done]:
        yield from inbox.put(row[0], lane, row[2], event)
        return Done(id=row[0])

    done: Done = await call.store.write(give)
    call.gateway.wake.tell("turns", (str(lane),))
    return done


async def resume(call: Call) -> Done:
    """Let a conversation that was parked after a flow's error go on; what waits is played."""
    row = await _conversation(call)
    if row[3] != "parked":
        raise Problem("conflict", "the conversation is not parked")

    def go_on() -> Op[Done]:
        yield from conversations.unpark(row[0], lane_of_id(row[0]))
        return Done(id=row[0])

    done: Done = await call.store.write(go_on)
    call.gateway.wake.tell("turns")
    return done


async def list_channels(call: Call) -> Channels:
    """All channels, without their secrets."""
    fence = call.gateway.fence
    return Channels(
        items=tuple(
            ChannelView(
                id=live.channel.id,
                type=live.channel.type,
                team=live.channel.team,
                account=live.channel.account,
                settings=dict(live.channel.settings),
                simulated=live.channel.simulated,
                suspended=fence.closed(Target(channel=live.channel.id, teams=(live.channel.team,)))
                is not None,
                last_error=live.record.last_error,
                last_error_at=iso(live.record.last_error_at),
            )
            for live in call.gateway.channels
        )
    )


async def list_suspensions(call: Call) -> Suspensions:
    """The suspensions in force."""
    return Suspensions(items=call.gateway.fence.suspensions)


async def suspend(call: Call) -> Suspension:
    """Suspend a scope: when this answers, no new send begins in it."""
    new: NewSuspension = call.body
    if new.ground not in GROUNDS:
        raise Problem("invalid_field", f"one of {', '.join(GROUNDS)} is expected", field="ground")
    gateway = call.gateway
    return await operations.suspend(call.store, gateway.fence, call.actor, new.scope, new.ground, new.reason)


async def lift(call: Call) -> Suspension:
    """Lift a suspension: what was held is decided again, in order."""
    gateway, reason = call.gateway, call.body.reason
    try:
        lifted = await operations.lift(call.store, gateway.fence, call.actor, call.path_id(), reason)
    except NotInForce as error:
        raise Problem("conflict", "this suspension is not in force") from error
    gateway.wake.tell("outbox", ("*",))
    return lifted


_LISTED = ("cursor", "limit")
ENDPOINTS: tuple[Endpoint, ...] = (
    *message_endpoints.ENDPOINTS,
    Endpoint("GET", "/v1/conversations", "messages:read", "List conversations", list_conversations, Conversations,
             query=_LISTED),
    Endpoint("GET", "/v1/conversations/{id}", "messages:read", "Read a conversation", read_conversation,
             ConversationView),
    Endpoint("GET", "/v1/conversations/{id}/messages", "messages:read", "List a conversation's messages", timeline,
             Messages, query=_LISTED),
    Endpoint("POST", "/v1/conversations/{id}/hand-back", "messages:write", "Hand a conversation back to the bot",
             hand_back, Done, Note),
    Endpoint("POST", "/v1/conversations/{id}/resume", "messages:write", "Resume a parked conversation",
             resume, Done, Note),
    Endpoint("GET", "/v1/channels", "channels:read", "List channels", list_channels, Channels),
    Endpoint("GET", "/v1/suspensions", "channels:read", "List suspensions in force", list_suspensions, Suspensions),
    Endpoint("POST", "/v1/suspensions", "suspend", "Suspend a scope", suspend, Suspension, NewSuspension, 201),
    Endpoint("POST", "/v1/suspensions/{id}/lift", "suspend", "Lift a suspension", lift, Suspension, Reason),
)  # fmt: skip
"""The whole interface."""
