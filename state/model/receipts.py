"""What became of a message: a lattice of facts, each kept at its earliest time, merged in any order.

A status is derived from the facts, never stored: evidence of delivery outranks failure and both are kept
(provider ranks: played > read > delivered > failed > sent).
"""

from collections.abc import Iterable
from functools import reduce
from typing import Literal

import msgspec

from state.model.base import Value

Status = Literal["queued", "accepted", "sent", "failed", "delivered", "read", "played"]
ReceiptStatus = Literal["sent", "delivered", "read", "played", "failed"]

Attribution = Literal["", "ours", "channel", "recipient", "third_party"]


class Fault(Value, frozen=True):
    """Why something failed: a stable `code`, the provider's or our `reason`, and who it is attributed to."""

    code: str
    reason: str = ""
    action: str = ""
    attribution: Attribution = ""


class Facts(Value, frozen=True):
    """When each thing was first known to have happened (milliseconds since 1970, UTC); 0 means not known."""

    accepted: int = 0
    sent: int = 0
    failed: int = 0
    delivered: int = 0
    read: int = 0
    played: int = 0
    fault: Fault | None = None

    def merge(self, other: "Facts") -> "Facts":
        """The join of both: commutative, associative and idempotent."""
        return Facts(
            _first(self.accepted, other.accepted),
            _first(self.sent, other.sent),
            _first(self.failed, other.failed),
            _first(self.delivered, other.delivered),
            _first(self.read, other.read),
            _first(self.played, other.played),
            _first_fault(self, other),
        )

    @property
    def status(self) -> Status:
        """The highest fact there is evidence for."""
        for name in _RANK:
            if getattr(self, name):
                return name
        return "queued"


def whole(pieces: Iterable[Facts], *, complete: bool) -> Facts:
    """What the facts of a message's pieces say of all of it: so far as every piece is, and failed as soon as one is.

    Unless they are `complete` only a failure counts. Merged into the message it gives the same in any order.
    """
    each = list(pieces)
    told = {name: _last(getattr(one, name) for one in each) if complete else 0 for name in _OF_ALL}
    failures = [Facts(failed=one.failed, fault=one.fault) for one in each if one.failed]
    failure = reduce(Facts.merge, failures, Facts())
    return Facts(**told, failed=failure.failed, fault=failure.fault)


_OF_ALL = ("sent", "delivered", "read", "played")
_RANK: tuple[Status, ...] = ("played", "read", "delivered", "failed", "sent", "accepted")


def _first(one: int, two: int) -> int:
    """The earlier of two times, where 0 means never."""
    return min(one, two) if one and two else one or two


def _last(times: Iterable[int]) -> int:
    """The latest of the times, or 0 where one is missing."""
    known = list(times)
    return max(known) if known and all(known) else 0


def _first_fault(one: Facts, two: Facts) -> Fault | None:
    """The fault of the earliest failure; of equal times the first as JSON text, so that order cannot matter."""
    known = [
        (facts.failed, facts.fault is None, msgspec.json.encode(facts.fault), facts.fault)
        for facts in (one, two)
        if facts.failed
    ]
    return min(known)[3] if known else None


def fact(status: ReceiptStatus, at: int, fault: Fault | None = None) -> Facts:
    """The facts one receipt tells; `at` in milliseconds, UTC (a time that is missing counts as long ago).

    Only a failure has a fault.
    """
    return Facts(**{status: max(at, 1)}, fault=fault if status == "failed" else None)
