"""Recording what customers have allowed and forbidden, one fact at a time or from a file; and licences for content."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from admin import consent_rows
from admin.consent_rows import Line
from admin.operations import Actor, Refused, Writes
from state import audit, channels, licences, media, recording
from state.licences import Record
from state.model.address import BadAddress, canonical
from state.model.consent import Basis, Consent, Purpose
from state.model.ids import lane_of_id, now_ms
from state.recording import Entry, NoContact
from state.writer import Duplicate, Op

_SKEW_MS = 60_000
"""How far another machine's clock may be ahead of ours."""
_AT_A_TIME = 200
DEFAULT = "default"
"""The team of whoever names none."""
_SUBJECTS = ("template", "media")


Unfit = Callable[[Purpose, Basis, str], str]
"""Why a legal basis does not fit a purpose on a channel of a type ("": all channels); "" where it does."""


class Where(NamedTuple):
    """Whose a channel is, and of what type."""

    team: str = ""
    type: str = ""


class Refusal(NamedTuple):
    """A row of a file that was not taken: its line (from 1), what is wrong, and why."""

    line: int
    field: str
    reason: str


class Imported(NamedTuple):
    """What became of a file: facts that are new, facts that were known, and the rows that were refused."""

    added: int
    known: int
    refused: tuple[Refusal, ...]


async def record(store: Writes, actor: Actor, entry: Entry, unfit: Unfit) -> Consent:
    """Record a fact; when this returns it holds for every send. Raises Refused."""
    actor.needs("consent:write")
    await _check_team(store, entry.team)
    entry = named(entry)
    check(entry, now_ms(), await _channels(store), unfit)
    try:
        return await store.write(recording.record, entry)
    except NoContact as error:
        raise Refused("to", f"the team {entry.team!r} has no contact {entry.to}") from error


async def _check_team(store: Writes, team: str) -> None:
    """What is recorded for a team that is none would never be looked at; the one by default may have no row yet."""
    if team != DEFAULT and team not in {row[0] for row in await store.read(recording.TEAMS)}:
        raise Refused("team", f"there is no team {team!r}")


async def _channels(store: Writes) -> Mapping[str, Where]:
    """The team and the type of each channel."""
    return {row[0]: Where(row[2], row[1]) for row in await store.read(channels.LIST)}


def check(entry: Entry, now: int, known: Mapping[str, Where], unfit: Unfit) -> None:
    """Look at an entry as a whole, `known` are the channels; raises Refused naming the field that is wrong."""
    where = known.get(entry.channel, Where())
    if entry.channel and where.team != entry.team:
        raise Refused("channel", f"the team {entry.team!r} has no channel {entry.channel!r}")
    if entry.change not in ("given", "withdrawn"):
        raise Refused("change", "given and withdrawn can be recorded; the rest follows by itself")
    if entry.change == "given" and not entry.evidence:
        raise Refused("evidence", "is needed: what proves that the customer gave it")
    if entry.change == "given" and (why := unfit(entry.purpose, entry.basis, where.type)):
        raise Refused("basis", why)
    if entry.at > now + _SKEW_MS:
        raise Refused("at", "lies in the future")
    if entry.until and entry.change != "given":
        raise Refused("until", "only what is given can end by itself")
    if entry.until and entry.until <= (entry.at or now):
        raise Refused("until", "is not after the time it was given")


def named(entry: Entry) -> Entry:
    """An entry about an address as that is kept, or about a contact; raises Refused where it is neither.

    A national number is refused: nobody can tell whose it is, and it would be another contact than the one meant.
    """
    if any(each.isspace() for each in entry.to):
        raise Refused("to", f"{entry.to!r}: an address has no blanks")
    if ":" not in entry.to:
        _check_id(entry.to)
        return entry
    try:
        to = canonical(entry.to)
    except BadAddress as error:
        raise Refused("to", str(error)) from error
    if to.startswith("tel:0"):
        raise Refused("to", f"{entry.to!r} is a national number: write its country, as tel:+4915112345678")
    return msgspec.structs.replace(entry, to=to)


