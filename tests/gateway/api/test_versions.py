"""Running conversations stay under the version of the flow that began them; new ones begin under the one served."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from conversations.router import APOLOGY, compiled
from gateway import versions as versions_module
from gateway.cli import main
from gateway.cli.run import _warn
from state.model.turn import Snapshot
from tests.conversations.project import Project, project
from tests.gateway.api.house import PHONE, House, on_sqlite, running

TABLE = """
from parley import Flow, On, Question

class Shop(Flow):
    start, final = "name", ("done",)
    asks = {"name": Question("NAME"), "town": Question("Town?")}
    table = (On("answered", "name", "town"), On("answered", "town", "done", say="VERSION"))
    name: str = ""
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        yield made


class Customers:
    """Who writes, each from a number of their own."""

    def __init__(self) -> None:
        self.talks: dict[str, str] = {}

    async def say(self, house: House, number: str, text: str) -> str:
        """What a customer is told when they say something."""
        known = {each["id"] for each in (await house.call("GET", "/conversations")).body["items"]}
        before = await self._items(house, number)
        await house.hears(text, number)
        if number not in self.talks:

            def new(page: Any) -> set[str]:
                return {each["id"] for each in page["items"]} - known

            found = await house.until("/conversations", lambda page: bool(new(page)))
            (self.talks[number],) = new(found)
        path = f"/conversations/{self.talks[number]}/messages"
        page = await house.until(path, lambda page: len(page["items"]) == len(before) + 2)
        return str(page["items"][0]["content"]["text"])

    async def _items(self, house: House, number: str) -> list[Any]:
        if number not in self.talks:
            return []
        return list((await house.call("GET", f"/conversations/{self.talks[number]}/messages")).body["items"])


