"""The source of a flow is kept whole, and loaded again beside another version of the same modules."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from conversations import archive, engine
from conversations.router import Router, compiled
from parley import FlowError, flow
from state.model.turn import Snapshot
from tests.conversations.kit import CUSTOMER, NOW, said, words
from tests.conversations.project import Project, project

BOT = """
import json
from datetime import date
from parley import Flow, On, STAY, Turn, Effect, effect
from . import words as spoken
from .inner.deep import DEEP

class Shop(Flow):
    table = (On("message", "start", STAY, do="answer"),)
    seen: list[date] = []

    def answer(self, turn: Turn) -> None:
        from shop.late import LATE
        turn.say(json.dumps([spoken.HELLO, DEEP, LATE]))
        assert turn.text != "fail", "so it is"

    @effect
    async def lookup(call: Effect) -> str:
        return spoken.HELLO
"""


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Project]:
    with project(tmp_path) as made:
        made.write("shop/__init__.py", "")
        made.write("shop/bot.py", BOT)
        made.write("shop/words.py", "HELLO = 'one'\n")
        made.write("shop/inner/__init__.py", "")
        made.write("shop/inner/deep.py", "from ..words import HELLO\nDEEP = HELLO + '!'\n")
        made.write("shop/late.py", "LATE = 'late one'\n")
        made.write("shop/other.py", "raise RuntimeError('nobody imports this')\n")
        yield made


def _says(router: Router, version: str) -> list[str]:
    stands = Snapshot("Shop", version, 1, "start", {"seen": []})
    return words(engine.play(stands, [said("hi")], CUSTOMER, router, NOW, "s"))


def test_a_version_is_loaded_again_beside_the_next(shop: Project) -> None:
    old = compiled(shop.bot("shop.bot:Shop"))
    kept = archive.unpack(archive.archive(old).pack())
    assert sorted(kept.modules) == ["shop", "shop.bot", "shop.inner", "shop.inner.deep", "shop.words"]
    _says(Router([shop.bot("shop.bot:Shop")]), old.version)  # it has imported what is late
    kept = archive.unpack(archive.archive(old).pack())
    shop.write("shop/words.py", "HELLO = 'two'\n")
    shop.write("shop/late.py", "LATE = 'late two'\n")
    shop.write("shop/bot.py", BOT.replace("DEEP, LATE", "LATE"))
    router = Router([shop.bot("shop.bot:Shop")])
    new = router.get("Shop")
    assert new
    assert new.version != old.version
    assert _says(router, old.version) == ['["two", "late two"]']
    router.keep(archive.load(kept, old.version))
    assert _says(router, old.version) == ['["one", "one!", "late one"]']
    assert _says(router, new.version) == ['["two", "late two"]']


async def test_an_effect_is_that_of_the_version_that_asked(shop: Project) -> None:
    old = compiled(shop.bot("shop.bot:Shop"))
    kept = archive.archive(old)
    shop.write("shop/words.py", "HELLO = 'two'\n")
    shop.write("shop/bot.py", BOT.replace("so it is", "so it was"))
    router = Router([shop.bot("shop.bot:Shop")])
    router.keep(archive.load(kept, old.version))
    found = [
        await engine.run_effect(router, "Shop", "lookup", {}, "k", None, version=version)  # type: ignore[arg-type]
        for version in (old.version, "", "gone")
    ]
    assert found == ["one", "two", "two"]


def test_a_fault_names_the_line_of_the_version_that_failed(shop: Project) -> None:
    old = compiled(shop.bot("shop.bot:Shop"))
    router = Router([shop.bot("shop.bot:Shop")])
    router.serve(archive.load(archive.archive(old), "older"))
    stands = Snapshot("Shop", "older", 1, "start")
    played = engine.play(stands, [said("fail")], CUSTOMER, router, NOW, "s")
    assert played.fault
    assert played.fault.reason == "AssertionError: so it is (bot.py@older:15)"


def test_what_cannot_be_kept_or_loaded_is_told(shop: Project) -> None:
    bot = compiled(shop.bot("shop.bot:Shop"))
    kept = archive.archive(bot)
    with pytest.raises(FlowError, match="the archive of a flow cannot be read"):
        archive.unpack(b"x")
    broken = archive.Archive(
        "Shop", "shop.bot", {**kept.modules, "shop.words": archive.Source("w.py", "1/0")}
    )
    with pytest.raises(FlowError, match="Shop of version v cannot be loaded again: ZeroDivisionError"):
        archive.load(broken, "v")
    with pytest.raises(FlowError, match="Bar is not in the archive of version v"):
        archive.load(archive.Archive("Bar", "shop.bot", kept.modules), "v")

    async def typed(talk: object) -> None: ...

    typed.__module__ = "nowhere"
    with pytest.raises(FlowError, match="typed has no source file to keep"):
        archive.archive(flow(typed))
