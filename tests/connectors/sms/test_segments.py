"""Segments are counted and cut to the septet and the code unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.graphemes import clusters
from connectors.sms import gsm7, segments
from connectors.sms.segments import Segments

ODD = st.sampled_from(["€", "{", "é", "ñ", "你", "😀", "👩‍👩‍👧", "🇩🇪", "e\u0301", "a", "A" * 30, "\f"])
TEXTS = st.lists(ODD, max_size=40).map("".join) | st.text(max_size=400)
GSM = st.text("aB1@£é{}€^ \n", max_size=500)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", Segments("gsm7", 0, 1)),
        ("a" * 160, Segments("gsm7", 160, 1)),
        ("a" * 161, Segments("gsm7", 161, 2)),
        ("a" * 306, Segments("gsm7", 306, 2)),
        ("a" * 307, Segments("gsm7", 307, 3)),
        ("€" * 80, Segments("gsm7", 160, 1)),
        ("€" * 81, Segments("gsm7", 162, 2)),
        ("a" * 152 + "€" * 10, Segments("gsm7", 172, 2)),
        ("你" * 70, Segments("ucs2", 70, 1)),
        ("你" * 71, Segments("ucs2", 71, 2)),
        ("😀" * 35, Segments("ucs2", 70, 1)),
        ("😀" * 36, Segments("ucs2", 72, 2)),
        ("a" * 69 + "ç", Segments("ucs2", 70, 1)),
        ("e\u0301", Segments("ucs2", 2, 1)),
    ],
)
def test_a_text_is_counted(text: str, found: Segments) -> None:
    assert segments.count(text) == found


@pytest.mark.parametrize(
    ("text", "header", "parts"),
    [
        ("a" * 152 + "€" * 10, 6, ("a" * 152, "€" * 10)),
        ("a" * 161, 7, ("a" * 152, "a" * 9)),
        ("你" * 66 + "😀" * 5, 6, ("你" * 66, "😀" * 5)),
        ("你" * 71, 7, ("你" * 66, "你" * 5)),
        ("你" * 64 + "👩‍👩‍👧" + "你" * 3, 6, ("你" * 64, "👩‍👩‍👧" + "你" * 3)),
    ],
)
def test_a_text_is_cut_between_characters(text: str, header: int, parts: tuple[str, ...]) -> None:
    assert segments.split(text, header) == parts


@given(TEXTS, st.sampled_from([6, 7]))
def test_every_part_fits_and_nothing_is_lost(text: str, header: int) -> None:
    parts, how = segments.split(text, header), segments.encoding(text)
    room = {("gsm7", 6): 153, ("gsm7", 7): 152, ("ucs2", 6): 67, ("ucs2", 7): 66}[how, header]
    assert "".join(parts) == text
    if len(parts) > 1:
        assert all(0 < segments.units(part, how) <= room for part in parts)


@given(TEXTS)
def test_no_character_and_no_pair_is_cut(text: str) -> None:
    parts = segments.split(text)
    if all(segments.units(each, segments.encoding(text)) <= 66 for each in clusters(text)):
        assert [each for part in parts for each in clusters(part)] == list(clusters(text))
    assert not any(part[:1] and "\udc00" <= part[0] <= "\udfff" for part in parts)


@given(GSM)
def test_the_alphabet_gives_back_what_it_wrote(text: str) -> None:
    assert gsm7.fits(text)
    assert gsm7.decode(gsm7.encode(text)) == text
    assert len(gsm7.encode(text)) == gsm7.septets(text)


@given(st.binary(max_size=200))
def test_any_septets_are_a_text(octets: bytes) -> None:
    assert len(gsm7.decode(octets)) <= len(octets)


def test_the_alphabet_is_complete() -> None:
    every = gsm7.decode(bytes(n for n in range(128) if n != 0x1B))
    assert (len(every), len(set(every)), every.isprintable()) == (127, 127, False)
    assert gsm7.decode(b"\x1b\x65\x1b\x1b\x1b\x01\x1b") == "€ £"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"a\x1b\x65b", "a€b"), (b"\x1bc", "c"), (b"\x1b\x1b\x65", " e"), (b"\x1b", ""), (b"\x1b\xff", "\ufffd"),
        (b"\x1b\x00", "@"),
    ],
)  # fmt: skip
def test_an_extension_that_is_none_is_read_without_its_escape(octets: bytes, text: str) -> None:
    assert gsm7.decode(octets) == text
