"""The audit sees every way in which a gateway can break its promises: each row breaks the books in one."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.crash.audit import Verdict, audit, backwards
from tests.crash.books import Books, Finding, Kept, Kind, Receipt, Taken
from tests.crash.notices import MARKS

ALL = frozenset({"accepted", "sent", "delivered", "read"})


def reply(number: int, text: str, **changed: object) -> Kept:
    row = Kept(f"out-{text}", "out", f"{number}: {text}", f"wamid.{text}", "", ALL, text[:2])
    return row._replace(**changed)  # type: ignore[arg-type]


def notice(customer: str, number: int = 0, **changed: object) -> Kept:
    """What a customer is told first; `number` tells a later one from it."""
    told = f"{customer}.{number}"
    row = Kept(f"out- {told}", "out", f"WhatsApp {MARKS[0]}.", f"wamid.{told}", "", ALL, customer)
    return row._replace(**changed)  # type: ignore[arg-type]


def honest() -> Books:
    """Two customers, one orderly and one loose, as a gateway without a fault leaves them."""
    accepted = {"c0": ["c0 m1", "c0 m2"], "c1": ["c1 m1", "c1 m2"]}
    replies = [
        notice("c0"),
        reply(1, "c0 m1"),
        reply(2, "c0 m2"),
        notice("c1"),
        reply(1, "c1 m2", id="out-1"),
        reply(2, "c1 m1", id="out-2"),
    ]
    came = [
        Kept(f"in-{text}", "in", text, "", "", frozenset()) for texts in accepted.values() for text in texts
    ]
    return Books(
        accepted,
        frozenset({"c1"}),
        [Taken(row.id, row.text, row.provider_id, row.talk) for row in replies],
        [Receipt(row.id, "read", carried=True) for row in replies],
        came + replies,
        {"inbox": 0, "outbox": 0},
        1,
    )


def keep(change: Callable[[Kept], Kept | None]) -> Books:
    """The honest books with each row of the database changed, or left out."""
    books = honest()
    return books._replace(kept=[row for row in map(change, books.kept) if row])


def send(change: Callable[[list[Taken]], list[Taken]]) -> Books:
    """The honest books with another list of what the provider took."""
    books = honest()
    return books._replace(taken=change(list(books.taken)))


def only(row_id: str, **changed: object) -> Callable[[Kept], Kept]:
    return lambda row: row._replace(**changed) if row.id == row_id else row  # type: ignore[arg-type]


BROKEN: dict[str, tuple[Books, set[Kind]]] = {
    "an accepted message is not in the database": (
        keep(lambda row: None if row.id == "in-c0 m2" else row),
        {"lost"},
    ),
    "a message is stored twice": (
        honest()._replace(kept=[*honest().kept, Kept("in-9", "in", "c0 m1", "", "", frozenset())]),
        {"doubled"},
    ),
    "a turn was lost: its reply and its count are missing": (
        keep(lambda row: None if row.text == "2: c0 m2" else row)._replace(taken=honest().taken[:2]),
        {"lost"},
    ),
    "a turn was applied twice: the count went on": (
        keep(only("out-c0 m2", text="3: c0 m2"))._replace(taken=[]),
        {"lost", "doubled"},
    ),
    "a loose customer's count has a gap": (
        keep(only("out-2", text="3: c1 m1"))._replace(taken=[]),
        {"lost", "doubled"},
    ),
    "replies were made in the wrong order": (
        keep(only("out-c0 m1", id="p")),
        {"backwards", "lost", "doubled"},
    ),
    "a reply was sent twice": (send(lambda taken: taken + taken[-1:]), {"doubled"}),
    "a reply was sent that is not recorded": (
        send(lambda taken: [*taken, Taken("x", "3: c0 m1", "w", "c0")]),
        {"doubled"},
    ),
    "a reply was recorded as sent and never left": (send(lambda taken: [taken[0], *taken[2:]]), {"lost"}),
    "replies of one conversation overtook each other": (
        send(lambda taken: [taken[0], taken[2], taken[1], *taken[3:]]),
        {"backwards"},
    ),
    "a customer was never told of access": (
        keep(lambda row: None if row == notice("c0") else row)._replace(taken=honest().taken[1:]),
        {"lost"},
    ),
    "a customer was told of access twice": (
        honest()._replace(
            kept=[*honest().kept, notice("c0", 1, id="out-z")],
            taken=[*honest().taken, Taken("out-z", notice("c0").text, notice("c0", 1).provider_id, "c0")],
        ),
        {"doubled"},
    ),
    "a notice left twice, and nothing was cut off": (
        send(lambda taken: [*taken, taken[0]])._replace(cut=0),
        {"doubled"},
    ),
    "a reply came to the provider before the notice": (
        send(lambda taken: [taken[1], taken[0], *taken[2:]]),
        {"lost"},
    ),
    "a reply behind a notice that was given was refused": (
        keep(only("out-c0 m2", outcome="refused"))._replace(taken=[*honest().taken[:2], *honest().taken[3:]]),
        {"lost"},
    ),
    "a reply came with other words": (
        send(lambda taken: [taken[0]._replace(text="1: c0 m9"), *taken[1:]]),
        {"lost"},
    ),
    "a refused reply never left": (keep(only("out-1", outcome="refused", facts=frozenset())), {"lost"}),
    "an acknowledged status is not known": (keep(only("out-1", facts=frozenset({"accepted"}))), {"lost"}),
    "the provider's answer was forgotten": (keep(only("out-1", provider_id="")), {"lost"}),
    "more sends are called unknown than were cut off": (
        keep(lambda row: row._replace(outcome="unknown")),
        {"lost"},
    ),
    "a queue is stuck": (honest()._replace(left={"inbox": 0, "outbox": 2}), {"lost"}),
}

FINE: dict[str, Books] = {
    "nothing is wrong": honest(),
    "an unknown send may have come": keep(only("out-1", outcome="unknown", provider_id="")),
    "an unknown send may not have come": keep(
        only("out-c0 m1", outcome="unknown", provider_id="", facts=ALL)
    )._replace(taken=[honest().taken[0], *honest().taken[2:]]),
    "an unknown send may have come twice": keep(only("out-2", outcome="unknown"))._replace(
        taken=[*honest().taken, honest().taken[-1]]
    ),
    "a status without our id of an unknown send belongs to nobody": keep(
        only("out-1", outcome="unknown", facts=frozenset())
    )._replace(receipts=[Receipt("out-1", "read", carried=False)]),
}


def cut_off(came: bool) -> Books:
    """A notice was cut off: what stood behind it was refused, and the next turn began with another."""
    books = honest()
    first = notice("c0", id="out- c0", outcome="unknown", provider_id="")
    again = notice("c0", 1, id="out-c0 m1a")
    changed: dict[str, Any] = {
        "out-c0 m1": {"outcome": "refused", "provider_id": "", "facts": frozenset({"failed"})}
    }
    kept = [
        row._replace(**changed.get(row.id, {}))
        for row in books.kept
        if row.text != first.text or row.talk != "c0"
    ]
    taken = [each for each in books.taken if each.ours not in (notice("c0").id, "out-c0 m1")]
    told = [Taken(again.id, again.text, again.provider_id, "c0")]
    told = [Taken(first.id, first.text, "wamid.first", "c0"), *told] if came else told
    gone = [each for each in books.receipts if each.ours not in (notice("c0").id, "out-c0 m1")]
    return books._replace(kept=[*kept, first, again], taken=[*told, *taken], receipts=gone)


FINE |= {
    "a notice that was cut off is given again": cut_off(came=False),
    "a notice that was cut off may have come": cut_off(came=True),
}


@pytest.mark.parametrize("books", FINE.values(), ids=FINE)
def test_the_audit_accepts_honest_books(books: Books) -> None:
    assert audit(books) == []


@pytest.mark.parametrize(("books", "kinds"), BROKEN.values(), ids=BROKEN)
def test_the_audit_sees_broken_books(books: Books, kinds: set[Kind]) -> None:
    assert {finding.kind for finding in audit(books)} == kinds


EARLIER = reply(1, "c0 m1")


@pytest.mark.parametrize(
    ("later", "wrong"),
    {
        "all stays": ([EARLIER], 0),
        "a fact is added": ([EARLIER._replace(facts=ALL | {"played"})], 0),
        "a message vanishes": ([], 1),
        "a status is taken back": ([EARLIER._replace(facts=frozenset({"accepted", "sent"}))], 1),
        "the words change": ([EARLIER._replace(text="2: c0 m1")], 1),
        "the provider's id changes": ([EARLIER._replace(provider_id="wamid.other")], 1),
    }.values(),
)
def test_two_looks_at_the_database_show_what_went_backwards(later: list[Kept], wrong: int) -> None:
    assert [finding.kind for finding in backwards([EARLIER], later)] == ["backwards"] * wrong


def test_verdicts_add_up_to_one_line() -> None:
    one = Verdict(3, 10, 1, (Finding("lost", ""),))
    other = Verdict(4, 20, 0, (Finding("doubled", ""), Finding("backwards", "")))
    assert (one + other).line == "crash: kills=7 accepted=30 lost=1 doubled=1 unknown=1 backwards=1"
