"""Decisions and packs in words: every code says what to do, times are times, every row shows its source."""

import pytest
from msgspec.structs import replace

from gateway.policy import CODES, RULES, decide
from gateway.policy.entries import Rows
from gateway.policy.telling import REMEDIES, decision, fact, pack
from state.model.consent import Consent
from tests.gateway.policy.given import HELD, MARKETING, NOON, PACK, SERVICE


def test_every_code_says_what_to_do() -> None:
    assert list(REMEDIES) == list(CODES)


def test_a_refusal_says_why_what_to_do_what_was_read_and_what_was_not_asked() -> None:
    made = decide(replace(MARKETING, standings=()), NOON, PACK)
    lines = list(decision(made))
    assert lines[0].startswith("2027-03-01 11:00 UTC  it is refused: the customer has not allowed marketing")
    assert lines[0].endswith("[no_consent]")
    assert lines[1] == f"  to do: {REMEDIES['no_consent']}"
    assert lines[2] == f"  by rules {PACK.version}, terms wa-2026-11"
    assert "  no    consent          read: purpose marketing, last_in 2027-02-26 11:00 UTC" in lines
    assert lines[-1].startswith("  not asked any more: age, licence, ")


def test_what_may_leave_names_every_rule() -> None:
    lines = list(decision(decide(SERVICE, NOON, PACK)))
    assert lines[0] == "2027-03-01 11:00 UTC  it may leave"
    assert [line.split()[1] for line in lines[2:]] == [rule.__name__ for rule in RULES]


def test_what_waits_says_until_when() -> None:
    midnight = NOON + 12 * 3_600_000
    first = next(decision(decide(MARKETING, midnight, PACK)))
    assert first.startswith("2027-03-01 23:00 UTC  it waits until 2027-03-02 07:00 UTC: ")


def test_a_pack_shows_each_row_with_its_source_and_its_day() -> None:
    lines = list(pack(HELD.rows))
    rows = sum(len(getattr(HELD.rows, name)) for name in Rows.__struct_fields__)
    assert len([line for line in lines if line.startswith("      from ")]) == rows
    assert len([line for line in lines if line[:2] == "  " != line[2:4]]) == rows
    assert "  country US  opens 08:00  closes 20:00  states FL  everywhere" in lines
    assert "      from 2026-11-22; Florida Statutes 501.616 (6)" in lines


@pytest.mark.parametrize("table", Rows.__struct_fields__)
def test_one_table_is_shown_alone(table: str) -> None:
    assert [line for line in pack(HELD.rows, table) if not line.startswith(" ")] == [table]


def test_a_fact_is_told_with_who_recorded_it_and_the_words_that_prove_it() -> None:
    found = Consent(
        id="f", team="t", contact="c", change="withdrawn", purpose="messages", source="message", at=NOON,
        actor="the customer", address="tel:+49151", evidence={"words": "Stop!"},
    )  # fmt: skip
    assert fact(found) == (
        "  fact f: all messages withdrawn at 2027-03-01 11:00 UTC by the customer (message, for tel:+49151): “Stop!”"
    )
