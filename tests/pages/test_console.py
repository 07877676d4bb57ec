"""The console's pages say what is so, and no more than that."""

import re

import msgspec
import pytest

from admin.pages.pages import (
    ChannelRow,
    ChannelsView,
    Counts,
    HookRow,
    LoginView,
    SignalRow,
    SuspensionRow,
    TermsRow,
    ago,
    channels_page,
    login_page,
)
from state.model.channel import Point

NOW = 1_800_000_000_000
HOUR = 3_600_000
HELD = SuspensionRow(id="s1", reason="complaints", by="ops", since=NOW - 2 * HOUR)
SAID = (
    Point(about="window", says="By day, <b>.", source="https://law.example/a?b=1&c=2"),
    Point(about="consent", says="Ask first.", source="the operator's own terms"),
)
NEVER = TermsRow(version="v2", held_from=0, points=SAID)
LATE = TermsRow(version="v2", held_from=NOW - HOUR, points=SAID)
SOON = TermsRow(version="v2", held_from=NOW + 24 * HOUR, points=SAID)
SHOP = ChannelRow(id="shop", type="whatsapp", counts=Counts(received=12_345, failed=3, withheld=4))


def page(
    *channels: ChannelRow,
    quarantined: int = 0,
    problem: str = "",
    may_suspend: bool = True,
    may_accept: bool = True,
) -> str:
    return channels_page(
        ChannelsView(
            channels=channels,
            quarantined=quarantined,
            now=NOW,
            csrf="the token",
            actor="ops",
            problem=problem,
            may_suspend=may_suspend,
            may_accept=may_accept,
        )
    )


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "Running"),
        ({"last_error": "131047", "last_error_at": NOW - 1}, "Needs attention"),
        ({"last_error": "131047", "last_error_at": NOW - 2 * HOUR}, "Running"),
        ({"terms": NEVER}, "Waits for terms"),
        ({"terms": LATE}, "Waits for terms"),
        ({"terms": SOON}, "Running"),
        ({"terms": NEVER, "suspensions": (HELD,)}, "Suspended"),
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
    assert re.search(r"<dt>Received</dt><dd>12,345</dd>", page(SHOP))


def test_what_the_rules_withhold_is_no_failure() -> None:
    assert re.search(r"<div><dt>Withheld</dt><dd>4</dd>", page(SHOP))
    assert re.search(r'<div data-tone="bad"><dt>Failed</dt><dd>3</dd>', page(SHOP))


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


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        (NEVER, "Nothing is sent before they are accepted."),
        (LATE, "This version is new; sending is held since"),
        (SOON, "This version is new; sending will be held from"),
    ],
)
def test_terms_that_wait_are_shown_with_what_is_agreed_to(terms: TermsRow, words: str) -> None:
    shown = page(msgspec.structs.replace(SHOP, terms=terms))
    assert [each in shown for each in (words, "By day, &lt;b&gt;.", "Ask first.", "Accept v2")] == [True] * 4
    assert ('href="https://law.example/a?b=1&amp;c=2"' in shown, "own terms" in shown) == (True, False)
    assert 'action="/admin/channels/shop/terms"' in shown


def test_who_may_not_accept_may_read() -> None:
    shown = page(msgspec.structs.replace(SHOP, terms=NEVER), may_accept=False)
    assert ("Ask first." in shown, "Accept v2" in shown, "Read …" in shown) == (True, False, True)


def test_how_many_channels_wait_is_counted() -> None:
    waiting = msgspec.structs.replace(SHOP, terms=NEVER)
    assert "2 channels wait for their terms" in page(waiting, msgspec.structs.replace(waiting, id="b"), SHOP)
    assert "wait for their terms" not in page(SHOP)


COMING = SuspensionRow(
    id="s2", reason="far more codes than usual", by="guard", since=NOW, ground="suspected_fraud", stage="noticed",
    due=NOW + 14 * 60_000,
)  # fmt: skip
SIGN = SignalRow(
    id="g1", at=NOW - HOUR, action="WARN", code="131048", reason="spam <b>", evidence='{"a":"<i>"}'
)


def whole(**more: object) -> str:
    view = ChannelsView(channels=(), quarantined=0, now=NOW, csrf="", actor="ops")
    return channels_page(msgspec.structs.replace(view, **more))


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def test_what_is_announced_is_told_at_the_top_with_its_time_and_ground() -> None:
    shop = msgspec.structs.replace(SHOP, suspensions=(COMING, HELD))
    text = whole(channels=(shop, msgspec.structs.replace(shop, id="app")))
    top = text[text.index('data-live="announced"') : text.index('data-live="hooks"')]
    assert (
        words(top).count(
            "Announced for shop , in force in 14 min (suspected fraud): far more codes than usual"
        )
        == 1
    )
    assert 'href="#channel-shop"' in top
    assert "complaints" not in top


def test_a_suspension_of_a_part_of_several_channels_is_shown_by_itself() -> None:
    one = msgspec.structs.replace(COMING, about="campaign sale", stage="suspended")
    assert "Across channels" in whole(others=(one,))
    assert "campaign sale" in words(whole(others=(one,)))
    assert "Across channels" not in whole()


@pytest.mark.parametrize(
    ("count", "said"), [(1, "1 signal in 7 days"), (5, "5 signals in"), (6, "5+ signals in")]
)
def test_signals_are_shown_with_their_evidence(count: int, said: str) -> None:
    text = page(msgspec.structs.replace(SHOP, signals=(SIGN,) * count))
    assert said in words(text)
    assert text.count("131048") == text.count("{&#34;a&#34;:&#34;&lt;i&gt;&#34;}") == min(count, 5)
    assert ("spam &lt;b&gt;" in text, "GET /v1/signals" in text) == (True, count > 5)
    assert "signal" not in words(page(SHOP))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (HookRow(id="h1", where="https://a.example/in", failed_at=NOW - HOUR, failed="hook.test: 500", waiting=2),
         "The hook https://a.example/in fails: hook.test: 500, 1 h ago . 2 deliveries wait."),
        (HookRow(id="h1", where="https://a.example/in", disabled_at=NOW - HOUR, disabled_for="it answered 410"),
         "The hook https://a.example/in is disabled since 1 h ago : it answered 410. parley hooks deliveries h1"),
    ],
)  # fmt: skip
def test_a_hook_that_fails_is_told_of(row: HookRow, said: str) -> None:
    assert said in words(whole(hooks=(row,)))
