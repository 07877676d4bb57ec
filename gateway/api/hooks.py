"""Hooks: made, listed, tried, enabled and removed; what they were told and what they answered."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec

from admin import hooks as operations
from admin.hooks import NewHook
from gateway.api import cursors
from gateway.api.endpoint import Answer, Asked, Call, Nothing, Paged, Word
from gateway.api.moments import at, moment
from gateway.api.views import time_of
from gateway.hooks.loop import TOPIC
from gateway.logs import redactor
from gateway.problems import Problem
from state import deliveries, hooks
from state.deliveries import NoDelivery
from state.hooks import Delivery, Hook, NoHook, State
from state.model.exchange import Exchange
from state.seal import SealError

T = TypeVar("T")
Url = Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^[^\x00]*$")]
Why = Annotated[str, msgspec.Meta(max_length=500, pattern=r"^[^\x00]*$", description="for the audit")]


class MakeHook(Asked, frozen=True, kw_only=True):
    """An address to be told of `events`: types, groups as `suspension.*`, or `*`; of one team and those below it ("":
    of all)."""

    url: Url
    events: Annotated[tuple[Word, ...], msgspec.Meta(min_length=1, max_length=50)]
    team: Word = ""


class Remark(Asked, frozen=True, kw_only=True):
    """Something is done to a hook, with or without a reason."""

    reason: Why = ""


class HookView(Answer, frozen=True, kw_only=True):
    """A hook; `disabled` is since when it is not called, and why; `worked` is when it last took something."""

    id: str
    url: str
    events: tuple[str, ...]
    team: str
    created: datetime
    disabled: datetime | None
    disabled_for: str
    worked: datetime | None


class HookList(Answer, frozen=True, kw_only=True):
    """All hooks, in the order in which they were made."""

    items: tuple[HookView, ...]


class HookSecret(Answer, frozen=True, kw_only=True):
    """The newest secret of a hook, as Standard Webhooks write it."""

    secret: str


class DeliveryView(Answer, frozen=True, kw_only=True):
    """What a hook was told of one event: `body` as it is posted, `answer` to the last try.

    `due` is when it is tried again, where it is. `attempts` counts the tries since it began, or was asked for anew.
    """

    id: str
    hook: str
    event: str
    type: str
    at: datetime
    state: State
    attempts: int
    due: datetime | None
    body: dict[str, Any]
    answer: Exchange | None


class Deliveries(Answer, frozen=True, kw_only=True):
    """A page of what a hook was told, the newest first."""

    items: tuple[DeliveryView, ...]
    next: str | None


def view(one: Hook) -> HookView:
    """A hook as it is shown: never its secret."""
    return HookView(
        id=one.id, url=redactor.hide(one.url), events=one.patterns, team=one.team, created=at(one.created_at),
        disabled=moment(one.disabled_at or 0), disabled_for=one.disabled_for, worked=moment(one.worked_at),
    )  # fmt: skip


def delivery(one: Delivery) -> DeliveryView:
    """A delivery as it is shown."""
    return DeliveryView(
        id=one.id, hook=one.hook, event=one.event, type=one.type, at=time_of(one.event), state=one.state,
        attempts=one.attempt, due=at(one.due_at) if one.state == "waiting" else None,
        body=msgspec.json.decode(one.body),
        answer=msgspec.json.decode(one.answer, type=Exchange) if one.answer else None,
    )  # fmt: skip


async def _known(work: Awaitable[T]) -> T:
    """What an operation gives; raises Problem."""
    try:
        return await work
    except (NoHook, NoDelivery) as error:
        raise Problem("not_found", str(error)) from error
    except SealError as error:
        raise Problem("conflict", str(error)) from error


async def make(call: Call[Nothing, MakeHook]) -> Hook:
    """Make a hook."""
    asked, gateway = call.body, call.gateway
    new = NewHook(asked.url, asked.events, asked.team, gateway.settings.allow_private_urls)
    return await operations.add(call.store, gateway.seal, call.actor, new)


async def listing(call: Call[Nothing, None]) -> HookList:
    """All hooks."""
    rows = await call.gateway.store.read(hooks.ALL)
    return HookList(items=tuple(view(Hook(*row)) for row in rows))


async def remove(call: Call[Nothing, None]) -> HookView:
    """Take a hook away; gives it as it was."""
    return view(await _known(operations.remove(call.store, call.actor, call.id)))


async def secret(call: Call[Nothing, None]) -> HookSecret:
    """The newest secret of a hook."""
    return HookSecret(
        secret=await _known(operations.reveal(call.store, call.gateway.seal, call.actor, call.id))
    )


async def enable(call: Call[Nothing, Remark]) -> Hook:
    """Call a hook again."""
    one = await _known(operations.enable(call.store, call.actor, call.id, call.body.reason))
    call.gateway.wake.tell(TOPIC)
    return one


async def disable(call: Call[Nothing, Remark]) -> Hook:
    """Call a hook no more."""
    return await _known(operations.disable(call.store, call.actor, call.id, call.body.reason))


async def rotate(call: Call[Nothing, Remark]) -> Hook:
    """Give a hook a fresh secret."""
    seal = call.gateway.seal
    return await _known(operations.rotate(call.store, seal, call.actor, call.id, call.body.reason))


async def trial(call: Call[Nothing, Remark]) -> Delivery:
    """Tell a hook something, to try it."""
    made = await _known(operations.trial(call.store, call.actor, call.id, call.gateway.source))
    call.gateway.wake.tell(TOPIC)
    return made


async def told(call: Call[Paged, None]) -> Deliveries:
    """A page of what a hook was told."""
    gateway, limit = call.gateway, call.query.limit
    if call.id not in {row[0] for row in await gateway.store.read(hooks.ALL)}:
        raise Problem("not_found", f"there is no hook {call.id}")
    rows = await gateway.store.read(deliveries.OF_HOOK, call.id, cursors.read(call.query.cursor), limit + 1)
    found = [Delivery(*row) for row in rows]
    page, more = cursors.page(found, [each.event for each in found], limit)
    return Deliveries(items=tuple(map(delivery, page)), next=more)


async def redeliver(call: Call[Nothing, Remark]) -> Delivery:
    """Tell a hook once more; the event keeps its id."""
    made = await _known(operations.redeliver(call.store, call.actor, call.id, call.body.reason))
    call.gateway.wake.tell(TOPIC)
    return made
