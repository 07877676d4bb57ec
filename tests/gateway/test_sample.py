"""The bot of a demonstration without examples beside it."""

from pathlib import Path

from conversations.router import Router
from gateway import demo
from gateway.sample import Welcome
from parley import Media, chat, walk


def test_it_is_shown_where_there_are_no_examples(tmp_path: Path) -> None:
    found = demo.defaults({"data_dir": str(tmp_path)}, (), {})
    assert found["bots"] == "examples.showcase:Showcase"
    alone = demo._bot(tmp_path)
    assert "bot_path" not in alone
    assert Router.load([alone["bots"]]).bots == (Welcome.plan,)


async def test_it_shows_a_picture_and_how_to_write_a_bot() -> None:
    async with chat(Welcome) as c:
        await c.hears("hi")
        c.says("Hello! What is your name?")
        await c.hears("Grace")
        c.says("Nice to meet you, Grace.")
        c.says("What shall I show you?", options=["A picture", "How to write a bot"])
        await c.taps("A picture")
        picture, _question = c.said
        assert isinstance(picture, Media)
        await c.taps("How to write a bot")
        assert "parley new bot" in str(c.said[0])
        await c.hears("agent")
        assert c.mode == "person"
        _ = c.said
        await c.is_handed_back()
        c.says("What shall I show you?")


def test_whatever_is_said_there_is_a_way_out() -> None:
    walk(Welcome, examples=20)
