"""Row D1: what a decision costs with all rules on and the facts in memory, beside a bare trigger of transitions.

The message is what costs most: marketing by a template to a number of a known country, after others, with consents that
stand, a licence, suspensions elsewhere and a birth. `python -m tests.bench.decisions`.
"""

from collections.abc import Callable
from itertools import cycle

from msgspec.structs import replace

from gateway.policy import RULES, Facts, Licence, Person, Team, decide
from state.known import Touch
from state.model.cause import Cause
from state.model.channel import Terms
from state.model.consent import Standing
from state.model.content import Template, Text
from state.model.suspension import Scope, Suspension, Target
from tests.bench.rows import Row, table
from tests.bench.turns import best, trigger

_TIMES, _MICROSECONDS = 3.5, 25
_DAY = 86_400_000
# A Tuesday at noon in Berlin.
_NOON = 1_803_898_800_000
_TERMS = Terms(
    version="whatsapp-2026-11-22", reply_window=86_400, template_outside_window=True, minimum_age=13
)
_STANDS = tuple(
    Standing(purpose, "", "", "given", _NOON - 30 * _DAY, 0, f"fact {purpose}")
    for purpose in ("service", "marketing")
)


def _facts(number: int) -> Facts:
    """The facts of one recipient of many, as they come from the database: nothing is shared but the channel's."""
    return Facts(
        target=Target(
            channel="wa", teams=("shop", "eu"), sender="1555", contact=f"c{number}", campaign="spring"
        ),
        content=Template("spring", "de"),
        terms=_TERMS,
        suspensions=_ELSEWHERE,
        last_in=_NOON - 3 * _DAY,
        expires_at=_NOON + _DAY,
        channel_type="whatsapp",
        cause=Cause(purpose="marketing", campaign="spring"),
        person=Person((f"whatsapp:49151{number:08}",), born="1990-05-05"),
        team=Team("DE"),
        standings=_STANDS,
        notice="2026-11",
        told="2026-11",
        terms_since=1,
        accepted={_TERMS.version: 1},
        touches=tuple(Touch(_NOON - n * 3 * _DAY, "marketing", f"d{n}", f"m{n}") for n in (1, 2)),
        licences=(Licence("l", "template:spring", _NOON + _DAY),),
        digest="d",
        message=f"m{number}",
        category="MARKETING",
    )


_ELSEWHERE = tuple(
    Suspension(
        id=f"s{n}", epoch=n, scope=Scope(channel=f"sms{n}"), ground="operator", reason="-", actor="-", at=1
    )
    for n in (1, 2)
)


def _decisions(facts: list[Facts]) -> Callable[[], object]:
    """Decisions about one recipient after the other, each of whom was written to before."""
    turns = cycle(facts)
    for each in facts:
        decision = decide(each, _NOON)
        assert (decision.verdict, len(decision.rules)) == ("send", len(RULES)), decision
    return lambda: decide(next(turns), _NOON)


def rows() -> list[Row]:
    """A message of a campaign and an answer; the goal is 25 µs, or 3.5 bare triggers where that is less."""
    campaign = [_facts(number) for number in range(1000)]
    answers = [
        replace(each, content=Text("hello"), cause=Cause(), last_in=_NOON - 1, category="", licences=())
        for each in campaign
    ]
    bare = best(trigger())
    figures = (("D1", "decision about marketing", campaign), ("D1a", "decision about an answer", answers))
    return [
        Row(
            id=name, what=what, value=round(cost, 1), unit="µs", limit=round(bare, 1), ratio=round(bare / cost, 3),
            goal=round(max(1 / _TIMES, bare / _MICROSECONDS), 3), valid=True,
        )
        for name, what, facts in figures
        for cost in (best(_decisions(facts)),)
    ]  # fmt: skip


if __name__ == "__main__":
    print(table(rows()))