def _check_id(to: str) -> None:
    try:
        lane_of_id(to)
    except ValueError as error:
        why = f"{to[:40]!r} is neither an address (scheme:path) nor a contact's id"
        raise Refused("to", why) from error


async def import_lines(
    store: Writes,
    answers: Writes,
    actor: Actor,
    lines: Sequence[Line],
    team: str,
    name: str,
    unfit: Unfit,
) -> Imported:
    """Record the facts of a file; each row needs a legal basis and evidence, or it is refused and the others are taken.

    The same row is recorded once, however often the file is taken. The audit entry is written with `answers` at last.
    Raises Refused where there is no such team.
    """
    actor.needs("consent:write")
    await _check_team(store, team)
    known = await _channels(store)
    found, refused = _entries(lines, team, actor.name, lambda entry: check(entry, now_ms(), known, unfit))
    added = 0
    for n in range(0, len(found), _AT_A_TIME):
        added += sum(await asyncio.gather(*(_once(store, each) for each in found[n : n + _AT_A_TIME])))
    done = Imported(added, len(lines) - len(refused) - added, tuple(refused))
    return await answers.write(_imported, done, actor.name, team, name)


def _entries(
    lines: Sequence[Line], team: str, actor: str, look: Callable[[Entry], None]
) -> tuple[list[Entry], list[Refusal]]:
    """The entries that can be recorded, each once, and the refusals."""
    found, refused = dict[bytes, Entry](), []
    for line in lines:
        try:
            if line.wrong:
                raise Refused("row", f"it {line.wrong}")
            entry = named(consent_rows.entry(line.values, team, actor))
            look(entry)
            found[msgspec.json.encode(entry)] = entry
        except Refused as error:
            field = "address" if error.field == "to" else error.field
            refused.append(Refusal(line.number, field, error.reason))
    return list(found.values()), refused


async def _once(store: Writes, entry: Entry) -> bool:
    try:
        return await store.write(recording.record_once, entry)
    except Duplicate:
        return False  # another node is taking the same file


def _imported(done: Imported, actor: str, team: str, name: str) -> Op[Imported]:
    refused = len(done.refused)
    yield from audit.note(
        actor, "import_consents", name, team=team, added=done.added, known=done.known, refused=refused
    )
    return done


async def add_licence(
    store: Writes, actor: Actor, team: str, subject: str, evidence: Mapping[str, Any], ends_at: int
) -> Record:
    """Add a licence for a template or a file (`template:NAME`, `media:ID`) that ends at a time; 0: never."""
    actor.needs("consent:write")
    await _check_team(store, team)
    kind, _, name = subject.partition(":")
    if kind not in _SUBJECTS or not name:
        raise Refused("subject", f"{subject!r}: template:NAME or media:ID is expected")
    if kind == "media" and not await _stored(store, name):
        raise Refused("subject", f"there is no file {name!r}")
    if not evidence:
        raise Refused("evidence", "is needed: what proves the licence")
    if ends_at and ends_at <= now_ms():
        raise Refused("ends_at", "lies in the past")

    def add() -> Op[Record]:
        made = yield from licences.add(team, subject, evidence, ends_at)
        yield from audit.note(actor.name, "add_licence", subject, licence=made.id, team=team, ends_at=ends_at)
        return made

    return await store.alone(add)


async def _stored(store: Writes, media_id: str) -> bool:
    """Whether a file is kept under an id."""
    try:
        return bool(await store.read(media.ONE, media_id, lane_of_id(media_id)))
    except ValueError:
        return False


async def remove_licence(store: Writes, actor: Actor, licence_id: str, reason: str) -> Record:
    """Take a licence out of use; raises Refused, licences.NoLicence."""
    actor.needs("consent:write")
    if not reason.strip():
        raise Refused("reason", "is needed: who reads the audit wants to know why")

    def remove() -> Op[Record]:
        gone = yield from licences.remove(licence_id)
        yield from audit.note(actor.name, "remove_licence", gone.subject, reason, licence=licence_id)
        return gone

    return await store.alone(remove)
