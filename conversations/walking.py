"""Walks: a customer who says anything for a while, at random but repeatably; needs `hypothesis`."""

import asyncio
from collections.abc import Mapping
from operator import methodcaller
from typing import Any

from conversations.chat import Chat, chat
from conversations.loading import Source
from conversations.router import compiled
from state.model.content import Choice, Content, Location, Media

MOST = 20
"""Messages that a bot may say to one thing."""
__tracebackhide__ = methodcaller("errisinstance", AssertionError)
_WORDS = (
    "hi",
    "yes",
    "no",
    "1",
    "4",
    "2027-03-01",
    "tomorrow",
    "ada@example.org",
    "+44 20 7946 0000",
    "",
    "?",
    "back",
)
_SENT: tuple[Content, ...] = (Media("image", url="https://example.org/a.png"), Location(52.5, 13.4))
_DAY = 24.0
_OUT = ("stop", "agent")
Place = tuple[str, str, int]
"""A flow, its state, and how many answers in it could not be read."""
_DEEPEST = 5
"""Steps of a way out."""


def walk(
    *flows: Source,
    answers: Mapping[str, Any] | None = None,
    examples: int = 50,
    length: int = 15,
    channel: str = "whatsapp",
) -> None:
    """Let customers walk through the first of these flows, and fail where one is badly served.

    Badly is: the flow fails, says more than 20 messages to one thing, or is in a state from which neither words,
    options nor a month of silence lead to an end or to a person, in up to five steps. `answers` are what effects give.
    """
    from hypothesis import given, settings
    from hypothesis import strategies as st

    said = st.one_of(st.sampled_from(_WORDS), st.text(max_size=20), st.integers(-3, 30).map(str))
    moves = st.one_of(
        said.map(lambda words: ("hears", words)),
        st.integers(0, 9).map(lambda place: ("taps", place)),
        st.sampled_from(_SENT).map(lambda content: ("sends", content)),
        st.sampled_from((1.0, _DAY, _DAY * 8)).map(lambda hours: ("later", hours)),
    )

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, report_multiple_bugs=False
    )
    @given(st.lists(moves, max_size=length))
    def walked(steps: list[tuple[str, Any]]) -> None:
        asyncio.run(_walk(flows, dict(answers or {}), channel, steps, known))

    known: set[Place] = set()
    walked()


async def _walk(
    flows: tuple[Source, ...],
    answers: Mapping[str, Any],
    channel: str,
    steps: list[tuple[str, Any]],
    known: set[Place],
) -> None:
    """One customer; `known` are the states that are known to have a way out."""
    talk = chat(*flows, channel=channel)
    for name, result in answers.items():
        talk.answers(name, result)
    words = sorted(compiled(flows[0]).entry.keywords)
    if named := sorted(compiled(flows[0]).entry.campaigns):
        talk.was_sent("…", campaign=named[0])
    await talk.hears(words[0] if words else "hi")
    offered = _looked(talk, ())
    for kind, what in steps:
        await _step(talk, kind, what, offered)
        offered = _looked(talk, offered)
    if talk.stands.flow and talk.mode == "bot":
        await _gets_out(talk, offered, known)


async def _step(talk: Chat, kind: str, what: Any, offered: tuple[str, ...]) -> None:
    if talk.mode == "person":
        await talk.is_handed_back()
    elif kind == "later":
        await talk.later(hours=what)
    elif kind == "taps" and offered:
        await talk.taps(offered[what % len(offered)])
    else:
        await talk.hears("hello" if kind == "taps" else what)


def _looked(talk: Chat, offered: tuple[str, ...]) -> tuple[str, ...]:
    """Look at what was said; gives the options that are on offer now."""
    said = talk.said
    if len(said) > MOST:
        raise AssertionError(f"it said {len(said)} messages to one thing:\n{talk.transcript}")
    last = next((each for each in reversed(said) if isinstance(each, Choice)), None)
    return tuple(each.id for each in last.options if each.kind == "reply") if last else offered


async def _gets_out(talk: Chat, offered: tuple[str, ...], known: set[Place]) -> None:
    """Look for a way to an end or to a person, over states that no way was looked for from; raises AssertionError."""
    kept, begin = talk.kept(), _place(talk)
    todo: list[tuple[Any, tuple[str, ...], tuple[Place, ...]]] = [(kept, offered, (begin,))]
    seen = {begin}
    while todo:
        stands, options, path = todo.pop(0)
        for kind, what in _ways(options):
            talk.put(stands)
            await _step(talk, kind, what, options)
            then, place = _looked(talk, options), _place(talk)
            if talk.mode == "person" or not talk.stands.flow or place in known:
                known.update(path)
                return
            if place not in seen and len(path) <= _DEEPEST:
                seen.add(place)
                todo.append((talk.kept(), then, (*path, place)))
    talk.put(kept)
    raise AssertionError(f"there is no way out of {talk.state!r}:\n{talk.transcript}")


def _place(talk: Chat) -> Place:
    return talk.stands.flow, talk.state, talk.stands.tries


def _ways(options: tuple[str, ...]) -> list[tuple[str, Any]]:
    """What a customer may try: the words that help everywhere, each option, anything else, and silence."""
    ways: list[tuple[str, Any]] = [("hears", word) for word in (*_OUT, *_WORDS)]
    ways[2:2] = [("taps", place) for place in range(len(options))]
    return [*ways, ("later", _DAY * 31)]
