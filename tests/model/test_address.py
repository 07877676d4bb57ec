"""An address is a URN with a scheme we know, and its lane is the same everywhere and for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.model.address import LANES, SCHEMES, BadAddress, lane_of, parse, path


@given(scheme=st.sampled_from(SCHEMES), rest=st.text(min_size=1))
def test_an_address_falls_apart_into_scheme_and_path(scheme: str, rest: str) -> None:
    assert parse(f"{scheme}:{rest}") == (scheme, rest)


@pytest.mark.parametrize("text", ["", ":", "tel", "tel:", ":1", "fax:1", "TEL:1", " tel:1", "whatsapp-:1"])
def test_what_is_no_address_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(BadAddress, match=r"scheme:path with a scheme of tel, whatsapp"):
        parse(text)


@pytest.mark.parametrize(
    ("urn", "lane"),
    [
        ("tel:+15551234567", 157),
        ("whatsapp:15551234567", 19),
        ("whatsapp-bsuid:US.13491208655302741918", 184),
        ("inapp:anna", 185),
        ("mailto:änna@example.org", 240),
        ("123456789", 0x26),  # the check value that every description of CRC-32 gives: CBF43926
    ],
)
def test_a_lane_never_changes(urn: str, lane: int) -> None:
    assert lane_of(urn) == lane


@given(urn=st.text())
def test_a_lane_is_one_of_all(urn: str) -> None:
    assert 0 <= lane_of(urn) < LANES


def test_lanes_are_used_evenly() -> None:
    lanes = [lane_of(f"whatsapp:1555{n:07}") for n in range(25_600)]
    counts = [lanes.count(lane) for lane in range(LANES)]
    assert 60 < min(counts) <= max(counts) < 140


def test_the_first_address_of_a_scheme_is_found() -> None:
    addresses = ("whatsapp-bsuid:US.1", "whatsapp:2", "whatsapp:3")
    assert (path(addresses, "whatsapp"), path(addresses, "tel")) == ("2", "")
