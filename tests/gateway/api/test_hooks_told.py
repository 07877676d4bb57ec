"""Hooks are told of suspensions and signs as they happen, may say something before, and are in nobody's way."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gateway import guard
from tests.gateway.api.house import House, on_sqlite, running
from tests.gateway.api.test_guard import case
from tests.gateway.sockets import Server, answers, hangs, serving

APP = {"channel": "app"}
MODULE = """
from parley import Scope, Veto, Widen, before_suspend, on_lifted, on_signal, on_suspended

told = []
asked = []

@before_suspend
async def careful(suspending):
    asked.append((suspending.ground, suspending.may_veto))
    if "sale" in suspending.reason:
        return Veto("the sale was announced")
    if "all" in suspending.reason:
        return Widen(Scope(team="default"), "one account")

@on_suspended
def stopped(suspension):
    told.append(("stopped", suspension.reason))

@on_lifted
async def back(suspension):
    told.append(("back", suspension.reason))

@on_signal
def seen(signal):
    told.append(("signal", signal.code))
"""


@pytest.fixture
def receiver() -> Any:
    with serving(answers()) as server:
        yield server


def told(server: Server) -> list[tuple[str, Any]]:
    """What a receiver was told: types and data."""
    bodies = [msgspec.json.decode(each.partition(b"\r\n\r\n")[2]) for each in server.heard]
    return [
        (each["type"], each["data"])
        for each in sorted(bodies, key=lambda each: datetime.fromisoformat(each["time"]))
    ]


async def until(is_so: Callable[[], Any]) -> None:
    for _ in range(2000):
        if is_so():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never became so")


async def suspend(house: House, reason: str = "complaints", **more: Any) -> Any:
    return await house.call("POST", "/suspensions", {"scope": APP, "reason": reason} | more)


async def hook(house: House, url: str, *events: str) -> None:
    made = await house.call("POST", "/hooks", {"url": url, "events": events or ("*",)})
    assert made.status == 201, made


@pytest.fixture
async def careful(tmp_path: Path) -> AsyncIterator[tuple[House, Any]]:
    """A gateway with authors' hooks, and their module."""
    file = tmp_path / f"careful_{tmp_path.name}.py"
    file.write_text(MODULE)
    async with running(tmp_path, on_sqlite(tmp_path), hooks=(str(file),)) as house:
        yield house, sys.modules[file.stem]


async def test_each_step_is_told_once(anywhere: House, receiver: Server) -> None:
    await hook(anywhere, receiver.url)
    made = (await suspend(anywhere)).body
    lifted = await anywhere.call(
        "POST", f"/suspensions/{made['id']}/lift", {"reason": "over", "held": "discard"}
    )
    assert lifted.status == 200
    noticed = (await suspend(anywhere, lead=3600)).body
    await anywhere.call("POST", f"/suspensions/{noticed['id']}/withdraw", {"reason": "never mind"})
    await until(lambda: len(receiver.heard) >= 5)
    found = told(receiver)
    assert sorted(kind for kind, _ in found) == sorted(
        [
            "suspension.in_force",
            "suspension.lifting",
            "suspension.lifted",
            "suspension.noticed",
            "suspension.lifted",
        ]
    )
    first = next(data for kind, data in found if kind == "suspension.in_force")
    assert (first["id"], first["scope"], first["reason"]) == (made["id"], APP, "complaints")


async def test_an_answer_that_is_replayed_tells_nothing_more(house: House, receiver: Server) -> None:
    await hook(house, receiver.url)
    asked = {"scope": APP, "reason": "complaints"}
    for _ in range(3):
        assert (await house.call("POST", "/suspensions", asked, once="k")).status == 201
    await until(lambda: receiver.heard)
    assert len((await house.call("GET", "/audit")).body["items"]) >= 2
    await asyncio.sleep(0)
    assert [kind for kind, _ in told(receiver)] == ["suspension.in_force"]


async def test_hooks_that_hang_delay_no_suspension(house: House) -> None:
    with serving(hangs) as slow:
        await hook(house, slow.url)
        first = await suspend(house)
        await until(lambda: slow.heard)
        second = await suspend(house, scope={"channel": "phone"})
        assert [first.status, second.status] == [201, 201]
        assert {each.scope.channel for each in house.gateway.fence.suspensions} == {"app", "phone"}
        held = await house.send()
        await house.until(
            f"/messages/{held['id']}", lambda body: body["queue"] and body["queue"]["state"] == "held"
        )
        assert not slow.left.is_set()


