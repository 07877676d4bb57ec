"""Texts in the customer's language: by locale, then by language, then as they are written."""

import runpy
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path

import pytest

from conversations.script import Script
from conversations.texts import texts_of
from parley import (
    STAY,
    Choice,
    Flow,
    FlowError,
    Location,
    Media,
    On,
    Option,
    Talk,
    Text,
    Turn,
    chat,
    flow,
    translations,
)
from state.model.content import Content

GERMAN = {
    "Hello": "Hallo", "Which?": "Welche?", "Small": "Klein", "Foot": "Fuß", "Look": "Schau", "{n} left": "noch {n}",
}  # fmt: skip
KNOWN = {"de": GERMAN, "de-AT": {"Hello": "Servus"}}


class Shop(Flow):
    table = (On("message", "start", STAY, do="answer", say="Hello"),)
    translations = KNOWN

    def answer(self, turn: Turn) -> None:
        turn.say(turn.t("{n} left", n=1234.5))
        turn.say(Media("image", url="https://example.org/a.png", caption="Look"))
        turn.say(Choice("Which?", (Option("s", "Small", "Foot"),), header=Text("Hello"), footer="Foot"))


@flow(translations=KNOWN)
async def shop(talk: Talk) -> None:
    await talk.ask(talk.t("Hello"))
    await talk.ask("Which?")


@pytest.mark.parametrize(
    ("locale", "hello", "left", "which"),
    [
        ("de", "Hallo", "noch 1.234,5", "Welche?"),
        ("de-CH", "Hallo", "noch 1’234.5", "Welche?"),
        ("de-AT", "Servus", "noch 1.234,5", "Welche?"),
        ("fr", "Hello", "1\u202f234,5 left", "Which?"),
        ("", "Hello", "1,234.5 left", "Which?"),
    ],
)
async def test_a_flow_speaks_the_customer_s_language(locale: str, hello: str, left: str, which: str) -> None:
    async with chat(Shop, locale=locale) as c:
        await c.hears("hi")
        c.says(left)
        assert isinstance(picture := c.said[0], Media)
        assert picture.caption == ("Schau" if locale.startswith("de") else "Look")
    async with chat(shop, locale=locale) as c:
        await c.hears("hi")
        c.says(hello)
        await c.hears("x")
        c.says(which)


def test_all_words_of_a_content_can_be_translated() -> None:
    choice = Choice("Which?", (Option("s", "Small", "Foot"),), header=Text("Hello"), footer="F", button="B")
    contents: list[Content] = [Text("a"), Media("image", caption="c"), Media("image"), choice, Location(1, 2)]
    found = [list(texts_of(each)) for each in contents]
    assert found == [["a"], ["c"], [], ["Which?", "F", "B", "Small", "Foot", "Hello"], []]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234.5, "1.234,5"),
        (Decimal("0.5"), "0,5"),
        (date(2027, 3, 1), "1. März 2027"),
        (time(9, 30), "09:30"),
        (datetime(2027, 3, 1, 9, 30), "01.03.2027, 09:30:00"),
        (True, "True"),
        ("x", "x"),
    ],
)
async def test_values_are_written_as_they_are_there(value: object, shown: str) -> None:
    class One(Flow):
        table = (On("message", "start", STAY, do="answer"),)

        def answer(self, turn: Turn) -> None:
            turn.say(turn.t("{value}", value=value))

    async with chat(One, locale="de") as c:
        await c.hears("hi")
        c.says(shown)


async def test_a_text_whose_values_are_missing_is_told() -> None:
    class One(Flow):
        table = (On("message", "start", STAY, do="answer"),)

        def answer(self, turn: Turn) -> None:
            turn.say(turn.t("{much} left", n=1))

    async with chat(One, may_fail=True) as c:
        await c.hears("hi")
        _ = c.said
    assert c.fault
    assert c.fault.reason.startswith("the text '{much} left' cannot be filled with n: 'much' (test_texts.py:")


def test_translations_are_read_from_a_folder(tmp_path: Path) -> None:
    (tmp_path / "de.toml").write_text('"Hello" = "Hallo"\n', "utf-8")
    assert translations(str(tmp_path)) == {"de": {"Hello": "Hallo"}}
    (tmp_path / "fr.toml").write_text("Hello = 1\n")
    with pytest.raises(FlowError, match=r"fr.toml: 'Hello' is no text"):
        translations(str(tmp_path))
    (tmp_path / "fr.toml").write_text("Hello\n")
    with pytest.raises(FlowError, match=r"translations: .*fr.toml: "):
        translations(str(tmp_path))
    with pytest.raises(FlowError, match="there is no folder '/nowhere'"):
        translations("/nowhere")


def test_translations_are_beside_the_bot_wherever_the_process_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "de.toml").write_text('Hello = "Hallo"')
    (tmp_path / "bot.py").write_text("from parley import translations\nTEXTS = translations('texts')\n")
    monkeypatch.chdir("/")
    assert runpy.run_path(str(tmp_path / "bot.py"))["TEXTS"] == {"de": {"Hello": "Hallo"}}


class Asks(Flow):
    table = (On("message", "start", STAY, do="answer", say="Hello"),)
    translations = KNOWN

    def answer(self, turn: Turn) -> None:
        turn.speak(turn.text)


@flow(translations=KNOWN)
async def asks(talk: Talk) -> None:
    talk.speak(await talk.ask("Hello"))
    talk.say("Hello")
    await talk.ask("Which?")


async def test_a_flow_may_change_the_language() -> None:
    async with chat(Asks) as c:
        await c.hears("de-AT")
        c.says("Servus")
        assert c.customer.locale == "de-AT"
    async with chat(Asks, may_fail=True) as c:
        await c.hears("German")
        _ = c.said
    assert c.fault
    assert "speak: 'German' is no language" in c.fault.reason


async def test_a_script_may_change_the_language() -> None:
    async with chat(asks) as c:
        await c.hears("hi")
        c.says("Hello")
        await c.hears("de")
        c.says("Hallo")
        c.says("Welche?")


def in_german(hello: str, name: str) -> Script:
    @flow(translations={"de": {"Hello {who}!": hello, "Your name?": name}})
    async def greeting(talk: Talk) -> None:
        talk.say(talk.t("Hello {who}!", who=talk.customer.name))
        await talk.ask(talk.t("Your name?"))
        await talk.ask("Your age?")

    return greeting


async def test_a_better_translation_is_no_change_of_a_script() -> None:
    async with chat(in_german("Halo {who}!", "Nahme?"), locale="de") as c:
        await c.hears("hi")
        c.says("Halo Ada!")
        c.says("Nahme?")
        assert c.state == "your_name"
        c.serve(in_german("Hallo {who}!", "Ihr Name?"))
        await c.hears("Ada")
        c.says("Your age?")
