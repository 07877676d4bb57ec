"""A text that is too long is cut where a reader would, and nothing of it is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.graphemes import clusters
from gateway.split import size, split

ODD = st.sampled_from(["e\u0301", "👩‍👩‍👧", "🇩🇪", "👍🏽", "한", "ｅ", "\r\n", "❤️", " ", "\n\n", ". ", "word"])
TEXTS = st.lists(ODD | st.text(max_size=5), max_size=60).map("".join)


@pytest.mark.parametrize(
    ("text", "most", "parts"),
    [
        ("short", 10, ("short",)),
        ("one two three", 9, ("one two", "three")),
        ("The first. Second one", 16, ("The first.", "Second one")),
        ("A longer line\nanother line", 20, ("A longer line", "another line")),
        ("abcdefghij", 4, ("abcd", "efgh", "ij")),
        ("🇩🇪🇫🇷🇮🇹", 3, ("🇩🇪", "🇫🇷", "🇮🇹")),
        ("e\u0301e\u0301e\u0301", 3, ("e\u0301", "e\u0301", "e\u0301")),
        ("👩‍👩‍👧", 2, ("👩‍", "👩‍", "👧")),
    ],
)
def test_a_text_is_cut_where_a_reader_would(text: str, most: int, parts: tuple[str, ...]) -> None:
    assert split(text, most) == parts


def test_a_text_can_be_counted_in_bytes() -> None:
    assert split("äöü", 4, "bytes") == ("äö", "ü")
    assert split("你好吗", 6, "bytes") == ("你好", "吗")


def test_a_short_message_counts_septets_or_code_units() -> None:
    assert split("€" * 6, 6, "sms") == ("€€€", "€€€")
    assert split("😀" * 3 + "a", 4, "sms") == ("😀😀", "😀a")


@given(TEXTS, st.integers(4, 40), st.sampled_from(["characters", "bytes"]))
def test_no_part_is_too_long_and_nothing_but_space_is_lost(text: str, most: int, unit: str) -> None:
    parts = split(text, most, unit)  # type: ignore[arg-type]
    assert all(size(part, unit) <= most for part in parts)  # type: ignore[arg-type]
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(TEXTS, st.integers(16, 40))
def test_no_character_is_cut(text: str, most: int) -> None:
    whole = {each for each in clusters(text) if not each.isspace()}
    if len(text) > most and all(len(each) <= most for each in whole):
        pieces = [each for part in split(text, most) for each in clusters(part)]
        assert {each for each in pieces if not each.isspace()} <= whole | {each.strip() for each in whole}


@given(TEXTS)
def test_characters_are_a_text_in_pieces(text: str) -> None:
    assert "".join(clusters(text)) == text


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("abc", 3),
        ("e\u0301", 1),
        ("👩‍👩‍👧", 1),
        ("🇩🇪🇫🇷", 2),
        ("🇩🇪🇫", 2),
        ("\r\n", 1),
        ("각", 1),
        ("👍🏽", 1),
    ],
)
def test_characters_are_counted_as_a_reader_does(text: str, count: int) -> None:
    assert len(list(clusters(text))) == count
