"""A conversation is played again from its journal: as it was, with another version, on another machine."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gateway.cli import main
from state import flows
from tests.conversations.project import Project, project
from tests.gateway.api.house import PHONE, House, on_sqlite, running

BOT = """
from parley import Flow, Media, On, Question, Talk, Turn, flow, read

class Shop(Flow):
    start, final = "name", ("done",)
    asks = {"name": Question("Name?"), "size": Question("Size?", read.one_of({"s": "Small", "l": "Large"}))}
    table = (On("answered", "name", "size"), On("answered", "size", "done", do="tell"))
    name: str = ""

    def tell(self, turn: Turn) -> None:
        assert self.name != "fail", "so it is"
        turn.say(f"{self.name}: {turn.answer}, TOLD")
"""
SAYS = ("hi", "Grace Hopper, grace@navy.example, +44 20 7946 0123", "2")


class Life:
    """A bot project, its database, and the commands over both."""

    def __init__(self, shop: Project, capsys: pytest.CaptureFixture[str]) -> None:
        self.shop, self.url, self.capsys = shop, on_sqlite(shop.folder), capsys
        self.writes("TOLD")

    def writes(self, word: str) -> None:
        """The author writes the bot."""
        self.shop.write("shop.py", BOT.replace("TOLD", word))

    async def replay(self, *words: str) -> tuple[int, str]:
        """Replay; the exit code, and what is printed."""
        self.shop.forget()

        def command() -> int:
            flags = ("--database", self.url, "--bots", "shop:Shop", "--bot-path", str(self.shop.folder))
            with pytest.raises(SystemExit) as ended:
                main(["replay", *words, *flags])
            return int(str(ended.value.code))

        return await asyncio.to_thread(command), self.capsys.readouterr().out


@pytest.fixture
def life(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Life]:
    with project(tmp_path) as shop:
        yield Life(shop, capsys)


@pytest.fixture
async def house(life: Life) -> AsyncIterator[House]:
    shop = life.shop.bot("shop:Shop")
    async with running(life.shop.folder, life.url, flows=[shop], connects=(PHONE,)) as made:
        yield made


async def talk(house: House, *says: str) -> str:
    """A customer says these; gives the conversation's id."""
    found = ""
    for number, words in enumerate(says, 1):
        await house.hears(words)
        page = await house.until("/conversations", lambda page: bool(page["items"]))
        found = page["items"][0]["id"]
        await house.until(f"/conversations/{found}/messages", partial(_has, number * 2))
    return str(found)


def _has(count: int, page: Any) -> bool:
    return len(page["items"]) == count


async def test_a_conversation_comes_out_as_it_did(life: Life, house: House) -> None:
    code, told = await life.replay(await talk(house, *SAYS))
    assert (code, told.splitlines()[-1]) == (0, "3 turns come out as they did")


async def test_the_first_difference_to_another_version_is_shown(life: Life, house: House) -> None:
    conversation = await talk(house, *SAYS)
    life.writes("SOLD")
    code, told = await life.replay(conversation)
    assert (code, told.splitlines()[-3]) == (1, "turn 3 differs in its messages")
    assert told.endswith("l, SOLD\n")
    version = (await house.gateway.store.read(flows.LIST))[0][1]
    assert (await life.replay(conversation, "--version", version))[0] == 0
    assert (await life.replay(conversation, "--version", "none"))[0] == 1


async def test_where_it_stood_after_a_turn_is_shown(life: Life, house: House) -> None:
    conversation = await talk(house, *SAYS)
    code, told = await life.replay(conversation, "--until", "2")
    assert (code, '"state": "size"' in told, "Grace Hopper" in told) == (0, True, True)
    assert (await life.replay(conversation, "--until", "9"))[0] == 1


async def test_turns_are_counted_from_one(life: Life, house: House) -> None:
    conversation = await talk(house, *SAYS[:1])
    assert await life.replay(conversation, "--until", "0") == (1, "")


async def test_a_conversation_of_a_flow_that_is_not_here_is_told(life: Life, house: House) -> None:
    conversation = await talk(house, *SAYS[:1])
    life.shop.write("shop.py", BOT.replace("class Shop", "class Store") + "\nShop = Store\n")
    code, told = await life.replay(conversation)
    assert (code, told.splitlines()[-1].split(";")[0]) == (
        1,
        "turn 1 cannot be played: there is no flow Shop here",
    )


async def test_a_shared_conversation_holds_no_one_and_plays_elsewhere(life: Life, house: House) -> None:
    file = life.shop.folder / "shared.json"
    conversation = await talk(house, *SAYS)
    code, told = await life.replay(conversation, "--share", str(file))
    assert (code, "comes out otherwise" in told) == (0, False)
    shared = file.read_text("utf-8")
    for secret in ("navy.example", "7946 0123", "15550123", "wamid.", conversation):
        assert secret not in shared
    life.url = f"sqlite:///{life.shop.folder}/nowhere.db"
    code, told = await life.replay("--file", str(file))
    assert (code, told.splitlines()[-1]) == (0, "3 turns come out as they did")
    life.writes("SOLD")
    assert (await life.replay("--file", str(file)))[0] == 1


async def test_a_parked_conversation_replays_with_its_fault_and_after_it(life: Life, house: House) -> None:
    conversation = await talk(house, "hi", "fail", "1")
    assert (await life.replay(conversation))[0] == 0
    await house.call("POST", f"/conversations/{conversation}/resume", {"reason": "mended", "restart": True})
    await house.hears("again")
    await house.until(f"/conversations/{conversation}/messages", lambda page: len(page["items"]) == 8)
    code, told = await life.replay(conversation)
    assert (code, told.splitlines()[-1]) == (0, "4 turns come out as they did")


async def test_what_cannot_be_played_is_told(life: Life, house: House) -> None:
    broken = life.shop.folder / "broken.json"
    broken.write_text("{}")
    for words in ((), ("x",), ("0" * 32,), ("--file", str(broken)), ("--file", "nowhere.json")):
        assert (await life.replay(*words))[0] == 1


TIMED = """
from parley import STAY, Effect, Flow, On, Turn, effect, minutes

class Shop(Flow):
    table = (On("message", "start", STAY, do="look"), On("done_find", "start", STAY, say="Found."))

    def look(self, turn: Turn) -> None:
        turn.effect("find", word=turn.text)
        turn.timer("nudge", after=MINUTES * 60)

    @effect
    async def find(call: Effect, word: str) -> str:
        return word
"""


async def test_what_was_asked_of_back_ends_and_set_for_later_is_in_the_journal(life: Life) -> None:
    life.shop.write("shop.py", TIMED.replace("MINUTES", "5"))
    flows_ = [life.shop.bot("shop:Shop")]
    async with running(life.shop.folder, life.url, flows=flows_, connects=(PHONE,)) as house:
        conversation = await talk(house, "hi")
        code, told = await life.replay(conversation)
        assert (code, told.splitlines()[-1]) == (0, "2 turns come out as they did")
        life.shop.write("shop.py", TIMED.replace("MINUTES", "9"))
        code, told = await life.replay(conversation)
        assert (code, told.splitlines()[-3]) == (1, "turn 1 differs in its timers")
        life.shop.write("shop.py", TIMED.replace("MINUTES", "5").replace("word=turn.text", "word='x'"))
        assert "turn 1 differs in its effects" in (await life.replay(conversation))[1]
