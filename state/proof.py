"""Whether a chain is whole: in the database, or in an export that is looked at without one."""

from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from state import ledger
from state.model.base import Value
from state.model.chain import Head, Link, Walk, digest, origin
from state.signing import is_signed
from state.store import Store

FORMAT = "parley-ledger-1"
_RUN = 1000


class Verdict(Value, frozen=True, kw_only=True):
    """What was found: `links` were followed up to the last whole one, `shown` of them with their records.

    `key` is the public key the head is signed with, "" where it is not signed; `broken` the number of the first broken
    link, and `reason` what is wrong with it. `waiting` rows have no place in the chain yet.
    """

    chain: str
    links: int
    shown: int
    key: str = ""
    broken: int | None = None
    reason: str = ""
    waiting: int = 0


class NoExport(ValueError):
    """A file that is no export of a ledger."""


class Start(Value, frozen=True):
    """The link before the first of an export."""

    seq: int
    hash: str


class Header(Value, frozen=True, kw_only=True, omit_defaults=False):
    """The first line of an export. `contacts`, `since` and `before` say what was asked for; empty: all."""

    format: str
    chain: str
    key: str
    made_at: str
    start: Start
    contacts: tuple[str, ...] = ()
    since: str = ""
    before: str = ""


class Shown(Value, frozen=True, kw_only=True):
    """A line with a record: its place in the chain, its salt and what it says."""

    seq: int
    hash: str
    salt: str
    record: Any


class Others(Value, frozen=True, kw_only=True):
    """A line for records that are not shown: the first one's number, their digests, the last one's hash."""

    seq: int
    digests: tuple[str, ...]
    hash: str


class End(Value, frozen=True, kw_only=True, omit_defaults=False):
    """The last line: the head as it was signed."""

    head: int
    hash: str
    at: int
    key: str
    signature: str


_KINDS: dict[str, type[Value]] = {"record": Shown, "digests": Others, "head": End}
_encode = msgspec.json.Encoder().encode


class Choice(NamedTuple):
    """Which facts an export shows: those of `contacts`, at or after `since` and before `before` (milliseconds, UTC)."""

    contacts: tuple[str, ...] = ()
    since: int = 0
    before: int = 0

    def wants(self, record: Any) -> bool:
        """Whether a fact is shown."""
        at = record.get("at", 0)
        mine = not self.contacts or record.get("contact") in self.contacts
        return mine and at >= self.since and (not self.before or at < self.before)


ALL = Choice()


async def export(store: Store, name: str, choice: Choice = ALL, made_at: int = 0) -> AsyncIterator[bytes]:
    """The lines of an export of what a chain holds by now; of others' records only the digests that link them.

    It begins with the first record that is shown, and goes on to the head, whose signature covers all of it.
    """
    head = await ledger.head(store, name) or Head(name, 0, origin(name))
    before, run, begun = Start(0, origin(name)), _Run(), not any(choice)
    if begun:
        yield _header(head, before, choice, made_at)
    async for link in ledger.links(store, name, 0, head.seq):
        shown = link.record is not None and choice.wants(link.record)
        if shown and not begun:
            begun = True
            yield _header(head, before, choice, made_at)
        if not begun:
            before = Start(link.seq, link.hash)
            continue
        if (shown or run.full) and run.digests:
            yield run.line()
        if shown:
            yield _encode(Shown(seq=link.seq, hash=link.hash, salt=link.salt, record=link.record))
        else:
            run.add(link)
    if not begun:
        yield _header(head, before, choice, made_at)
    if run.digests:
        yield run.line()
    yield _encode(End(head=head.seq, hash=head.hash, at=head.at, key=head.key, signature=head.signature))


def _header(head: Head, start: Start, choice: Choice, made_at: int) -> bytes:
    return _encode(
        Header(
            format=FORMAT, chain=head.name, key=head.key, made_at=_time(made_at), start=start,
            contacts=choice.contacts, since=_time(choice.since), before=_time(choice.before),
        )
    )  # fmt: skip


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat() if ms else ""


class _Run:
    """Records in a row that are not shown."""

    def __init__(self) -> None:
        self.first = 0
        self.last = ""
        self.digests: list[str] = []

    @property
    def full(self) -> bool:
        return len(self.digests) >= _RUN

    def add(self, link: Link) -> None:
        self.first = self.first if self.digests else link.seq
        self.last = link.hash
        self.digests.append("" if link.record is None else _digest(link))

    def line(self) -> bytes:
        made = _encode(Others(seq=self.first, digests=tuple(self.digests), hash=self.last))
        self.digests.clear()
        return made


