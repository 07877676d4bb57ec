"""Calling authors' hooks: in time, at once, apart from everybody, and what they say counts as far as it may."""

import asyncio
import logging
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.hooks import Hook, Suspending
from gateway.hooks.authors import Authors, Said, joined
from parley import Scope, Veto, Widen, before_suspend, on_lifted, on_suspended
from state.model.suspension import Target

WA = Scope(channel="wa")
ASKED = Suspending(scope=WA, ground="operator", reason="complaints")


def authors(*hooks: Hook, **times: float) -> Authors:
    return Authors(hooks, **times)


async def ask(*functions: Any, asked: Suspending = ASKED, seconds: float = 1.0) -> Any:
    return await authors(*map(before_suspend, functions), asked_seconds=seconds).ask(asked)


async def vetoes(suspending: Suspending) -> Veto:
    return Veto("not in the sale")


def widens(suspending: Suspending) -> Widen:
    return Widen(Scope(team="shop"), "the whole shop")


async def test_without_hooks_nothing_is_asked() -> None:
    verdict = await authors().ask(ASKED)
    assert (verdict.scope, verdict.said, verdict.veto) == (WA, (), None)


async def test_a_veto_has_its_reason() -> None:
    verdict = await ask(lambda each: None, vetoes)
    assert verdict.veto == Said(f"{__name__}.vetoes", "veto", "not in the sale")


async def test_a_veto_that_may_not_be_counts_for_nothing_and_is_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    legal = Suspending(scope=WA, ground="legal", reason="a court", may_veto=False)
    verdict = await ask(vetoes, asked=legal)
    assert (verdict.veto, [each.counts for each in verdict.said]) == (None, [False])
    assert "cannot veto what is suspended on the ground legal" in caplog.text


async def test_a_scope_is_widened_and_never_narrowed() -> None:
    narrow = lambda each: Widen(Scope(channel="wa", contact="c", direction="business_initiated"), "only them")  # noqa: E731
    assert (await ask(narrow)).scope == WA
    verdict = await ask(widens, narrow)
    assert verdict.scope == Scope()
    assert [each.reason for each in verdict.said] == ["the whole shop", "only them"]


async def test_who_is_late_has_no_objection(caplog: pytest.LogCaptureFixture) -> None:
    over = threading.Event()

    async def sleeps(each: Suspending) -> Veto:
        await asyncio.Event().wait()
        return Veto("too late")

    def blocks(each: Suspending) -> Veto:
        over.wait()
        return Veto("too late")

    async def stubborn(each: Suspending) -> None:
        while not over.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue

    verdict = await ask(sleeps, blocks, stubborn, widens, seconds=0.05)
    over.set()
    assert (verdict.veto, len(verdict.said)) == (None, 1)
    assert caplog.text.count("gave no answer within 0.05 s: that is no objection") == 3


async def test_who_was_late_is_not_asked_again_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    asked: list[int] = []

    async def hangs(each: Suspending) -> None:
        asked.append(1)
        await asyncio.Event().wait()

    made = authors(before_suspend(hangs), before_suspend(vetoes), asked_seconds=0.02)
    found = [await made.ask(ASKED) for _ in range(3)]
    assert ([bool(each.veto) for each in found], len(asked)) == ([True] * 3, 1)
    assert caplog.text.count("gave no answer") == 1


async def test_who_fails_has_no_objection_and_is_logged_with_the_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fails(each: Suspending) -> None:
        raise RuntimeError("a hook that fails")

    def exits(each: Suspending) -> None:
        raise SystemExit(3)

    verdict = await ask(fails, exits, vetoes)
    assert verdict.veto
    line = fails.__code__.co_firstlineno + 1
    assert f"test_authors.py:{line}: RuntimeError('a hook that fails')" in caplog.text
    assert "SystemExit: 3" in caplog.text


async def test_another_answer_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    verdict = await ask(lambda each: True)
    assert verdict.said == ()
    assert "gave True: None, a Veto or a Widen is expected" in caplog.text


async def test_all_of_a_moment_are_told_at_once_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    told: list[str] = []
    first, both = asyncio.Event(), asyncio.Barrier(2)

    async def one(value: str) -> None:
        await both.wait()
        told.append(f"one {value}")

    async def two(value: str) -> None:
        await both.wait()
        told.append(f"two {value}")

    def fails(value: str) -> None:
        raise LookupError(value)

    made = authors(
        on_suspended(one), on_suspended(two), on_suspended(fails), on_lifted(lambda value: first.set())
    )
    made.tell("suspended", "x")
    await made.idle()
    assert (sorted(told), first.is_set()) == (["one x", "two x"], False)
    assert "LookupError('x')" in caplog.text


async def test_who_is_told_has_a_time_limit(caplog: pytest.LogCaptureFixture) -> None:
    async def hangs(value: str) -> None:
        await asyncio.Event().wait()

    made = authors(on_lifted(hangs), told_seconds=0.02)
    made.tell("lifted", "x")
    await made.idle()
    assert "was not done after 0.02 s" in caplog.text


words = st.sampled_from(["", "a", "b"])
reaches = st.sampled_from(["business_initiated", "outbound", "both"])
scopes = st.builds(Scope, channel=words, team=words, contact=words, direction=reaches)
targets = st.builds(
    Target, channel=st.sampled_from("ab"), teams=st.tuples(words), contact=words, initiated=st.booleans(),
    inbound=st.booleans(),
)  # fmt: skip


@given(scopes, scopes, targets)
def test_what_either_of_two_scopes_covers_both_together_cover(
    one: Scope, other: Scope, target: Target
) -> None:
    if one.covers(target) or other.covers(target):
        assert joined(one, other).covers(target)


@given(scopes)
def test_a_scope_joined_with_itself_is_the_same(one: Scope) -> None:
    assert joined(one, one) == one
