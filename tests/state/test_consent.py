"""What stands of a contact's consent follows from the facts, in whatever order they come to be written."""

from itertools import permutations

import pytest

from state import consent
from state.consent import STANDINGS
from state.model.consent import PURPOSES, Change, Consent, Purpose, Standing, allowed, latest
from state.model.ids import new_id
from state.store import Store
from state.writer import Op

LANE, PHONE = 7, "tel:+15550100"


def fact(contact: str, change: Change, at: int, purpose: Purpose = "marketing", **more: str) -> Consent:
    return Consent(
        id=new_id(LANE), team="default", contact=contact, change=change, purpose=purpose, source="api", at=at,
        actor="a test", **more,  # type: ignore[arg-type]
    )  # fmt: skip


async def write(store: Store, *facts: Consent) -> None:
    def record() -> Op[None]:
        yield consent.asks(facts, LANE)

    await store.write(record)


async def standings(store: Store, contact: str) -> list[Standing]:
    def look() -> Op[list[Standing]]:
        (rows,) = yield [(STANDINGS, (contact, LANE))]
        return [Standing(*row[:8]) for row in rows]

    return await store.write(look)


async def test_the_latest_fact_stands_in_whatever_order_facts_are_written(store: Store) -> None:
    for order in permutations([("given", 1), ("withdrawn", 2), ("given", 3), ("withdrawn", 3)]):
        contact = new_id(LANE)
        for change, at in order:
            await write(store, fact(contact, change, at))  # type: ignore[arg-type]
        (found,) = await standings(store, contact)
        assert (found.change, found.at) == ("withdrawn", 3), order


async def test_facts_of_one_step_are_in_the_ledger_and_what_stands_beside(store: Store) -> None:
    contact = new_id(LANE)
    await write(store, fact(contact, "given", 1), fact(contact, "withdrawn", 2, address=PHONE))
    found = await standings(store, contact)
    assert {(each.address, each.change) for each in found} == {("", "given"), (PHONE, "withdrawn")}


async def test_what_stands_keeps_the_basis_of_the_fact_that_counts(store: Store) -> None:
    contact = new_id(LANE)
    for at, basis in ((1, "contract"), (3, "legal_obligation"), (2, "consent")):
        await write(store, fact(contact, "given", at, basis=basis))
    assert [each.basis for each in await standings(store, contact)] == ["legal_obligation"]


async def test_what_a_customer_was_told_forbids_and_allows_nothing(store: Store) -> None:
    contact = new_id(LANE)
    await write(store, fact(contact, "told", 5, "channel_data"))
    assert await standings(store, contact) == []


@pytest.mark.parametrize(
    ("purpose", "addresses", "channel", "stands"),
    [
        ("marketing", (PHONE,), "sms", "withdrawn"),
        ("marketing", ("tel:+15550199",), "sms", "given"),
        ("marketing", (PHONE,), "chat", "given"),
        ("service", (PHONE,), "sms", ""),
    ],
)
def test_a_fact_counts_for_its_purpose_address_and_channel(
    purpose: str, addresses: tuple[str, ...], channel: str, stands: str
) -> None:
    known = [
        Standing("marketing", "", "", "given", 1, 0, "a"),
        Standing("marketing", PHONE, "", "withdrawn", 2, 0, "b"),
        Standing("marketing", "", "chat", "given", 3, 0, "c"),
    ]
    found = latest(known, purpose, addresses, channel)
    assert (found.change if found else "") == stands


@pytest.mark.parametrize("change", ["given", "expired"])
@pytest.mark.parametrize("purpose", ["service", "one_time_codes"])
def test_a_stop_of_an_address_outlives_what_was_given_for_all_of_them(
    change: Change, purpose: Purpose
) -> None:
    stop = Standing("messages", PHONE, "", "withdrawn", 2, 0, "s")
    later = Standing(purpose, "", "", change, 3, 4, "g")
    assert latest([stop, later], purpose, (PHONE,), "sms") == stop
    assert latest([stop, later], purpose, ("tel:+15550199",), "sms") == later


@pytest.mark.parametrize(
    ("standing", "allows"),
    [
        (("marketing", "", "", "given", 1, 0, "a"), ("marketing",)),
        (("marketing", "", "sms", "given", 1, 0, "a"), ("marketing",)),
        (("marketing", "", "chat", "given", 1, 0, "a"), ()),
        (("marketing", "tel:+15550199", "", "given", 1, 0, "a"), ()),
        (("marketing", "", "", "given", 1, 100, "a"), ()),
        (("marketing", "", "", "given", 1, 101, "a"), ("marketing",)),
        (("marketing", "", "", "withdrawn", 1, 0, "a"), ()),
        (("messages", "", "", "withdrawn", 3, 0, "b"), ()),
    ],
)
def test_what_a_customer_allows_here_is_given_not_lapsed_and_not_stopped(
    standing: tuple[str, str, str, str, int, int, str], allows: tuple[Purpose, ...]
) -> None:
    before = Standing("profiling", "", "", "given", 2, 0, "p")
    found = allowed([before, Standing(*standing)], (PHONE,), "sms", 100)
    assert found == (*allows, "profiling")
    assert allowed([], (PHONE,), "sms", 100) == ()


def test_a_stop_takes_away_what_messages_are_sent_for_and_no_more() -> None:
    given = [Standing(purpose, "", "", "given", 1, 0, purpose) for purpose in PURPOSES]
    stop = Standing("messages", PHONE, "", "withdrawn", 2, 0, "s")
    assert allowed(given, (PHONE,), "sms", 100) == PURPOSES
    assert allowed([*given, stop], (PHONE,), "sms", 100) == ("profiling", "channel_data")
