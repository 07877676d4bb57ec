"""Of several rules against a message the one that is asked first decides: what is final before what waits."""

from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from msgspec.structs import replace

from gateway.policy import Team, decide, load
from gateway.policy.pack import STANDARD
from state.known import Touch
from state.model.content import Text
from state.model.suspension import Scope, Suspension
from tests.gateway.policy.given import DAY, HOUR, MARKETING, NOON, PACK, SERVICE, allowed

SUSPENDED = Suspension(id="s", epoch=1, scope=Scope(), ground="operator", reason="-", actor="-", at=1)
WITHDRAWN = (allowed("marketing", change="withdrawn"),)
SENT = tuple(Touch(NOON - n * HOUR, "marketing", f"other {n}", f"before {n}") for n in (1, 2))
AGAINST: list[tuple[dict[str, Any], str]] = [
    ({"standings": WITHDRAWN, "expires_at": NOON}, "expired"),
    ({"standings": WITHDRAWN, "team": Team("DE", active=False)}, "team_inactive"),
    ({"standings": WITHDRAWN, "suspensions": (SUSPENDED,)}, "withdrawn"),
    ({"category": "UTILITY", "suspensions": (SUSPENDED,)}, "purpose_not_allowed"),
    ({"suspensions": (SUSPENDED,), "accepted": {}}, "suspended"),
    ({"suspensions": (SUSPENDED,), "content": Text("hello")}, "suspended"),
    ({"accepted": {}, "content": Text("hello")}, "terms_not_accepted"),
    ({"content": Text("hello"), "told": ""}, "window_closed"),
    ({"content": Text("hello"), "last_in": NOON - 1, "told": "", "touches": SENT}, "not_told"),
    ({"touches": (*SENT, Touch(NOON - 3 * HOUR, "marketing", "d1", "before 3"))}, "duplicate"),
    ({"touches": SENT}, "frequency"),
]


@pytest.mark.parametrize(("changes", "code"), AGAINST)
def test_what_is_final_is_said_before_what_waits(changes: dict[str, Any], code: str) -> None:
    assert decide(replace(MARKETING, **changes), NOON).code == code


def test_a_wait_is_until_the_time_its_rule_names() -> None:
    decision = decide(replace(MARKETING, touches=SENT), NOON)
    assert (decision.verdict, decision.wait_until) == ("wait", NOON + 22 * HOUR)
    assert decide(replace(SERVICE, suspensions=(SUSPENDED,)), NOON).wait_until == 0
    assert decide(replace(MARKETING, touches=SENT), NOON + 22 * HOUR).verdict == "send"


def test_another_pack_decides_otherwise_and_is_named(tmp_path: Path) -> None:
    caps = copytree(STANDARD, tmp_path / "packs") / "caps.toml"
    caps.write_text(caps.read_text().replace("messages = 2", "messages = 3"))
    looser, facts = load(caps.parent), replace(MARKETING, touches=SENT)
    decisions = decide(facts, NOON), decide(facts, NOON, looser)
    assert [each.verdict for each in decisions] == ["wait", "send"]
    assert [each.pack for each in decisions] == [PACK.version, looser.version]


def test_all_that_is_well_is_sent() -> None:
    assert [decide(each, NOON).verdict for each in (MARKETING, SERVICE)] == ["send", "send"]
    assert decide(SERVICE, NOON + 3 * DAY).code == "window_closed"
