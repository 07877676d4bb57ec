"""The one door to botbuilder-core: a bot of it runs on a thread of its own, and its activities become our messages.

The library's support has ended; nothing outside this module knows it. A successor needs a second door like this one.
"""

import asyncio
import contextlib
import contextvars
import inspect
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from botbuilder.core import BotAdapter, ConversationState, Storage, TurnContext, UserState
from botbuilder.schema import (
    Activity,
    Attachment,
    ChannelAccount,
    ConversationAccount,
    ConversationReference,
    Entity,
    MessageReaction,
    ResourceResponse,
)

from conversations.activities import said
from conversations.framework import Answered, Posted
from conversations.stored import plain_of, value_of
from state.model.content import Chosen, Content, Form, Location, Media, Order, plain
from state.model.event import ClientEvent, HandedBack, MessageReceived, Reacted

_CHANNELS = {"messenger": "facebook", "telegram": "telegram"}
"""The Bot Framework's names of channels; to it we are a Direct Line client, which shows all there is."""
T = TypeVar("T")
_store: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("store")


class Door:
    """A bot of the library. `make` is its class or a function that makes it."""

    def __init__(self, make: Callable[..., Any], name: str) -> None:
        self._make, self._name = make, name
        self._bot: Any = None
        self._loop = _Loop(name)

    async def turn(self, posted: Posted, store: Mapping[str, Any], key: str) -> Answered:
        """Play what was posted; raises what the bot raises. `store` is its state, `key` this turn's own."""
        if self._loop.stuck:
            self._loop, self._bot = _Loop(self._name), None
        return await self._loop.run(self._turn(posted, store, key))

    async def _turn(self, posted: Posted, store: Mapping[str, Any], key: str) -> Answered:
        if self._bot is None:
            self._bot = self._made()
        values = {name: value_of(each, self._make.__module__) for name, each in store.items()}
        _store.set(values)
        adapter = _Adapter()
        for activity in given(posted, key):
            await adapter.run_pipeline(TurnContext(adapter, activity), self._bot.on_turn)
        answered = said(adapter.sent)
        answered.store = {name: plain_of(each) for name, each in values.items()}
        return answered

    def _made(self) -> Any:
        storage = _Store()
        offered: dict[str, Any] = {
            "conversation_state": lambda: ConversationState(storage),
            "user_state": lambda: UserState(storage),
            "storage": lambda: storage,
        }
        wanted = [name for name in inspect.signature(self._make).parameters if name in offered]
        states: dict[str, Any] = {name: offered[name]() for name in wanted}
        return self._make(**states)


def given(posted: Posted, key: str) -> Iterator[Activity]:
    """The activities of an event: who is new here joins first. Their ids are the same when the turn is run again."""
    common = _common(posted, key)
    if posted.joins:
        yield Activity(
            type="conversationUpdate", **common, members_added=[common["from_property"], common["recipient"]]
        )
    match posted.event:
        case MessageReceived(content=content):
            yield Activity(type="message", **common, **_message(content, posted.value))
        case ClientEvent(event_name=name, value=value):
            yield Activity(type="event", **common, name=name, value=value)
        case HandedBack(note=note):
            yield Activity(
                type="event", **common, name="handoff.status", value={"state": "completed", "message": note}
            )
        case Reacted(emoji=emoji, target=target):
            reactions = [MessageReaction(type=emoji or "removed")]
            way = "reactions_added" if emoji else "reactions_removed"
            yield Activity(type="messageReaction", **common, reply_to_id=target, **{way: reactions})


def _common(posted: Posted, key: str) -> dict[str, Any]:
    customer, event = posted.customer, posted.event
    user = (customer.addresses or (customer.contact,))[0]
    return {
        "id": key,
        "timestamp": datetime.fromtimestamp(posted.at / 1000, UTC),
        "channel_id": _CHANNELS.get(customer.channel_type, "directline"),
        "service_url": "urn:parley",
        "locale": customer.locale or None,
        "from_property": ChannelAccount(id=user, name=customer.name, role="user"),
        "recipient": ChannelAccount(id=f"bot:{customer.channel}", name="Bot", role="bot"),
        "conversation": ConversationAccount(id=f"{customer.channel}/{customer.contact}", is_group=False),
        "channel_data": {
            "parley": {"channel": customer.channel, "type": customer.channel_type, "account": event.account}
        },
    }


def _message(content: Content, value: Any) -> dict[str, Any]:
    """The fields of a message: of a button its value as the channel would post it, of a form its answers."""
    match content:
        case Chosen(id=chosen):
            return {"text": "" if value is not None else chosen, "value": value}
        case Media():
            url = content.url or f"urn:parley:media:{content.stored or content.ref}"
            mime = content.mime or f"{content.kind}/*"
            file = Attachment(content_type=mime, content_url=url, name=content.name or None)
            return {"text": content.caption, "attachments": [file]}
        case Location():
            place = Entity(type="GeoCoordinates")
            place.additional_properties = {
                "latitude": content.latitude, "longitude": content.longitude, "name": content.name,
            }  # fmt: skip
            return {"text": content.name or content.address, "entities": [place]}
        case Form():
            return {"text": content.text, "value": content.answers}
        case Order():
            return {"text": content.text, "value": msgspec.to_builtins(content)}
    return {"text": plain(content)}


class _Store(Storage):  # type: ignore[misc]  # the library is untyped
    """The state of the conversation whose turn it is; it is committed with what the bot says."""

    async def read(self, keys: list[str]) -> dict[str, Any]:
        """The items there are."""
        return {key: _store.get()[key] for key in keys if key in _store.get()}

    async def write(self, changes: Mapping[str, Any]) -> None:
        """Take the changed items in."""
        _store.get().update(changes)

    async def delete(self, keys: list[str]) -> None:
        """Forget items."""
        for key in keys:
            _store.get().pop(key, None)


class _Adapter(BotAdapter):  # type: ignore[misc]  # the library is untyped
    """Gathers what the bot sends."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Activity] = []

    async def send_activities(
        self, context: TurnContext, activities: list[Activity]
    ) -> list[ResourceResponse]:
        """Keep activities until the turn has ended."""
        for activity in activities:
            activity.id = f"{context.activity.id}|{len(self.sent)}"
            self.sent.append(activity)
        return [ResourceResponse(id=each.id) for each in activities]

    async def update_activity(self, context: TurnContext, activity: Activity) -> None:
        """Change what was sent in this very turn; raises NotImplementedError for what has left."""
        self.sent[self._place(activity.id)] = activity

    async def delete_activity(self, context: TurnContext, reference: ConversationReference) -> None:
        """Take back what was sent in this very turn; raises NotImplementedError for what has left."""
        del self.sent[self._place(reference.activity_id)]

    def _place(self, activity_id: str | None) -> int:
        for place, each in enumerate(self.sent):
            if each.id == activity_id:
                return place
        raise NotImplementedError("a message that has left cannot be changed: most channels cannot do that")


class _Loop:
    """An event loop on a thread of its own, so that a bot which blocks holds up nobody but its like."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._late = False
        threading.Thread(target=self._loop.run_forever, name=f"bot {name}", daemon=True).start()

    @property
    def stuck(self) -> bool:
        """Whether a turn was given up that blocks the loop still."""
        return self._late

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run it there; a time limit of the caller's is meant for it."""
        running = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return await asyncio.wrap_future(running)
        except asyncio.CancelledError:
            self._late = True
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._answers)
            raise

    def _answers(self) -> None:
        """It is not stuck after all."""
        self._late = False
