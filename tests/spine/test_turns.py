"""What a turn sets going: effects at least once under one key, timers once; a flow that fails takes nobody along."""

import asyncio

import pytest

from state import tables
from tests.spine.bot import Desk
from tests.spine.graph import hangs
from tests.spine.house import House, text


async def test_an_effect_is_run_and_its_result_comes_back_as_a_turn(house: House) -> None:
    await house.hear(text(1, f"look http://127.0.0.1:{house.graph.port}/backend"))
    await house.when(house.replies, lambda said: said == ["found it"])
    await house.quiet()
    await house.restart()
    await house.hear(text(1, "hi"))
    await house.when(house.replies, lambda said: said == ["found it", "2: hi"])
    assert len(house.graph.backend) == 1


async def test_each_effect_has_a_key_of_its_own(house: House) -> None:
    order = f"look http://127.0.0.1:{house.graph.port}/backend"
    await house.hear(text(1, f"{order}?a"), text(1, f"{order}?b"), text(2, order))
    await house.when(house.replies, lambda said: said == ["found it"] * 3)
    assert len(set(house.graph.backend)) == len(house.graph.backend) == 3


async def test_an_effect_that_was_cut_short_is_run_again_under_its_key(house: House) -> None:
    house.graph.next(hangs)
    await house.hear(text(1, f"look http://127.0.0.1:{house.graph.port}/backend"))
    await house.when(lambda: len(house.graph.hanging))
    await house.restart()
    await house.when(house.replies, lambda said: said == ["found it"])
    first, second = house.graph.backend
    assert first == second != ""


async def test_an_effect_that_fails_is_told_and_logged_with_its_conversation_and_line(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.graph.next(lambda caller, call: caller.say(500, {}))
    await house.hear(text(1, f"look http://127.0.0.1:{house.graph.port}/backend"))
    await house.when(house.replies, lambda said: said == ["nothing found"])
    talk = await house.conversation_of(1)
    (told,) = [each.getMessage() for each in caplog.records if each.name == "parley.effects"]
    assert told.startswith(f"effect look of Desk failed in conversation {talk}: KeyError: 'found' (bot.py:")


async def test_an_effect_that_fails_is_tried_again_under_its_key(house: House) -> None:
    for _ in range(2):
        house.graph.next(lambda caller, call: caller.say(500, {}))
    await house.hear(text(1, f"insist http://127.0.0.1:{house.graph.port}/backend"))
    await house.when(house.replies, lambda said: said == ["found it"])
    assert (len(house.graph.backend), len(set(house.graph.backend))) == (3, 1)


async def test_an_effect_is_tried_so_often_and_no_more(house: House) -> None:
    for _ in range(3):
        house.graph.next(lambda caller, call: caller.say(500, {}))
    await house.hear(text(1, f"insist http://127.0.0.1:{house.graph.port}/backend"))
    await house.when(house.replies, lambda said: said == ["nothing found"])
    assert len(set(house.graph.backend)) == 1


async def test_a_slow_effect_holds_up_nobody(house: House) -> None:
    house.graph.next(hangs)
    await house.hear(text(1, f"look http://127.0.0.1:{house.graph.port}/backend"))
    await house.when(lambda: len(house.graph.hanging))
    await house.hear(text(1, "are you there?"), text(2, "hi"))
    await house.when(house.replies, lambda said: sorted(said) == ["1: hi", "2: are you there?"])


async def test_a_timer_rings_once_also_after_a_restart(house: House) -> None:
    await house.hear(text(1, "ring 3600"))
    await house.when(lambda: house.count(tables.timer))
    await house.restart()
    await house.set(tables.timer, due_at=1)
    house.gateway.wake.tell("timers")
    await house.when(house.replies, lambda said: said == ["it rang"])
    await house.quiet()
    assert (await house.replies(), await house.count(tables.timer)) == (["it rang"], 0)


async def test_a_timer_rings_by_itself_and_one_that_is_set_anew_rings_once(house: House) -> None:
    await house.hear(text(1, "ring 60"), text(1, "ring 0.2"), text(2, "ring 0"))
    await house.when(house.replies, lambda said: said == ["it rang"] * 2)
    await house.quiet()
    assert await house.count(tables.timer) == 0


async def test_a_flow_that_fails_parks_its_own_conversation_alone(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    await house.hear(text(1, "fail"), text(2, "hi"))
    await house.when(lambda: house.replies(2), lambda said: said == ["1: hi"])
    talk = await house.conversation_of(1)
    found = await house.until(f"/conversations/{talk}", lambda one: one["mode"] == "parked")
    assert found["mode"] == "parked"
    assert f"let it go on: parley conversations resume {talk} --reason mended" in caplog.text
    await house.hear(text(1, "are you there?"))
    await asyncio.gather(*(house.hear(text(3, f"m{n}")) for n in range(3)))
    await house.when(lambda: house.replies(3), lambda said: len(said) == 3)
    assert await house.count(tables.inbox) == 1


async def test_what_failed_and_what_came_meanwhile_is_answered_when_a_parked_conversation_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.hear(text(1, "fail"), text(1, "after it"))
    talk = await house.conversation_of(1)
    await house.until(f"/conversations/{talk}", lambda one: one["mode"] == "parked")
    await house.hear(text(1, "later"))
    monkeypatch.setattr(Desk, "mended", True)
    told = await house.call("POST", f"/conversations/{talk}/resume", {"reason": "mended"})
    assert told.status == 202
    await house.quiet()
    assert (await house.replies(1))[-3:] == ["1: fail", "2: after it", "3: later"]


async def test_what_failed_is_answered_at_once_when_it_is_mended_and_left_out_from_the_start(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.hear(text(1, "fail"), text(2, "fail"))
    talks = [await house.conversation_of(number) for number in (1, 2)]
    for talk in talks:
        await house.until(f"/conversations/{talk}", lambda one: one["mode"] == "parked")
    monkeypatch.setattr(Desk, "mended", True)
    for talk, restart in zip(talks, (False, True), strict=True):
        await house.call("POST", f"/conversations/{talk}/resume", {"reason": "mended", "restart": restart})
    await house.quiet()
    assert (await house.replies(1))[-1] == "1: fail"
    assert len(await house.replies(2)) == 1  # the apology
    await house.hear(text(2, "hi"))
    await house.when(lambda: house.replies(2), lambda said: said[-1] == "1: hi")
