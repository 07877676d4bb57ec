"""What passes through a gateway is counted, and what detectors find in it becomes a signal, once."""

import logging
from typing import Any

import pytest
import sqlalchemy as sa

from gateway import detectors, traffic
from gateway.detecting import Detecting
from gateway.detectors import Counts, Finding, Thresholds
from state import consent_tables, tables
from state import traffic as rows
from state.model.ids import now_ms
from state.statements import insert
from state.traffic import DAY, HOUR, WEEK, Counted, hour_of
from state.writer import Op
from tests.gateway.api.house import ALLOWED
from tests.spine.house import WA, House, change, status, text, webhook

BOB = "whatsapp:4915199"
HI = {"type": "text", "text": "hi"}


async def counted(house: House) -> dict[str, int]:
    """All that is counted of the channel, in whatever hour the test runs."""
    gateway, now = house.gateway, now_ms()
    await traffic.flush(gateway.metrics.traffic, gateway.store, gateway.settings.node, now)
    found = await gateway.store.read(rows.SPAN, "wa", now - DAY, now + HOUR)
    return {kind: n for _, kind, n in found}


async def history(house: House, **now: int) -> None:
    """Eight quiet weeks, and so many of some kinds now."""
    gateway, here = house.gateway, hour_of(now_ms())
    for week in range(9):
        quiet = [Counted("wa", kind, 10) for kind in ("unasked", "new_recipients", "codes")]
        await gateway.store.write(rows.add, "n2", here - week * WEEK, quiet)
    attack = [Counted("wa", kind.replace("__", ":"), n) for kind, n in now.items()]
    await gateway.store.write(rows.add, "n1", here, attack)


async def signals(house: House) -> dict[str, str]:
    c = tables.signal.c
    found = await house.rows(sa.select(c.code, c.action).order_by(c.id))
    return {code.removeprefix("detector/"): action for code, action in found}


async def test_what_comes_leaves_fails_and_stops_is_counted(house: House) -> None:
    await house.hear(text(1, "hi"))
    await house.quiet()
    asked = {"to": BOB, "channel": "wa", "content": HI, "consent": ALLOWED}
    template = {"type": "template", "name": "hello", "language": "en", "category": "utility"}
    told = await house.call("POST", "/messages", asked | {"content": template})
    await house.quiet()
    failed: Any = {"errors": [{"code": 131049, "title": "healthy ecosystem"}]}
    wamid = (await house.messages("out"))[-1].provider_id
    body = webhook([change(statuses=[status(wamid, "failed", told.body["id"], **failed)], account=WA)])
    assert await house.post(body) == 200
    await house.hear(text(1, "STOP"))
    await house.quiet()
    found = await counted(house)
    assert (found["inbound"], found["accepted"], found["opt_outs"]) == (2, 3, 1)
    assert (found["unasked"], found["new_recipients"], found["failed"]) == (1, 1, 1)


ATTACKS: list[dict[str, int]] = [
    {"new_recipients": 500},
    {"same__0123456789abcdef": 500},
    {"code__9922155": 600, "codes": 600},
]


@pytest.mark.parametrize("attack", ATTACKS, ids=["new_recipients", "same_content", "code_pumping"])
async def test_an_attack_is_one_signal_of_fraud_however_often_it_is_seen(
    house: House, attack: dict[str, int], request: pytest.FixtureRequest
) -> None:
    woken: list[str] = []
    house.gateway.wake.on("signals", woken.append)
    await history(house, **attack)
    now = now_ms()
    heard = await house.gateway.detecting.round(now)
    assert [each.code for each in heard] == list(await signals(house))
    assert set((await signals(house)).values()) == {"FRAUD"}
    assert heard[0].code in request.node.name
    assert await house.gateway.detecting.round(now) == []
    assert woken == [""]


async def test_a_quiet_hour_gives_no_signal_and_ratios_only_warn(house: House) -> None:
    await history(house)
    assert await house.gateway.detecting.round(now_ms()) == []
    await history(house, accepted=100, failed=50)
    await house.gateway.detecting.round(now_ms())
    assert await signals(house) == {"error_ratio": "WARN"}


async def test_one_node_looks_for_all(house: House) -> None:
    await history(house, new_recipients=500)
    gateway = house.gateway
    younger = Detecting(
        gateway.store, gateway.channels, gateway.teams, gateway.wake, "younger", detectors.OURS
    )
    assert await younger.round(now_ms()) == []
    assert await gateway.detecting.round(now_ms()) != []


