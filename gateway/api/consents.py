"""Consent: facts recorded and read, what stands for a contact, what will end, and files of facts taken in."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from admin import consent_rows, consents
from admin.consent_rows import Line, NoFile
from admin.operations import Refused
from gateway.api import cursors
from gateway.api.endpoint import Answer, Asked, Call, Nothing, Paged, Word
from gateway.api.moments import Moment, at, moment, ms_of
from gateway.api.records import hidden
from gateway.policy.bases import unfit
from gateway.problems import Problem
from state import dossiers, lapses
from state.dossiers import Dossier, Entered
from state.lapses import Ending
from state.model.consent import PURPOSES, Basis, Change, Consent, Purpose, Source, Standing
from state.model.ids import now_ms
from state.recording import Entry

_DAY_MS = 24 * 3600 * 1000
Slug = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[^\x00]*$")]
Text = Annotated[str, msgspec.Meta(max_length=10_000)]
Whom = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=255,
        pattern=r"^[^\x00]*$",
        description="an address (`scheme:path`), or the id of a contact",
    ),
]


class RecordConsent(Asked, frozen=True, kw_only=True):
    """What a customer has allowed or forbidden.

    `to` is an address, or a contact: then it is about all of their addresses. Without a `channel` it is about all of
    the team's. `basis` is in the words of GDPR article 6, `evidence` what proves it, `text` what the customer was
    shown, in `locale`, and `text_version` which wording that was. `at` is when, now if left out; `until` when it ends.
    """

    to: Whom
    change: Literal["given", "withdrawn"]
    purpose: Purpose
    team: Slug = "default"
    channel: Slug = ""
    basis: Basis = "consent"
    evidence: dict[str, Any] = {}
    text: Text = ""
    text_version: Word = ""
    locale: Annotated[str, msgspec.Meta(max_length=35)] = ""
    at: Moment | None = None
    until: Moment | None = None


class ImportConsents(Asked, frozen=True, kw_only=True):
    """Rows of facts, or a file of them as `csv`; each row needs an address, a purpose, a change, a time, a legal basis
    and evidence. `name` is the file's, for the audit."""

    rows: Annotated[tuple[dict[str, Any], ...], msgspec.Meta(max_length=10_000)] = ()
    csv: str = ""
    name: Word = ""
    team: Slug = "default"


class About(Paged, frozen=True, kw_only=True):
    """Whose facts: a contact's id, or an address of a team."""

    contact: Word = ""
    team: Word = "default"


class Within(Asked, frozen=True, kw_only=True):
    """What ends within so many days."""

    days: Annotated[int, msgspec.Meta(ge=0, le=3650)] = 30
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 200


class FactView(Answer, frozen=True, kw_only=True):
    """One fact of the ledger. `seq` and `hash` are its place in the team's chain, null until it is sealed.

    An empty `address` means all of the contact's, an empty `channel` all of the team's. A fact that says `expired` has
    the `at` of the one that ended, and in `until` when that was.
    """

    id: str
    team: str
    contact: str
    address: str
    channel: str
    purpose: Purpose
    change: Change
    basis: Basis
    source: Source
    evidence: dict[str, Any]
    text: str
    text_version: str
    locale: str
    actor: str
    at: datetime
    until: datetime | None
    seq: int | None
    hash: str | None


class Facts(Answer, frozen=True, kw_only=True):
    """A page of facts, the newest first."""

    items: tuple[FactView, ...]
    next: str | None


class StandingView(Answer, frozen=True, kw_only=True):
    """The latest fact about a purpose, an address and a channel; `given` that has ended is shown as `expired`."""

    purpose: str
    address: str
    channel: str
    change: str
    at: datetime
    until: datetime | None
    fact: str


class Stands(Answer, frozen=True, kw_only=True):
    """What stands for a contact. `unknown` are the purposes of which there is no fact."""

    contact: str
    items: tuple[StandingView, ...]
    unknown: tuple[str, ...]


class EndingView(Answer, frozen=True, kw_only=True):
    """A consent in force that will end."""

    contact: str
    purpose: str
    address: str
    channel: str
    until: datetime
    fact: str


class Expiring(Answer, frozen=True, kw_only=True):
    """Consents that end, the first to end first; `more` where there are more than were asked for."""

    items: tuple[EndingView, ...]
    more: bool


class RefusalView(Answer, frozen=True, kw_only=True):
    """A row that was not taken: its number from 1 (in CSV its line), the column at fault, and why."""

    line: int
    field: str
    reason: str


class Imported(Answer, frozen=True, kw_only=True):
    """What became of the rows: facts that are new, facts that were known, and what was refused."""

    added: int
    known: int
    refused: tuple[RefusalView, ...]


