"""The console's pages say what is so, and no more than that."""

import re

import msgspec
import pytest

from admin.pages.pages import (
    ChannelRow,
    ChannelsView,
    Counts,
    LoginView,
    SuspensionRow,
    ago,
    channels_page,
    login_page,
)

NOW = 1_800_000_000_000
HOUR = 3_600_000
HELD = SuspensionRow(id="s1", reason="complaints", by="ops", since=NOW - 2 * HOUR)
SHOP = ChannelRow(id="shop", type="whatsapp", counts=Counts(accepted=12_345, failed=3))


def page(*channels: ChannelRow, quarantined: int = 0, problem: str = "", may_suspend: bool = True) -> str:
    return channels_page(
        ChannelsView(
            channels=channels,
            quarantined=quarantined,
            now=NOW,
            csrf="the token",
            actor="ops",
            problem=problem,
            may_suspend=may_suspend,
        )
    )


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "Running"),
        ({"last_error": "131047", "last_error_at": NOW - 1}, "Needs attention"),
        ({"last_error": "131047", "last_error_at": NOW - 2 * HOUR}, "Running"),
        ({"suspensions": (HELD,)}, "Suspended"),
        ({"suspensions": (HELD,), "last_error": "131047", "last_error_at": NOW}, "Suspended"),
    ],
)
def test_a_channel_shows_its_state(changes: dict[str, object], state: str) -> None:
    shown = re.search(
        r"data-live=\"state-shop\"[^>]*>([^<]+)<", page(msgspec.structs.replace(SHOP, **changes))
    )
    assert shown is not None
    assert shown[1] == state


def test_counts_are_grouped() -> None:
    assert re.search(r"<dt>Accepted</dt><dd>12,345</dd>", page(SHOP))


def test_every_form_carries_the_token() -> None:
    text = page(SHOP, msgspec.structs.replace(SHOP, id="app", suspensions=(HELD, HELD)))
    assert text.count("<form") == text.count('name="csrf" value="the token"') == 4
    assert 'action="/admin/channels/shop/suspend"' in text
    assert 'action="/admin/suspensions/s1/lift"' in text


def test_who_may_not_suspend_is_shown_no_form_for_it() -> None:
    assert "/suspend" not in page(SHOP, may_suspend=False)


def test_what_others_wrote_is_shown_as_words() -> None:
    evil = "<script>alert(1)</script>"
    held = SuspensionRow(id="s1", reason=evil, by=evil, since=NOW)
    row = ChannelRow(id="x", type=evil, last_error=evil, last_error_at=NOW, suspensions=(held,))
    for text in (page(row, problem=evil), login_page(LoginView(csrf=evil, problem=evil))):
        assert evil not in text
        assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 authentic request could"), (2_000, "2,000 authentic requests could")]
)
def test_the_quarantine_is_told_of(count: int, words: str) -> None:
    assert words in page(SHOP, quarantined=count)


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 conversation is parked"), (2_000, "2,000 conversations are parked")]
)
def test_parked_conversations_are_told_of(count: int, words: str) -> None:
    view = ChannelsView(channels=(SHOP,), quarantined=0, parked=count, now=NOW, csrf="", actor="ops")
    assert words in channels_page(view)
    assert "parked" not in page(SHOP).replace('data-live="parked"', "")


def test_why_a_message_failed_is_told_beside_the_channel_s_last_error() -> None:
    failed = msgspec.structs.replace(SHOP, last_failure="window_closed: too late")
    both = msgspec.structs.replace(failed, last_error="131047", last_error_at=NOW)
    for row, errors in ((failed, 0), (both, 1)):
        text = page(row)
        assert "<strong>Last failure</strong> window_closed: too late" in text
        assert (text.count("<strong>Last error</strong> 131047"), text.count("No error so far")) == (
            errors,
            0,
        )


def test_an_empty_quarantine_is_not() -> None:
    assert "quarantine list" not in page(SHOP)


@pytest.mark.parametrize(
    ("passed", "words"),
    [(-5, "just now"), (999, "just now"), (1_000, "1 s ago"), (59_999, "59 s ago"), (60_000, "1 min ago"),
     (HOUR, "1 h ago"), (25 * HOUR, "1 d ago")],
)  # fmt: skip
def test_time_is_told_in_its_largest_unit(passed: int, words: str) -> None:
    assert ago(NOW - passed, NOW) == words
