"""The audit: what customers were promised, what the provider took, and what the database says must be one story.

Pure: it takes the books of all three and gives its findings. A customer's text is `c<number> m<number>`; the bot counts
in each conversation and answers `<count>: <text>`, so a lost or doubled turn shows in the numbers of all that follow.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from tests.crash import notices
from tests.crash.books import Books, Finding, Kept, Kind, Taken


class Verdict(NamedTuple):
    """The result of a run."""

    kills: int
    accepted: int
    unknown: int
    findings: tuple[Finding, ...]

    def count(self, kind: Kind) -> int:
        """How many findings there are of a kind."""
        return sum(finding.kind == kind for finding in self.findings)

    def __add__(self, other: object) -> "Verdict":
        if not isinstance(other, Verdict):
            return NotImplemented
        counts = self.kills + other.kills, self.accepted + other.accepted, self.unknown + other.unknown
        return Verdict(*counts, self.findings + other.findings)

    @property
    def line(self) -> str:
        """The one line a run ends with."""
        return (
            f"crash: kills={self.kills} accepted={self.accepted} lost={self.count('lost')}"
            f" doubled={self.count('doubled')} unknown={self.unknown} backwards={self.count('backwards')}"
        )


def audit(books: Books) -> list[Finding]:
    """All broken promises of a finished run."""
    return [
        *_inbound(books),
        *notices.audit(books),
        *_transcripts(notices.without(books)),
        *_sends(books, notices.excused(books)),
        *_order(notices.without(books)),
        *_receipts(books),
        *_cut_off(books),
        *(
            Finding("lost", f"{count} rows are stuck in {queue}")
            for queue, count in books.left.items()
            if count
        ),
    ]


def backwards(before: Iterable[Kept], after: Iterable[Kept]) -> Iterator[Finding]:
    """What a later look at the database no longer knows, or knows otherwise."""
    later = {row.id: row for row in after}
    for row in before:
        now = later.get(row.id)
        if now is None:
            yield Finding("backwards", f"the message {row.id} ({row.text}) has vanished")
        elif not row.facts <= now.facts:
            yield Finding("backwards", f"{row.id} forgot {sorted(row.facts - now.facts)}")
        elif (row.text, row.direction) != (now.text, now.direction):
            yield Finding("backwards", f"{row.id} was {row.text!r}, now is {now.text!r}")
        elif row.provider_id not in ("", now.provider_id):
            yield Finding(
                "backwards", f"{row.id} was {row.provider_id} at the provider, now {now.provider_id!r}"
            )


def customer_of(text: str) -> str:
    """Whose text it is, in the text itself or in an answer to it."""
    return text.rpartition(": ")[2].partition(" ")[0]


def _differences(what: str, expected: Iterable[str], found: Iterable[str]) -> Iterator[Finding]:
    """What is missing is lost, what is too much is doubled."""
    wanted, had = Counter(expected), Counter(found)
    yield from (Finding("lost", f"{what}: {text!r} is missing") for text in (wanted - had).elements())
    yield from (Finding("doubled", f"{what}: {text!r} is too much") for text in (had - wanted).elements())


def _inbound(books: Books) -> Iterator[Finding]:
    promised = (text for texts in books.accepted.values() for text in texts)
    return _differences("inbound", promised, (row.text for row in books.kept if row.direction == "in"))


def _transcripts(books: Books) -> Iterator[Finding]:
    """The replies of each conversation are those of a run that nobody interrupted."""
    replies: dict[str, list[str]] = defaultdict(list)
    for row in sorted(books.kept):
        if row.direction == "out":
            replies[customer_of(row.text)].append(row.text)
    for customer in books.accepted.keys() | replies.keys():
        texts, said = books.accepted.get(customer, ()), replies[customer]
        what = f"replies to {customer}"
        if customer in books.loose:
            yield from _differences(
                what, map(str, range(1, len(texts) + 1)), (each.split(":")[0] for each in said)
            )
            yield from _differences(what, texts, (each.partition(": ")[2] for each in said))
        else:
            yield from _differences(what, (f"{n}: {text}" for n, text in enumerate(texts, 1)), said)
        yield from _rising(f"{what} in the database", said)


def _rising(what: str, replies: Iterable[str]) -> Iterator[Finding]:
    last = 0
    for reply in replies:
        number = int(reply.split(":")[0])
        if number < last:
            yield Finding("backwards", f"{what}: number {number} comes after {last}")
        last = max(last, number)


def _sends(books: Books, excused: frozenset[str]) -> Iterator[Finding]:
    """Each reply left once, was recorded as what it was, and none left that is not recorded; the excused did not."""
    taken: dict[str, list[Taken]] = defaultdict(list)
    for send in books.taken:
        taken[send.ours].append(send)
    for row in books.kept:
        if row.direction == "out" and row.id not in excused:
            yield from _send(row, taken.pop(row.id, []))
    for ours, sends in taken.items():
        yield Finding("doubled", f"{sends[0].text!r} was sent as {ours!r}, which nobody has recorded")


def _send(row: Kept, sends: Sequence[Taken]) -> Iterator[Finding]:
    unknown = row.outcome == "unknown"
    if not unknown:
        if not notices.is_notice(row.text):
            yield from (Finding("doubled", f"{send.text!r} was sent again") for send in sends[1:])
        if not sends:
            yield Finding("lost", f"{row.text!r} ({row.outcome or 'no outcome'}) never came to the provider")
        elif row.provider_id not in {send.wamid for send in sends} or "accepted" not in row.facts:
            yield Finding("lost", f"{row.text!r} was taken, but its outcome is not recorded: {row}")
    for send in sends:
        if send.text != row.text:
            yield Finding("lost", f"{row.text!r} came to the provider as {send.text!r}")


def _order(books: Books) -> Iterator[Finding]:
    """Replies of one conversation left in order."""
    said: dict[str, list[str]] = defaultdict(list)
    for send in books.taken:
        said[customer_of(send.text)].append(send.text)
    for customer, replies in said.items():
        yield from _rising(f"replies to {customer} at the provider", replies)


def _receipts(books: Books) -> Iterator[Finding]:
    """Every status that was answered with 2xx is known.

    One whose message's answer was cut off, and which does not carry our id either, can belong to nobody.
    """
    rows = {row.id: row for row in books.kept}
    for receipt in books.receipts:
        row = rows.get(receipt.ours)
        if row is None or receipt.word in row.facts:
            continue
        if receipt.carried or row.outcome != "unknown":
            yield Finding("lost", f"{row.text!r} was {receipt.word}, which was acknowledged and is not known")


def unknown(rows: Iterable[Kept]) -> int:
    """How many sends are recorded as unknown."""
    return sum(row.outcome == "unknown" for row in rows)


def _cut_off(books: Books) -> Iterator[Finding]:
    """Nobody may call a send unknown that nothing cut off, nor send a notice again for that reason."""
    count, again = unknown(books.kept), notices.again(books)
    if count > books.cut:
        yield Finding("lost", f"{count} sends are recorded as unknown, and at most {books.cut} were cut off")
    elif count + again > books.cut:
        yield Finding(
            "doubled",
            f"{again} notices came again and {count} sends are unknown, and at most {books.cut} were cut off",
        )