class Life:
    """A gateway that is started again and again with the bot as it is written then."""

    def __init__(
        self, shop: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.shop, self.url, self.begun, self.capsys = shop, on_sqlite(shop.folder), False, capsys
        self.people = Customers()
        monkeypatch.setattr(versions_module, "_POLL", 0.02)

    def writes(self, version: str, text: str = TABLE) -> None:
        """The author writes the bot."""
        self.shop.write("shop.py", text.replace("VERSION", version).replace("NAME", f"{version}: name?"))

    def running(self) -> Any:
        """Start the gateway."""
        connects = () if self.begun else (PHONE,)
        self.begun = True
        return running(self.shop.folder, self.url, flows=[self.shop.bot("shop:Shop")], connects=connects)

    def parley(self, *words: str) -> tuple[int, str]:
        """Run a command: its exit code, and what it prints."""
        self.shop.forget()
        with pytest.raises(SystemExit) as ended:
            main([*words, "--database", self.url, "--bots", "shop:Shop", "--bot-path", str(self.shop.folder)])
        return int(str(ended.value.code)), self.capsys.readouterr().out


@pytest.fixture
def life(shop: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Life:
    return Life(shop, capsys, monkeypatch)


async def test_a_run_stays_under_the_version_that_began_it(life: Life) -> None:
    ann, people = "15550001", Customers()
    life.writes("one")
    async with life.running() as house:
        assert await people.say(house, ann, "hi") == "one: name?"
    life.writes("two")
    async with life.running() as house:
        assert await people.say(house, ann, "Ann") == "Town?"
        assert await people.say(house, "15550002", "hi") == "two: name?"
        assert await people.say(house, ann, "Bonn") == "one"
        assert await people.say(house, ann, "hi") == "two: name?"


@pytest.fixture
async def second(life: Life) -> AsyncIterator[House]:
    """A gateway that serves its second version, under which 15550002 runs, and 15550001 under the first."""
    for number, version in (("15550001", "one"), ("15550002", "two")):
        life.writes(version)
        async with life.running() as house:
            assert await life.people.say(house, number, "hi") == f"{version}: name?"
    async with life.running() as house:
        yield house


async def until_runs_begin(house: House, people: Customers, version: str) -> None:
    """New customers write until one begins under a version."""
    for number in range(15551000, 15551500):
        if await people.say(house, str(number), version) == f"{version}: name?":
            return
        people.talks.clear()
    raise AssertionError(f"no run begins under {version}")


async def test_a_version_is_withdrawn_while_the_gateway_runs_and_its_runs_go_on(
    life: Life, second: House
) -> None:
    code, told = await asyncio.to_thread(life.parley, "flows", "rollback", "Shop", "--reason", "it is wrong")
    assert (code, " is withdrawn; runs begin under " in told) == (0, True)
    assert await life.people.say(second, "15550002", "Bo") == "Town?"
    assert await life.people.say(second, "15550002", "Bonn") == "two"
    await until_runs_begin(second, Customers(), "one")


async def test_a_version_is_restored(life: Life, second: House) -> None:
    await asyncio.to_thread(life.parley, "flows", "rollback", "Shop", "--reason", "it is wrong")
    listed = (await asyncio.to_thread(life.parley, "flows", "list"))[1].splitlines()
    assert [line.split()[-1] for line in listed] == ["withdrawn", "current"]
    planned = (await asyncio.to_thread(life.parley, "flows", "plan"))[1].splitlines()
    assert planned[0].endswith(f" (withdrawn: runs begin under {listed[1].split()[1]})")
    assert {line.split()[1] for line in planned[1:]} == {"moves", "stays"}
    words = ("flows", "restore", "Shop", listed[0].split()[1], "--reason", "it was right")
    assert (await asyncio.to_thread(life.parley, *words))[0] == 0
    await until_runs_begin(second, Customers(), "two")


async def test_a_withdrawn_version_stays_so_after_a_restart(life: Life) -> None:
    people = Customers()
    for version in ("one", "two"):
        life.writes(version)
        async with life.running():
            pass
    await asyncio.to_thread(life.parley, "flows", "rollback", "Shop", "--reason", "it is wrong")
    async with life.running() as house:
        assert await people.say(house, "15550001", "hi") == "one: name?"


MIGRATES = """
    @staticmethod
    def migrate(old: Standing) -> Standing:
        return Standing("town", {"name": old.data["full_name"]})
"""
BEFORE = (
    TABLE.replace("name: str", "full_name: str")
    .replace('"town"', '"place"')
    .replace("name: str", "name: str")
)
GUEST = TABLE.replace("name: str", 'guest: str = ""\n    name: str')
CHANGES: dict[str, tuple[str, str, int, str]] = {
    "moves": (TABLE, TABLE, 0, "moves"),
    "stays": (BEFORE, TABLE, 0, "stays"),
    "moves by migrate": (BEFORE, TABLE.replace("Flow,", "Flow, Standing,") + MIGRATES, 0, "moves"),
    "stays where a field that is filled would be lost": (
        GUEST.replace('NAME")', 'NAME", field="guest")'),
        TABLE,
        0,
        "stays",
    ),
    "moves where a field that is empty is gone": (GUEST, TABLE, 0, "moves"),
    "breaks": (
        BEFORE,
        TABLE.replace("Flow,", "Flow, Standing,") + MIGRATES.replace("full_", "fool_"),
        1,
        "breaks",
    ),
}


@pytest.mark.parametrize(("old", "new", "code", "verdict"), CHANGES.values(), ids=CHANGES)
async def test_a_new_version_is_looked_at_before_conversations_move(
    life: Life, old: str, new: str, code: int, verdict: str
) -> None:
    people = Customers()
    life.writes("one", old)
    async with life.running() as house:
        await people.say(house, "15550001", "hi")
        await people.say(house, "15550001", "Ann")
    life.writes("two", new)
    found, told = await asyncio.to_thread(life.parley, "flows", "plan")
    assert (found, told.splitlines()[1].split()[:2]) == (code, ["1", verdict])
    words = ("flows", "migrate", "Shop", "--reason", "why not")
    assert (await asyncio.to_thread(life.parley, *words))[0] == 1  # nobody serves it yet
    async with life.running() as house:
        found, told = await asyncio.to_thread(life.parley, *words)
        assert (found, "1 moved" in told) == (code, verdict == "moves")
        assert await people.say(house, "15550001", "Bonn") == ("two" if verdict == "moves" else "one")


FAULTY = TABLE.replace('"done", say="VERSION"', '"done", do="count"').replace(
    'name: str = ""', 'name: str = ""\n\n    def count(self, turn):\n        turn.say(f"{DIVIDED}: VERSION")'
)
MENDS: dict[str, tuple[str, str, str]] = {
    "fits": (FAULTY.replace("DIVIDED", "6 // 2"), "3: two", ", under {two} now"),
    "does not fit": (
        FAULTY.replace("DIVIDED", "1").replace('"town"', '"place"'),
        "",
        ", still under {one}: Shop has no",
    ),
}


@pytest.fixture
async def parked(life: Life) -> str:
    """A conversation that a fault of version one has parked; gives that version."""
    life.writes("one", FAULTY.replace("DIVIDED", "6 // 0"))
    async with life.running() as house:
        for words in ("hi", "Ann", "Bonn"):
            await life.people.say(house, "15550001", words)
    return load_version(life)


@pytest.mark.parametrize("by", ["a command", "a call"])
@pytest.mark.parametrize(("mended", "says", "told"), MENDS.values(), ids=MENDS)
async def test_what_a_fault_has_parked_goes_on_under_the_version_that_is_mended(
    life: Life, parked: str, mended: str, says: str, told: str, by: str
) -> None:
    talk = life.people.talks["15550001"]
    life.writes("two", mended)
    words = ("conversations", "resume", talk, "--reason", "mended")
    async with life.running() as house:
        if by == "a command":
            code, printed = await asyncio.to_thread(life.parley, *words)
            assert (code, told.format(one=parked, two=load_version(life)) in printed) == (0, True), printed
        else:
            await house.call("POST", f"/conversations/{talk}/resume", {"reason": "mended"})
        said = [says] if says else [APOLOGY, APOLOGY]
        await house.until(f"/conversations/{talk}/messages", lambda page: spoken(page)[: len(said)] == said)


def spoken(page: Any) -> list[str]:
    """What the bot said, the last first."""
    return [each["content"]["text"] for each in page["items"] if each["direction"] == "out"]


async def test_what_is_mended_but_not_served_yet_is_told(life: Life, parked: str) -> None:
    life.writes("two", FAULTY.replace("DIVIDED", "6 // 2"))
    words = ("conversations", "resume", life.people.talks["15550001"], "--reason", "mended")
    code, printed = await asyncio.to_thread(life.parley, *words)
    wanted = f", still under {parked}: no process serves {load_version(life)} yet; restart it first"
    assert (code, wanted in printed) == (0, True), printed


async def test_a_parked_conversation_whose_flow_is_gone_does_not_go_on(life: Life, parked: str) -> None:
    life.writes(
        "two", FAULTY.replace("DIVIDED", "1").replace("class Shop", "class Store") + "\nShop = Store\n"
    )
    talk = life.people.talks["15550001"]
    words = ("conversations", "resume", talk, "--reason", "mended")
    async with life.running() as house:
        code, printed = await asyncio.to_thread(life.parley, *words)
        assert (code, printed.split("; ")[0]) == (1, f"{talk}  stays parked: Shop is not served any more")
        told = await house.call("POST", f"/conversations/{talk}/resume", {"reason": "mended"})
        assert (told.status, told.body["detail"].split(":")[0]) == (409, "Shop is not served any more")
        assert (await asyncio.to_thread(life.parley, *words, "--restart"))[0] == 0
        assert await life.people.say(house, "15550001", "hi") == "two: name?"


async def test_a_version_that_is_not_kept_is_told_once_and_the_flow_is_named_once(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    life.writes("one")
    async with life.running() as house:
        versions = versions_module.Versions(house.gateway.store, house.gateway.router)
        for _ in range(2):
            await versions.know([Snapshot("Shop", "gone", 1, "name")])
    assert [each.message for each in caplog.records if each.name == "parley.versions"] == [
        "Shop has no version gone; its runs go on under the version that is served"
    ]


async def test_why_a_conversation_is_parked_is_shown(life: Life, parked: str) -> None:
    talk, why = life.people.talks["15550001"], "ZeroDivisionError"
    life.writes("one", FAULTY.replace("DIVIDED", "6 // 0"))
    async with life.running() as house:
        found = (await house.call("GET", f"/conversations/{talk}")).body
    assert (found["mode"], why in found["fault"]["reason"]) == ("parked", True)
    told = (await asyncio.to_thread(life.parley, "conversations", "show", talk))[1].splitlines()
    assert (told[1].startswith("parked: "), why in told[1]) == (True, True)


async def test_a_flow_that_is_not_served_any_more_is_told(
    life: Life, caplog: pytest.LogCaptureFixture
) -> None:
    life.writes("one")
    async with life.running() as house:
        await life.people.say(house, "15550001", "hi")
    life.writes("two", TABLE.replace("class Shop", "class Store") + "\nShop = Store\n")
    code, told = await asyncio.to_thread(life.parley, "flows", "plan")
    assert (code, told.splitlines()[-2:]) == (
        1, ["Shop", "        1 breaks: the flow is not served any more; what goes on is parked"],
    )  # fmt: skip
    async with life.running() as house:
        await _warn(house.gateway)
    assert "Shop is not served any more; each of its 1 running" in caplog.text
    _, told = await asyncio.to_thread(life.parley, "doctor", "--offline")
    assert "wrong  flow Shop: it is not served, and 1 running conversations will be parked" in told


async def test_where_no_version_is_kept_that_is_told(life: Life) -> None:
    life.writes("one")
    code, told = await asyncio.to_thread(life.parley, "flows", "list")
    assert (code, told) == (
        0,
        "no versions yet: parley serve keeps them; parley serve --reload and a demonstration do not\n",
    )


async def test_what_a_command_cannot_do_is_told(life: Life) -> None:
    life.writes("one")
    for words in (("rollback", "Shop"), ("restore", "Shop", "gone"), ("migrate", "Bar")):
        code, _ = await asyncio.to_thread(life.parley, "flows", *words, "--reason", "why not")
        assert code == 1
    assert await asyncio.to_thread(life.parley, "flows", "plan", "--json") == (
        0,
        msgspec.json.encode([{"flow": "Shop", "version": load_version(life), "conversations": []}]).decode()
        + "\n",
    )


async def test_a_plan_names_the_fields_that_are_left_out_and_those_that_begin_anew(life: Life) -> None:
    life.writes("one", GUEST)
    async with life.running() as house:
        await Customers().say(house, "15550001", "hi")
    life.writes("two", TABLE.replace("name: str", "size: int = 1\n    name: str"))
    told = (await asyncio.to_thread(life.parley, "flows", "plan"))[1]
    assert told.splitlines()[1].endswith(" name: leaves out guest; begins anew with size")
    ((row,),) = [
        each["conversations"]
        for each in msgspec.json.decode((await asyncio.to_thread(life.parley, "flows", "plan", "--json"))[1])
    ]
    assert (row["verdict"], row["why"]) == ("moves", "leaves out guest; begins anew with size")


def load_version(life: Life) -> str:
    return compiled(life.shop.bot("shop:Shop")).version


async def test_a_diagram_shows_how_many_run_in_each_state(life: Life) -> None:
    life.writes("one")
    async with life.running() as house:
        await life.people.say(house, "15550001", "hi")
    shop = f"{life.shop.folder}/shop.py"
    drawn = (await asyncio.to_thread(life.parley, "flows", "diagram", shop))[1]
    assert 'state "name" as s0' in drawn
    drawn = (await asyncio.to_thread(life.parley, "flows", "diagram", shop, "--counts"))[1]
    assert 'state "name (1)" as s0' in drawn
    drawn = (await asyncio.to_thread(life.parley, "flows", "diagram", shop, "--counts", "--svg"))[1]
    assert ">name (1)<" in drawn
    assert (await asyncio.to_thread(life.parley, "flows", "diagram", "nowhere:Bot"))[0] == 1
