"""Licences for content: added, listed and removed; what has ended keeps blocking what uses its subject."""

from datetime import datetime
from typing import Annotated, Any

import msgspec

from admin import consents
from gateway.api.consents import Slug
from gateway.api.endpoint import Answer, Asked, Call, Nothing, Reason
from gateway.api.moments import Moment, moment, ms_of
from gateway.problems import Problem
from state import licences
from state.licences import NoLicence, Record
from state.model.ids import now_ms


class AddLicence(Asked, frozen=True, kw_only=True):
    """A licence for a template (`template:NAME`) or a file of ours (`media:ID`); without `ends` it does not end."""

    subject: Annotated[str, msgspec.Meta(max_length=255, pattern=r"^(template|media):[^\x00]+$")]
    evidence: dict[str, Any]
    ends: Moment | None = None
    team: Slug = "default"


class RemoveLicence(Asked, frozen=True, kw_only=True):
    """A licence is to be taken out of use."""

    reason: Reason


class LicenceView(Answer, frozen=True, kw_only=True):
    """A licence; `ended` says whether it blocks what uses its subject, where no other holds."""

    id: str
    team: str
    subject: str
    evidence: dict[str, Any]
    ends: datetime | None
    ended: bool


class LicenceList(Answer, frozen=True, kw_only=True):
    """All licences that were not removed, by team and subject."""

    items: tuple[LicenceView, ...]


def view(record: Record) -> LicenceView:
    """A licence as it is shown."""
    return LicenceView(
        id=record.id, team=record.team, subject=record.subject, evidence=dict(record.evidence),
        ends=moment(record.ends_at), ended=0 < record.ends_at <= now_ms(),
    )  # fmt: skip


async def listing(call: Call[Nothing, None]) -> LicenceList:
    """All licences."""
    rows = await call.gateway.store.read(licences.LIST)
    return LicenceList(items=tuple(view(Record(*row)) for row in rows))


async def add(call: Call[Nothing, AddLicence]) -> Record:
    """Add a licence; other nodes know it within seconds. Raises Refused."""
    said = call.body
    ends = ms_of(said.ends) if said.ends else 0
    made = await consents.add_licence(call.store, call.actor, said.team, said.subject, said.evidence, ends)
    await call.gateway.licences.load()
    call.gateway.licences.tell()
    return made


async def remove(call: Call[Nothing, RemoveLicence]) -> Record:
    """Take a licence out of use; raises Problem `not_found`."""
    try:
        gone = await consents.remove_licence(call.store, call.actor, call.id, call.body.reason)
    except NoLicence as error:
        raise Problem("not_found", f"there is no licence {call.id}") from error
    await call.gateway.licences.load()
    call.gateway.licences.tell()
    return gone
