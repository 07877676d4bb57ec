"""The terms of channels: dated documents, read strictly, as of a time."""

from datetime import UTC, datetime

import pytest

from connectors import registry
from connectors.terms import BadTerms, parsed
from connectors.terms_page import SUBJECTS
from state.model.channel import Terms

DAY = 86_400_000


def at(day: str) -> int:
    """A day as milliseconds, UTC."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp() * 1000)


TWO = """
[[version]]
version = "mail-2026-01-01"
from = 2026-01-01
grace = 30
pace = 2

[[version]]
version = "mail-2026-06-01"
from = 2026-06-01
grace = 10
includes = ["sms-2026-11-22"]
[[version.points]]
about = "window"
says = "By day."
source = "https://law.example"
"""


@pytest.mark.parametrize(
    ("day", "version"),
    [
        ("2025-12-31", "mail-2026-01-01"),
        ("2026-01-01", "mail-2026-01-01"),
        ("2026-05-31", "mail-2026-01-01"),
        ("2026-06-01", "mail-2026-06-01"),
        ("2030-01-01", "mail-2026-06-01"),
    ],
)
def test_a_version_counts_from_its_day_until_the_next(day: str, version: str) -> None:
    assert parsed(TWO).as_of(at(day)).version == version


def test_what_a_version_includes_comes_before_its_own() -> None:
    first, second = parsed(TWO).versions
    assert (first.points, first.pace, first.since, first.grace) == ((), 2, at("2026-01-01"), 30)
    assert (second.points[-1].says, len(second.points) > 5) == ("By day.", True)
    assert "UNSUBSCRIBE" in second.stop_words


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "missing required field `version`"),
        ("version = []", "at least one version"),
        ("version = [", "terms.toml: "),
        (TWO.replace("pace = 2", "speed = 2"), "unknown field `speed`"),
        (TWO.replace("pace = 2", 'pace = "2"'), "Expected `float`"),
        (TWO.replace("from = 2026-01-01", 'from = "soon"'), "Invalid RFC3339"),
        (TWO.replace("grace = 10", "grace = -1"), "`int` >= 0"),
        (TWO.replace("grace = 10\n", ""), "missing required field `grace`"),
        (TWO.replace('about = "window"', 'about = "weather"'), "Invalid enum value 'weather'"),
        (TWO.replace('source = "https://law.example"\n', ""), "missing required field `source`"),
        (TWO.replace("from = 2026-06-01", "from = 2025-06-01"), "the oldest first"),
        (TWO.replace('version = "mail-2026-06-01"', 'version = "mail-2026-01-01"'), "a name of its own"),
        (TWO.replace("sms-2026-11-22", "sms-2020-01-01"), "sms-2020-01-01, which it includes, is nowhere"),
        (TWO.replace("sms-2026-11-22", "none-2020-01-01"), "none-2020-01-01, which it includes, is nowhere"),
    ],
)
def test_a_document_that_is_wrong_is_told_with_its_place(text: str, said: str) -> None:
    with pytest.raises(BadTerms, match=r"^terms\.toml: ") as told:
        parsed(text)
    assert said in str(told.value)


@pytest.mark.parametrize("kind", sorted(registry.TYPES))
def test_each_type_says_what_is_agreed_to_with_its_source(kind: str) -> None:
    history = registry.connector(kind).history
    assert registry.connector(kind).terms in history.versions
    for terms in history.versions:
        assert {each.about for each in terms.points} >= {"audience", "purpose", "disclosure", "consent"}
        assert [each for each in terms.points if not each.source or not each.says.endswith(".")] == []
        assert len({each.says for each in terms.points}) == len(terms.points)
        assert {each.about for each in terms.points} <= SUBJECTS.keys()
    assert history.find("nothing") is None


@pytest.mark.parametrize(
    ("accepted", "known", "held_from"),
    [
        ({}, 0, 0),
        ({"old": 1}, 0, 130 * DAY),
        ({"old": 1}, 90 * DAY, 130 * DAY),
        ({"old": 1}, 500 * DAY, 530 * DAY),
        ({"new": 1}, 500 * DAY, None),
        ({"old": 1, "new": 2}, 0, None),
    ],
)
def test_sending_is_held_at_once_without_any_acceptance_and_after_the_grace_with_an_old_one(
    accepted: dict[str, int], known: int, held_from: int | None
) -> None:
    assert Terms(version="new", since=100 * DAY, grace=30).held_from(accepted, known) == held_from