def _digest(link: Link) -> str:
    try:
        return digest(link.salt, link.record)
    except ValueError:
        return ""


def verify(lines: Iterable[bytes], key: str = "") -> Verdict:
    """Follow an export from its header to its signed head; `key` is the public key that must have signed it.

    Needs neither database nor settings. Raises NoExport where the first line is no header.
    """
    source = iter(lines)
    header = _read_header(next(source, b""))
    start = header.start
    walk, end = Walk(header.chain, start.seq, start.hash if start.seq else ""), None
    for line in source:
        if end:
            walk.broken = (walk.seq + 1, "something follows the line of the head")
            break
        try:
            each = _read(line)
        except (msgspec.MsgspecError, ValueError) as error:
            walk.broken = (walk.seq + 1, f"its line cannot be read: {error}")
            break
        if isinstance(each, End):
            end = Head(header.chain, each.head, each.hash, each.signature, each.key, each.at)
        elif not all(walk.take(link) for link in _links(each, header.chain)):
            break
    if not walk.broken and end is None:
        walk.broken = (walk.seq + 1, "the file ends without a head")
    keys = (key or header.key,) if key or header.key else ()
    return _verdict(walk, end, keys)


def _read_header(line: bytes) -> Header:
    try:
        header = msgspec.json.decode(line, type=Header)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise NoExport(f"its first line is no header of an export: {error}") from error
    if header.format != FORMAT:
        raise NoExport(f"its format is {header.format!r}; this version reads {FORMAT!r}")
    return header


def _read(line: bytes) -> Value:
    found = msgspec.json.decode(line)
    kind = next((each for name, each in _KINDS.items() if isinstance(found, dict) and name in found), None)
    if kind is None:
        raise ValueError("neither a record, nor digests, nor a head")
    return msgspec.convert(found, kind)


def _links(line: Value, name: str) -> Iterable[Link]:
    if isinstance(line, Shown):
        flaw = "" if line.hash else "it has no hash"
        team = line.record.get("team") if isinstance(line.record, dict) else None
        if name != ledger.AUDIT and ledger.of_team(str(team)) != name:
            flaw = f"it is a fact of another chain, of team {team!r}"
        yield Link(line.seq, line.hash, line.salt, line.record, flaw=flaw)
    elif isinstance(line, Others):
        last = len(line.digests) - 1
        for n, each in enumerate(line.digests):
            yield Link(line.seq + n, line.hash if n == last else "", digest=each)


def _verdict(walk: Walk, head: Head | None, keys: tuple[str, ...], waiting: int = 0) -> Verdict:
    """Compare the walk's end with the head, and the head's signature with the keys that may have made it."""
    if head and walk.end(head):
        flaw = _unsigned(head, keys)
        walk.broken = (head.seq, flaw) if flaw else None
    broken, reason = walk.broken or (None, "")
    key = head.key if head and not broken else ""
    return Verdict(
        chain=walk.name,
        links=walk.seq,
        shown=walk.shown,
        key=key,
        broken=broken,
        reason=reason,
        waiting=waiting,
    )


def _unsigned(head: Head, keys: tuple[str, ...]) -> str:
    """What is wrong with a head's signature."""
    if head.signature or head.key:
        if not is_signed(head):
            return "the head's signature is wrong"
        if head.key not in keys:
            return f"the head is signed with another key, {head.key}"
        return ""
    return "the head is not signed" if keys and head.seq else ""


async def verify_database(store: Store, name: str, keys: tuple[str, ...] = ()) -> Verdict:
    """Follow a chain in the database; `keys` are the public keys that may have signed its head, none where all may."""
    while True:
        head = await ledger.head(store, name)
        upto = head.seq if head else 0
        walk = Walk(name)
        async for link in ledger.links(store, name, 0, upto):
            if not walk.take(link):
                break
        stray = await ledger.stray(store, name, upto)
        if stray is not None and await ledger.head(store, name) != head:
            continue  # it grew while we looked
        if stray is not None and (head is None or walk.end(head)):
            why = f"it comes after the head, which counts {upto}" if stray > 0 else "numbers begin with 1"
            walk.broken = (stray, why)
        waiting = await ledger.waiting(store, name)
        return _verdict(walk, head, keys or ((head.key,) if head and head.key else ()), waiting)