def fact(entered: Entered) -> FactView:
    """A fact as it is shown."""
    said = entered.fact
    names = [name for name in Consent.__struct_fields__ if name not in ("at", "until", "evidence")]
    values = {name: getattr(said, name) for name in names}
    return FactView(
        **values, evidence=hidden(dict(said.evidence)), at=at(said.at), until=moment(said.until), seq=entered.seq,
        hash=entered.hash,
    )  # fmt: skip


def fresh(made: Consent) -> FactView:
    """A fact that was just recorded."""
    return fact(Entered(made, None, None))


async def record(call: Call[Nothing, RecordConsent]) -> Consent:
    """Record a fact: when the answer goes out, it holds for every send. Raises Problem, Refused."""
    said = call.body
    team = said.team
    if said.channel:
        live = call.gateway.channels.get(said.channel)
        if live is None:
            raise Problem("unknown_channel", f"there is no channel {said.channel!r}", field="channel")
        team = live.channel.team
    names = ("to", "change", "purpose", "channel", "basis", "evidence", "text", "text_version", "locale")
    values = {name: getattr(said, name) for name in names}
    entry = Entry(
        **values, team=team, source="api", actor=call.actor.name, at=ms_of(said.at) if said.at else 0,
        until=ms_of(said.until) if said.until else 0,
    )  # fmt: skip
    return await consents.record(call.store, call.actor, entry, unfit)


async def listing(call: Call[About, None]) -> Facts:
    """A page of a contact's facts, with those of the contacts that are merged into it."""
    found = await _dossier(call, call.query.contact, call.query.team)
    limit, before = call.query.limit, cursors.read(call.query.cursor)
    entered = await dossiers.facts(call.gateway.store, found, before, limit + 1)
    shown, more = cursors.page(entered, [each.fact.id for each in entered], limit)
    return Facts(items=tuple(map(fact, shown)), next=more)


async def _dossier(call: Call[Any, Any], said: str, team: str) -> Dossier:
    if not said:
        raise Problem("invalid_field", "is needed: a contact's id or an address", field="contact")
    try:
        found = await dossiers.find(call.gateway.store, said, team)
    except ValueError as error:
        raise Problem("invalid_field", str(error), field="contact") from error
    if found is None:
        raise Problem("not_found", f"there is no contact {said}")
    return found


async def stands(call: Call[Nothing, None]) -> Stands:
    """What stands for a contact now; raises Problem `not_found`."""
    found = await _dossier(call, call.id, "")
    standings = await dossiers.standings(call.gateway.store, found.contact)
    now = now_ms()
    return Stands(
        contact=found.contact,
        items=tuple(_standing(each, now) for each in standings),
        unknown=tuple(each for each in PURPOSES if each not in {known.purpose for known in standings}),
    )


def _standing(each: Standing, now: int) -> StandingView:
    ended = each.change == "given" and 0 < each.until <= now
    return StandingView(
        purpose=each.purpose, address=each.address, channel=each.channel, at=at(each.at),
        change="expired" if ended else each.change, until=moment(each.until), fact=each.fact,
    )  # fmt: skip


async def expiring(call: Call[Within, None]) -> Expiring:
    """Consents in force that end within some days."""
    now, limit = now_ms(), call.query.limit
    upto = now + call.query.days * _DAY_MS
    rows = [Ending(*row) for row in await call.gateway.store.read(lapses.ENDING, now, upto, limit + 1)]
    return Expiring(items=tuple(map(_ending, rows[:limit])), more=len(rows) > limit)


def _ending(each: Ending) -> EndingView:
    return EndingView(
        contact=each.contact, purpose=each.purpose, address=each.address, channel=each.channel,
        until=at(each.until), fact=each.fact,
    )  # fmt: skip


async def take(call: Call[Nothing, ImportConsents]) -> consents.Imported:
    """Take rows in; each is recorded once, also where the same rows are sent again. Raises Refused."""
    said = call.body
    if bool(said.rows) == bool(said.csv):
        raise Refused("rows", "either rows or csv is needed")
    lines = [Line(n, each) for n, each in enumerate(said.rows, 1)]
    try:
        lines = lines or consent_rows.read(said.csv)
    except NoFile as error:
        raise Refused("csv", str(error)) from error
    return await consents.import_lines(
        call.gateway.store, call.store, call.actor, lines, said.team, said.name, unfit
    )


def taken(done: consents.Imported) -> Imported:
    """What became of the rows, as it is shown."""
    refused = tuple(
        RefusalView(line=each.line, field=each.field, reason=each.reason) for each in done.refused
    )
    return Imported(added=done.added, known=done.known, refused=refused)
