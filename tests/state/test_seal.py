"""Credentials are sealed under a key that can be changed, and open only where they belong."""

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.seal import BadKey, Broken, Seal, SealError, WrongKey

OLD, NEW = (base64.b64encode(bytes([n] * 32)).decode() for n in (1, 2))
PLAIN = b'{"access_token":"EAAG-planted-token-1"}'


@given(plain=st.binary(max_size=2000), subject=st.text(max_size=40))
def test_what_is_sealed_opens_again_for_its_subject(plain: bytes, subject: str) -> None:
    seal = Seal(NEW)
    assert seal.open(seal.seal(plain, subject), subject) == plain


def test_the_same_value_is_never_sealed_alike_twice() -> None:
    seal = Seal(NEW)
    assert seal.seal(PLAIN, "wa") != seal.seal(PLAIN, "wa")


def test_the_plain_value_is_not_in_the_sealed_one() -> None:
    assert b"planted" not in Seal(NEW).seal(PLAIN, "wa")


def test_a_new_key_in_front_of_the_old_one_opens_both_and_seals_with_the_new() -> None:
    old, both, new = Seal(OLD), Seal(f"{NEW} {OLD}"), Seal(NEW)
    assert both.open(old.seal(PLAIN, "wa"), "wa") == PLAIN
    assert new.open(both.seal(PLAIN, "wa"), "wa") == PLAIN


def test_another_key_is_named_with_what_to_do() -> None:
    with pytest.raises(WrongKey, match="put the old key after the new one in seal_key"):
        Seal(NEW).open(Seal(OLD).seal(PLAIN, "wa"), "wa")


def test_a_value_moved_to_another_channel_does_not_open() -> None:
    seal = Seal(NEW)
    with pytest.raises(Broken, match="belong to another channel"):
        seal.open(seal.seal(PLAIN, "wa"), "sms")


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_changed_value_does_not_open(at: int, bit: int) -> None:
    seal = Seal(NEW)
    sealed = bytearray(seal.seal(PLAIN, "wa"))
    sealed[at % len(sealed)] ^= 1 << bit
    with pytest.raises(SealError):
        seal.open(bytes(sealed), "wa")


@given(length=st.integers(0, 40))
def test_a_cut_value_does_not_open(length: int) -> None:
    seal = Seal(NEW)
    with pytest.raises(SealError):
        seal.open(seal.seal(PLAIN, "wa")[:length], "wa")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "short",
        "planted-passphrase",
        base64.b64encode(bytes(31)).decode(),
        f"{NEW} planted-passphrase",
    ],
)
def test_a_key_that_is_none_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(BadKey) as caught:
        Seal(text)
    assert "base64 of 32 random bytes" in str(caught.value)
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_both_alphabets_of_base64_give_the_same_key(encode: Callable[[bytes], bytes]) -> None:
    raw = b"\xfb\xff" * 16
    sealed = Seal(base64.b64encode(raw).decode()).seal(PLAIN, "wa")
    assert Seal(encode(raw).decode()).open(sealed, "wa") == PLAIN


def test_a_seal_shows_the_ids_of_its_keys_and_nothing_else() -> None:
    assert NEW not in repr(Seal(NEW))
    assert len(repr(Seal(NEW))) == len("Seal(01234567)")