async def test_an_author_s_hook_that_blocks_has_one_second_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr("gateway.hooks.authors.ASKED_SECONDS", 0.1)
    file = tmp_path / f"blocking_{tmp_path.name}.py"
    file.write_text(
        "from parley import before_suspend, Veto\n@before_suspend\ndef blocks(asked):\n    over.wait()\n"
    )
    async with running(tmp_path, on_sqlite(tmp_path), hooks=(str(file),)) as house:
        sys.modules[file.stem].over = over  # type: ignore[attr-defined]
        assert (await suspend(house)).status == 201
        over.set()


async def test_a_veto_stops_it_with_its_reason_in_the_audit(careful: tuple[House, Any]) -> None:
    house, module = careful
    refused = await suspend(house, "complaints in the sale")
    assert (refused.status, refused.body["code"]) == (409, "conflict")
    assert "the sale was announced" in refused.body["detail"]
    assert house.gateway.fence.suspensions == ()
    entry = (await house.call("GET", "/audit")).body["items"][0]
    assert (entry["actor"].rpartition(".")[2], entry["action"], entry["reason"]) == (
        "careful", "veto_suspension", "the sale was announced",
    )  # fmt: skip
    assert module.asked == [("operator", True)]


@pytest.mark.parametrize("ground", ["legal", "channel_requires"])
async def test_what_the_law_or_the_channel_asks_for_is_not_vetoed(
    careful: tuple[House, Any], ground: str
) -> None:
    house, module = careful
    assert (await suspend(house, "complaints in the sale", ground=ground)).status == 201
    assert module.asked == [(ground, False)]
    entries = (await house.call("GET", "/audit")).body["items"]
    (entry,) = [each for each in entries if each["action"] == "veto_suspension"]
    assert entry["body"] == {"scope": APP, "ground": ground, "counts": False}


async def test_a_wider_scope_is_what_is_suspended(careful: tuple[House, Any]) -> None:
    house, module = careful
    made = (await suspend(house, "all of it")).body
    assert made["scope"] == {}
    entries = (await house.call("GET", "/audit")).body["items"]
    assert {"widen_suspension", "suspend"} <= {each["action"] for each in entries}
    await until(lambda: module.told == [("stopped", "all of it")])
    await house.call("POST", f"/suspensions/{made['id']}/lift", {"reason": "over"})
    await until(lambda: module.told[1:] == [("back", "all of it")])


async def test_a_provider_that_repeats_itself_suspends_and_tells_of_it_once(
    tmp_path: Path, receiver: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "_POLL", 0.02)
    async with case(tmp_path, "whatsapp") as one:
        await hook(one.house, receiver.url)
        for _ in range(3):
            await one.sign("368", "SUSPEND")
        await until(lambda: len([1 for kind, _ in told(receiver) if kind == "signal.received"]) == 3)
        (made,) = await one.suspensions()
    found = told(receiver)
    assert [data["id"] for kind, data in found if kind == "suspension.in_force"] == [made["id"]]
    signals = [data["id"] for kind, data in found if kind == "signal.received"]
    assert len(set(signals)) == 3


async def test_who_looks_after_people_is_told_of_each_hand_over_with_its_reason(
    anywhere: House, receiver: Any
) -> None:
    await hook(anywhere, receiver.url, "conversation.*")
    talk = await anywhere.conversation("person", lambda one: one["mode"] == "person")
    path = f"/conversations/{talk['id']}"
    await until(lambda: told(receiver))
    shown = (await anywhere.call("GET", path)).body
    assert (shown["reason"], shown["kept"], shown["state"]) == ("asked for", {}, "start")
    await anywhere.hears("are you there?")
    assert (await anywhere.call("POST", f"{path}/hand-back", {"note": "paid"})).status == 202
    await until(lambda: len(told(receiver)) > 1)
    over, back = told(receiver)
    assert [over[0], back[0]] == ["conversation.handed_over", "conversation.handed_back"]
    wanted = {"conversation": talk["id"], "contact": talk["contact"], "channel": "phone", "flow": "Desk"}
    for (_, data), reason in ((over, "asked for"), (back, "paid")):
        assert data | {"at": ""} == wanted | {"state": "start", "reason": reason, "at": ""}
    assert (await anywhere.call("GET", path)).body["reason"] == ""