@pytest.mark.parametrize(
    ("hours_ago", "body", "action"),
    [(1, "{}", "NOTE"), (25, "{}", "FRAUD"), (1, '{"held":"discard"}', "FRAUD")],
    ids=["lifted", "long ago", "discarded"],
)
async def test_for_a_day_after_a_person_has_said_that_all_is_well_it_is_only_noted(
    house: House, hours_ago: int, body: str, action: str
) -> None:
    new = insert(consent_tables.suspension, "id epoch scope body created_at lifted_at key")

    def lifted() -> Op[None]:
        yield [(new, ("0" * 32, 1, "{}", body, 1, now_ms() - hours_ago * HOUR, "detectors:wa"))]

    await house.gateway.store.alone(lifted)
    await history(house, new_recipients=500)
    await house.gateway.detecting.round(now_ms())
    assert await signals(house) == {"new_recipients": action}


async def test_a_team_sets_its_own_figures_and_wrong_ones_are_named(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await history(house, new_recipients=500)
    await house.set(tables.team, settings='{"detectors": {"new_recipients": {"least": 1000}}}')
    await house.gateway.teams.load()
    assert await house.gateway.detecting.round(now_ms()) == []
    await house.set(tables.team, settings='{"detectors": {"new_recipient": {"least": 1000}}}')
    await house.gateway.teams.load()
    with caplog.at_level(logging.ERROR, "parley.detecting"):
        assert [each.code for each in await house.gateway.detecting.round(now_ms())] == ["new_recipients"]
    assert "detectors.new_recipient: there is no such detector" in caplog.text


async def test_a_custom_detector_that_breaks_is_named_and_stops_no_other(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(counts: Counts, thresholds: Thresholds, now: int) -> Finding | None:
        raise ZeroDivisionError

    gateway = house.gateway
    all_of_them: Any = {"broken": broken, **detectors.OURS}
    detecting = Detecting(
        gateway.store, gateway.channels, gateway.teams, gateway.wake, gateway.settings.node, all_of_them
    )
    await history(house, new_recipients=500)
    assert [each.code for each in await detecting.round(now_ms())] == ["new_recipients"]
    assert "detector broken failed on channel wa" in caplog.text


async def test_the_counts_are_told_by_the_interface(house: House) -> None:
    await history(house, accepted=7)
    told = await house.call("GET", "/traffic?channel=wa&hours=2")
    assert [(each["channel"], each["counts"]["accepted"]) for each in told.body["items"]] == [("wa", 7)]
    assert (await house.call("GET", "/traffic?channel=wb")).body == {"items": []}


async def test_the_last_counts_of_an_hour_are_looked_at_when_it_is_over(house: House) -> None:
    gateway, ended = house.gateway, hour_of(now_ms()) - 6 * HOUR
    attack = [Counted("wa", "new_recipients", 2_000)]
    await gateway.store.write(rows.add, "n1", ended, attack)
    assert await gateway.detecting.round(ended + HOUR + 120_000) == []
    (heard,) = await gateway.detecting.round(ended + HOUR + 20_000)
    assert (heard.code, heard.numbers["count"]) == ("new_recipients", 2_000)


async def test_what_was_counted_is_written_when_a_gateway_stops(house: House) -> None:
    await house.hear(text(1, "hi"))
    await house.quiet()
    await house.restart()
    assert (await counted(house))["inbound"] == 1


async def test_counts_older_than_nine_weeks_leave(house: House) -> None:
    gateway, here = house.gateway, hour_of(now_ms())
    for back in (0, 8 * WEEK, 9 * WEEK + 2 * HOUR):
        await gateway.store.write(rows.add, "n1", here - back, [Counted("wa", "inbound", 1)])
    await gateway.detecting.round(now_ms())
    assert await gateway.store.read(rows.FIRST, "wa") == [(here - 8 * WEEK,)]


async def test_codes_that_a_flow_says_were_used_are_counted_with_their_range(house: House) -> None:
    for number in range(5):
        await house.hear(text(number, "4711"))
    await house.quiet()
    found = await counted(house)
    (place,) = {kind for kind in found if kind.startswith("used:")}
    assert (found["used"], found[place]) == (5, 5)
    assert f"whatsapp:{text(1, '')['from']}".startswith(f"whatsapp:{place.partition(':')[2]}")
