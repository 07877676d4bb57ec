"""The terms of a channel: what is agreed to on it, who accepted it, and accepting it."""

from datetime import datetime
from typing import Any

from admin.operations import Refused
from gateway import terms
from gateway.api.asks import AcceptTerms
from gateway.api.endpoint import Answer, Call, Nothing
from gateway.api.moments import at, moment
from gateway.problems import Problem
from gateway.terms import Standing
from state.model.channel import Point, Terms
from state.model.ids import now_ms
from state.terms import Acceptance


class AcceptanceView(Answer, frozen=True, kw_only=True):
    """That a version was accepted: by whom, and when."""

    version: str
    actor: str
    at: datetime


class VersionView(Answer, frozen=True, kw_only=True):
    """A version: `since` is when it comes into force, `grace` for how many days sending goes on without it."""

    version: str
    since: datetime
    grace: int
    points: tuple[Point, ...]


class TermsView(Answer, frozen=True, kw_only=True):
    """A channel's terms: the version in force, those to come, and what was accepted, the oldest first.

    `accepted` says whether the one in force was. Where it was not, sending is held from `held_from` on.
    """

    channel: str
    current: VersionView
    coming: tuple[VersionView, ...]
    accepted: bool
    held: bool
    held_from: datetime | None
    acceptances: tuple[AcceptanceView, ...]


async def read(call: Call[Nothing, None]) -> TermsView:
    """The terms of a channel; raises Problem `unknown_channel`."""
    return _view(await _standing(call))


async def _standing(call: Call[Any, Any]) -> Standing:
    try:
        return await terms.standing(call.gateway.store, call.id)
    except Refused as error:
        raise Problem("unknown_channel", f"there is no channel {call.id!r}") from error


def _view(found: Standing) -> TermsView:
    task = found.task
    coming = [each for each in found.history.versions if each.since > found.terms.since]
    return TermsView(
        channel=found.channel, current=_version(found.terms), coming=tuple(_version(each) for each in coming),
        accepted=task is None, held=task is not None and task.held_from <= now_ms(),
        held_from=moment(task.held_from) if task else None,
        acceptances=tuple(view(each) for each in found.acceptances),
    )  # fmt: skip


def _version(each: Terms) -> VersionView:
    return VersionView(version=each.version, since=at(each.since), grace=each.grace, points=each.points)


def view(made: Acceptance) -> AcceptanceView:
    """An acceptance as it is shown."""
    return AcceptanceView(version=made.version, actor=made.actor, at=at(made.at))


async def accept(call: Call[Nothing, AcceptTerms]) -> Acceptance:
    """Accept a version; raises Problem `unknown_channel`."""
    await _standing(call)
    done = await terms.accept(call.store, call.gateway.store, call.actor, call.id, call.body.version)
    call.gateway.channels.tell()
    return done
