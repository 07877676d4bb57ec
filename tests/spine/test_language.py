"""Parley's own words over the wire, to customers of whom only the number is known."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway import notices
from tests.spine.house import House, running, text


@pytest.fixture
async def telling(url: str, tmp_path: Path) -> AsyncIterator[House]:
    """A gateway that begins each conversation with the notice."""
    async with running(tmp_path, url, notices=True) as made:
        yield made


async def test_who_tells_no_language_is_answered_in_that_of_their_word_and_number(telling: House) -> None:
    for words, sender in (("Abmelden", "4915112340030"), ("ARRET", "41791234567"), ("hi", "33612345678")):
        await telling.hear({**text(1, words), "id": f"wamid.{words}", "from": sender})
        await telling.quiet()
    assert telling.graph.texts[:2] == [notices.stopped("de"), notices.stopped("fr")]
    assert telling.graph.texts[2] == notices.notice("whatsapp", "fr").text
