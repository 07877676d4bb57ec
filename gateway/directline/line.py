"""The line itself: conversations opened, activities taken and given, what bots send put before the sockets."""

import asyncio
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from connectors.inapp import AT, KEY, USER
from gateway import admission
from gateway.admission import Known, UnderAge
from gateway.channels import Channels, Live
from gateway.directline.tokens import Claims
from gateway.teams import Teams
from gateway.wake import Wake
from state import activities, contacts, inbox, people
from state.contacts import Who
from state.inbox import Arrived, Envelope
from state.model.address import lane_of
from state.model.channel import Channel
from state.model.event import Started
from state.model.ids import new_id, now_ms
from state.model.wire import Call, Reply, Request
from state.people import Person
from state.store import Store
from state.writer import Op, part

Activity = dict[str, Any]
BREATH = 0.04
"""Seconds between two chunks of a streamed reply."""
_encode = msgspec.json.Encoder().encode


class Shown(NamedTuple):
    """Activities as a client gets them, and the watermark behind them."""

    activities: list[Activity]
    watermark: int


class Guest(NamedTuple):
    """What an app's own server says of a user it asks a token for."""

    name: str = ""
    person: Known = Known()


class Line:
    """In-app conversations over the store."""

    def __init__(self, store: Store, channels: Channels, teams: Teams, wake: Wake) -> None:
        self._store, self._channels, self._teams, self._wake = store, channels, teams, wake

    def channel(self, name: str = "") -> Live | None:
        """The in-app channel of this name, or the first there is."""
        for live in self._channels:
            if live.channel.type == "inapp" and name in ("", live.channel.id):
                return live
        return None

    async def claims(self, live: Live, user: str, guest: Guest | None = None) -> Claims:
        """Whose conversation it is: the user's one on this channel, made where there is none.

        Raises BadDate, and UnderAge where they may not be let in, also by what was known before. Of somebody who is
        known already what is told is kept in that case too, since it says that nothing may be sent to them.
        """
        guest = guest or Guest()
        old = await self._known(live.channel, user)
        person = guest.person.over(_facts(old))
        try:
            self._admit(live, person)
        except UnderAge:
            if old and person != _facts(old):
                await self._store.alone(people.change, old.id, person._asdict())
            raise
        who = await self._store.write(_welcome, live.channel, user, guest.name, person)
        return Claims(user, who.conversation, live.channel.id)

    async def check(self, live: Live, user: str) -> None:
        """Raise UnderAge where a user may not be let in any more, by what is known of them."""
        self._admit(live, _facts(await self._known(live.channel, user)))

    def _admit(self, live: Live, person: Known) -> None:
        admission.check(person, self._teams.facts(live.channel.team), live.terms.minimum_age)

    async def _known(self, channel: Channel, user: str) -> Person | None:
        urn = f"inapp:{user}"
        rows = await self._store.read(people.OF_ADDRESS, urn, channel.team, lane_of(urn))
        return Person(*rows[0]) if rows else None

    async def start(self, live: Live, claims: Claims) -> bool:
        """Tell the bot, once, that the conversation is open; says whether nothing was said in it yet."""
        fresh = not await activities.after(self._store, claims.conversation, 0, 1)
        if fresh:
            key = f"started:{claims.conversation}"
            event = Started(key=key, at=now_ms(), addresses=(f"inapp:{claims.user}",))
            letter = Envelope(live.channel.id, "{}", b"")
            arrived = [Arrived(event, live.channel.id, live.channel.team)]
            placed = await self._store.write(inbox.accept, letter, arrived, {})
            self._wake.tell("turns", placed.lanes)
        return fresh

    async def post(self, live: Live, claims: Claims, body: bytes) -> str:
        """Take an activity and echo it, in one commit; gives its id. Raises Malformed where it cannot be read."""
        activity = _object(body)
        key = f"{claims.conversation}:{_client_id(activity) or new_id(0)}"
        request = Request("POST", "", {}, {USER: claims.user, KEY: key, AT: str(now_ms())}, body)
        received = live.connector.receive(request)
        if activity.get("type") == "typing" or not received.events:
            return f"{claims.conversation}|{new_id(0)}"
        letter = Envelope(live.channel.id, "{}", body)
        arrived = [Arrived(event, live.channel.id, live.channel.team) for event in received.events]
        echo = _encode(_echo(activity, claims)).decode()
        seq, lanes = await self._store.write(_post, letter, arrived, claims.conversation, key, echo)
        self._wake.tell("turns", lanes)
        self._wake.tell("activity", (claims.conversation,))
        return activity_id(claims.conversation, seq)

    async def after(self, conversation: str, watermark: int) -> Shown:
        """The activities after a watermark, a page at a time."""
        rows = await activities.after(self._store, conversation, watermark)
        shown = [_stamped(conversation, seq, body) for seq, body in rows]
        return Shown(shown, rows[-1][0] if rows else watermark)

    async def deliver(self, call: Call) -> Reply:
        """What an in-app connector sends: kept and shown (POST), or shown in passing (PUT)."""
        conversation = call.url.removeprefix("inapp:")
        activity = _object(call.body) | _from_bot(conversation)
        if "|" not in activity.get("replyToId", "|"):
            del activity["replyToId"]  # a client would wait for an activity of that id
        if call.method == "PUT":
            self._wake.tell("ephemeral", (f"{conversation} {_encode(activity).decode()}",))
            await asyncio.sleep(BREATH)
            return Reply(202)
        key = f"out:{call.headers['idempotency-key']}"
        seq = await self._store.write(activities.append, conversation, key, _encode(activity).decode())
        self._wake.tell("activity", (conversation,))
        return Reply(
            200, {"content-type": "application/json"}, _encode({"id": activity_id(conversation, seq)})
        )


