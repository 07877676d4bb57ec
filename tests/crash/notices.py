"""The notices: each customer is told once who has access to what, before anything else is said to them. Pure.

A notice that was cut off by a kill counts as not given: what waits behind it in its conversation is refused, and the
next turn begins with another. One whose line was cut is sent again: it may arrive twice rather than be lost.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tests.crash.books import Books, Finding, Kept

MARKS = (
    "have access to everything that is transmitted in this conversation",
    "haben Zugriff auf alles, was in dieser Unterhaltung übertragen wird",
)
"""What tells a notice from an answer, in English and in the language of the customers' numbers."""


def is_notice(text: str) -> bool:
    """Whether words are the notice."""
    return any(mark in text for mark in MARKS)


def without(books: Books) -> Books:
    """The books as if nobody had to be told: what the flows said alone."""
    kept = [row for row in books.kept if not is_notice(row.text)]
    return books._replace(kept=kept, taken=[send for send in books.taken if not is_notice(send.text)])


def excused(books: Books) -> frozenset[str]:
    """The messages that were refused by right: behind a notice that was cut off."""
    return frozenset(row.id for rows in _talks(books).values() for row in _behind_a_cut(rows))


def audit(books: Books) -> Iterator[Finding]:
    """What is wrong with the notices of a run."""
    for talk, rows in _talks(books).items():
        yield from _told_once(talk, rows)
    told: set[str] = set()
    for send in books.taken:
        if is_notice(send.text):
            told.add(send.to)
        elif send.to not in told:
            yield Finding(
                "lost", f"{send.text!r} came to the provider before its customer was told of access"
            )


def again(books: Books) -> int:
    """How many notices came to the provider once more than they were recorded."""
    came = [send.ours for send in books.taken if is_notice(send.text)]
    return len(came) - len(set(came))


def _talks(books: Books) -> dict[str, list[Kept]]:
    """What was said in each conversation, in order."""
    talks: dict[str, list[Kept]] = defaultdict(list)
    for row in sorted(books.kept):
        if row.direction == "out":
            talks[row.talk].append(row)
    return talks


def _told_once(talk: str, rows: Sequence[Kept]) -> Iterator[Finding]:
    if not is_notice(rows[0].text):
        yield Finding("lost", f"conversation {talk} began with {rows[0].text!r}, and no notice")
    *before, _ = [row for row in rows if is_notice(row.text)] or [rows[0]]
    for row in before:
        if row.outcome != "unknown":
            yield Finding(
                "doubled", f"conversation {talk} was told again after {row.id} ({row.outcome or 'taken'})"
            )


def _behind_a_cut(rows: Sequence[Kept]) -> Iterator[Kept]:
    """What was refused behind a notice that was cut off."""
    cut = False
    for row in rows:
        if is_notice(row.text):
            cut = row.outcome == "unknown"
        elif cut and row.outcome == "refused":
            yield row
