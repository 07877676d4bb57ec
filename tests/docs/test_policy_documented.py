"""`docs/policy.md` names every rule, code, setting and file of the policy, and no other."""

import re
from pathlib import Path

from gateway.policy import CODES, RULES
from gateway.policy.entries import Rows
from gateway.policy.pack import STANDARD
from state.model.team_settings import TeamSettings

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()


def test_every_code_is_told_with_its_rule_and_verdict() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (\w+) \|", PAGE, re.MULTILINE)
    assert [(code, (rule, verdict)) for rule, code, verdict in rows] == list(CODES.items())


def test_the_rules_are_told_in_their_order() -> None:
    told = list(dict.fromkeys(re.findall(r"^\| `(\w+)` \| `\w+` \| \w+ \|", PAGE, re.MULTILINE)))
    assert told == ["channel", *(rule.__name__ for rule in RULES)]


def test_every_setting_of_a_team_is_told() -> None:
    part = PAGE.split("## What a team sets")[1].split("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) == TeamSettings.__struct_fields__


def test_every_file_and_table_of_the_pack_is_told() -> None:
    rows = re.findall(r"^\| `(\w+\.toml)` \| ([^|]*) \|", PAGE, re.MULTILINE)
    assert {name for name, _ in rows} == {path.name for path in STANDARD.glob("*.toml")}
    assert {table for _, tables in rows for table in re.findall(r"`(\w+)`", tables)} == set(
        Rows.__struct_fields__
    )
