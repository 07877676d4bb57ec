"""What another rule pack would have done: decisions are made again on what is stored, and come out as they did."""

from collections.abc import Mapping
from pathlib import Path
from shutil import copytree
from typing import Any

from admin import operations
from gateway import policy
from gateway.hindsight import Hindsight, Lost
from gateway.policy.pack import STANDARD, Pack
from gateway.policy.plan import Plan
from state import past, tables
from state.model.ids import now_ms
from tests.gateway.api.house import ALLOWED, NOBODY
from tests.spine.graph import refuses
from tests.spine.house import House, running, text

NOWHERE = "whatsapp:99912345"
"""A number of no country: no hours are quiet for it."""
HOUR = 3_600_000


async def compared(house: House, pack: Pack, size: int = past.PAGE) -> Plan:
    """Every decision beside what the pack makes of it."""
    gateway = house.gateway
    sight = Hindsight(gateway.channels, gateway.grounds, await past.suspensions(gateway.store))
    plan = Plan(policy.standard(), pack)
    until = now_ms() + 1
    async for page in past.pages(gateway.store, until - 24 * HOUR, until, 24 * HOUR, size):
        for was in page:
            try:
                plan.add(was.message, was.made, sight.facts(was))
            except Lost as lost:
                plan.miss(str(lost))
    return plan


def changed(folder: Path, file: str, **words: str) -> Pack:
    """The standard pack with words of one file exchanged."""
    made = copytree(STANDARD, folder / "pack")
    text = (made / file).read_text()
    for old, new in words.items():
        assert old in text
        text = text.replace(old, new)
    (made / file).write_text(text)
    return policy.load(made)


async def send(house: House, to: str, words: str = "hi", **more: Any) -> None:
    content = {"type": "text", "text": words}
    asked = {"to": to, "channel": "wa", "content": content} | more
    assert (await house.call("POST", "/messages", asked)).status == 202
    await house.quiet()


async def a_lively_day(house: House) -> None:
    """All that decisions read changes between them: words, consent, suspensions, what was sent, the window."""
    await house.hear(text(1, "hi"), text(2, "hello"))
    await house.quiet()
    for number in (1, 2, 1):
        await house.hear(text(number, f"more {number} {now_ms()}"))
        await house.quiet()
    await house.hear(text(1, "STOP"))
    await house.quiet()
    await send(house, f"whatsapp:{text(1, '')['from']}", "while stopped", consent=ALLOWED)
    await house.hear(text(1, "START"))
    await house.quiet()
    await send(house, NOWHERE, "unasked")
    await house.hear({**text(3, "hi there"), "from": NOWHERE.partition(":")[2]})
    await house.quiet()
    suspension = await house.suspend(channel="wa")
    await house.hear(text(2, "held"))
    await house.when(house.queue, lambda rows: rows and rows[0][1] == "held")
    await house.lift(suspension)
    await house.quiet()
    house.graph.next(refuses(500, 131000))
    await house.hear(text(2, "again"))
    await house.queued_again()
    await house.hurry()
    await house.quiet()
    for words in ("sale", "sale", "more sale", "last sale"):
        await send_marketing(house, words)


async def send_marketing(house: House, words: str) -> None:
    """Marketing; what waits for its cap is left in the queue."""
    asked = {
        "to": NOWHERE, "channel": "wa", "content": {"type": "text", "text": words}, "purpose": "marketing",
        "consent": {"basis": "consent", "evidence": "a form"},
    }  # fmt: skip
    told = await house.call("POST", "/messages", asked)
    path = f"/messages/{told.body['id']}"

    async def decided() -> Any:
        return (await house.call("GET", path)).body["decisions"]

    assert await house.when(decided)


def codes(groups: Any) -> Mapping[tuple[str, str], int]:
    return {tuple(each.change): each.decisions for each in groups}


async def test_every_decision_of_a_lively_day_comes_out_as_it_did(house: House) -> None:
    await a_lively_day(house)
    for size in (3, past.PAGE):
        plan = await compared(house, policy.standard(), size)
        assert (codes(plan.changes), codes(plan.otherwise), dict(plan.missing)) == ({}, {}, {})
        assert plan.same == plan.total == await house.count(tables.decision) > 15


async def test_another_pack_shows_what_it_changes_and_nothing_else(house: House, tmp_path: Path) -> None:
    await a_lively_day(house)
    one = changed(tmp_path, "caps.toml", **{"messages = 2": "messages = 1"})
    plan = await compared(house, one)
    later = ("wait frequency", "wait frequency, until another time")
    assert codes(plan.changes) == {("send", "wait frequency"): 1, later: 1}
    assert codes(plan.otherwise) == {}


async def test_the_notice_counts_as_it_was_whether_it_is_on_or_off_today(tmp_path: Path, url: str) -> None:
    async with running(tmp_path, url, notices=True) as house:
        await house.hear(text(1, "hi"))
        await house.quiet()
        await send(house, NOWHERE, "unasked", consent=ALLOWED)
        gateway = house.gateway
        for tells in (True, False):
            gateway.voice._tells = tells
            plan = await compared(house, policy.standard())
            assert (plan.same, codes(plan.otherwise)) == (plan.total, {})
            assert plan.total == await house.count(tables.decision) >= 3


async def test_what_has_left_or_is_gone_is_counted_by_its_reason(house: House) -> None:
    await house.hear(text(1, "hi"), text(2, "hello"))
    await house.quiet()
    await operations.remove_channel(house.gateway.store, operations.OPERATOR, "wa", "over")
    await house.gateway.channels.load()
    plan = await compared(house, policy.standard())
    assert plan.missing == {"the channel wa is not there, or cannot be loaded": 2}
    await house.set(tables.channel, removed_at=None)
    await house.gateway.channels.load()
    await house.set(tables.message, content='{"type":"hologram"}')
    plan = await compared(house, policy.standard())
    assert plan.missing == {"its content is of another version, which cannot be read": 2}
    await house.set(tables.decision, message=NOBODY)
    plan = await compared(house, policy.standard())
    assert plan.missing == {"its message has left by retention": 2}