def _facts(person: Person | None) -> Known:
    return Known(person.born, person.country) if person else Known()


def _welcome(channel: Channel, user: str, name: str, person: Known) -> Op[Who]:
    """The contact of a user, made where there is none, with what is known of them."""
    who = yield from contacts.find(channel.team, channel.id, [f"inapp:{user}"], name)
    if any(person) or name:
        known = {"name": name, "born": person.born, "country": person.country}
        yield from people.change(who.contact, {field: each for field, each in known.items() if each})
    return who


def _post(
    letter: Envelope, arrived: list[Arrived], conversation: str, key: str, echo: str
) -> Op[tuple[int, list[str]]]:
    """The event for the bot and the echo for the client, together."""
    placed = yield from part(inbox.accept(letter, arrived, {}))
    seq = yield from activities.append(conversation, key, echo)
    return seq, placed.lanes


def activity_id(conversation: str, seq: int) -> str:
    """The id of an activity: the conversation and its number in it."""
    return f"{conversation}|{seq:07d}"


def _object(body: bytes) -> Activity:
    return msgspec.json.decode(body, type=dict[str, Any])


def _client_id(activity: Activity) -> str:
    data = activity.get("channelData")
    found = data.get("clientActivityID") if isinstance(data, dict) else None
    return found[:100] if isinstance(found, str) else ""


def _echo(activity: Activity, claims: Claims) -> Activity:
    """What the client posted, as everybody in the conversation sees it: the sender is whom the token says."""
    sender = activity.get("from")
    name = (
        {"name": sender["name"]} if isinstance(sender, dict) and isinstance(sender.get("name"), str) else {}
    )
    kept = {
        name: value
        for name, value in activity.items()
        if name not in ("id", "deliveryMode") and value is not None
    }
    return kept | _common(claims.conversation) | {"from": {"id": claims.user, "role": "user", **name}}


def _from_bot(conversation: str) -> Activity:
    return _common(conversation) | {"from": {"id": "bot", "role": "bot"}}


def _common(conversation: str) -> Activity:
    return {"channelId": "directline", "conversation": {"id": conversation}, "timestamp": _now()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _stamped(conversation: str, seq: int, body: str) -> Activity:
    """An activity as it is shown; its number is its id and what it quotes of ours."""
    return _object(body.encode()) | {"id": activity_id(conversation, seq)}
