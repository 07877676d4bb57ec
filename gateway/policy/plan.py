"""What another rule pack would have decided, beside what was decided: counted by what changes. Pure.

Each decision is taken by itself: a message that another pack would have let go counts in nobody's caps.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from gateway.policy.decide import decide
from gateway.policy.facts import Facts
from gateway.policy.pack import Pack
from state.model.message import Decision

FEW = 5
"""How many messages are named of each change."""


class Change(NamedTuple):
    """What was decided and what would be: a verdict and its code, as "refuse no_consent"."""

    before: str
    after: str


class Group(NamedTuple):
    """A change, how many decisions make it, and the messages of a few."""

    change: Change
    decisions: int
    messages: Sequence[str]


class _Groups:
    """Decisions by their change: all are counted, a few are named."""

    def __init__(self) -> None:
        self._counts: Counter[Change] = Counter()
        self._messages: defaultdict[Change, list[str]] = defaultdict(list)

    def add(self, change: Change, message: str) -> None:
        self._counts[change] += 1
        if len(named := self._messages[change]) < FEW:
            named.append(message)

    @property
    def groups(self) -> list[Group]:
        """The most frequent first."""
        return [Group(each, count, self._messages[each]) for each, count in self._counts.most_common()]

    @property
    def total(self) -> int:
        return self._counts.total()


class Plan:
    """What decisions become under a pack; `standard` is the one in force, by which facts put together are checked."""

    def __init__(self, standard: Pack, pack: Pack) -> None:
        self.standard, self.pack = standard, pack
        self.same = self.unchecked = 0
        self._changes, self._otherwise = _Groups(), _Groups()
        self._missing: Counter[str] = Counter()

    def add(self, message: str, made: Decision, facts: Facts) -> None:
        """Compare a decision with what the pack makes of its facts, as they were put together again.

        Where the pack in force made it and now says another thing of these facts, they are not what they were, and it
        is counted apart. One that an earlier pack made cannot be checked so; it is compared all the same.
        """
        again = None
        if made.pack == self.standard.version:
            again = decide(facts, made.at, self.standard)
            if _outcome(again) != _outcome(made):
                self._otherwise.add(_change(made, again), message)
                return
        else:
            self.unchecked += 1
        after = again if again and self.pack is self.standard else decide(facts, made.at, self.pack)
        if _outcome(after) == _outcome(made):
            self.same += 1
        else:
            self._changes.add(_change(made, after), message)

    def stays(self) -> None:
        """Count a decision that no pack has a part in."""
        self.same += 1

    def miss(self, why: str) -> None:
        """Count a decision whose facts cannot be put together, by the reason."""
        self._missing[why] += 1

    @property
    def changes(self) -> list[Group]:
        """What the pack would decide otherwise."""
        return self._changes.groups

    @property
    def otherwise(self) -> list[Group]:
        """What was decided, and what the same pack says of the facts as they were put together: they were others."""
        return self._otherwise.groups

    @property
    def missing(self) -> Mapping[str, int]:
        """How many had no facts any more, by reason."""
        return self._missing

    @property
    def total(self) -> int:
        """All decisions that were looked at."""
        return self.same + self._changes.total + self._otherwise.total + self._missing.total()


def _outcome(made: Decision) -> tuple[str, str, int]:
    return made.verdict, made.code, made.wait_until


def _change(made: Decision, after: Decision) -> Change:
    before, then = _said(made), _said(after)
    return Change(before, f"{then}, until another time" if then == before else then)


def _said(made: Decision) -> str:
    return f"{made.verdict} {made.code}".rstrip()
