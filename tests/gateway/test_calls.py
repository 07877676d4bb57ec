"""Calls that a connector asks for are made in their order, each after the wait it asks for."""

import asyncio
from collections.abc import Generator

import pytest

from gateway import outgoing
from gateway.calls import LONGEST_WAIT, ask, drive
from gateway.wire import CutOff, NoAnswer, TooLong
from state.model.wire import Call, Reply, Undelivered


def polled() -> Generator[Call, Reply, int]:
    """Asks until it is ready."""
    yield Call("begin", "POST", "https://x.example")
    for wait in (1.5, 3600.0):
        yield Call("status", "GET", "https://x.example", after=wait)
    return (yield Call("end", "POST", "https://x.example")).status


async def test_a_call_waits_as_it_asks_for_and_no_longer_than_is_good() -> None:
    done: list[object] = []

    async def perform(call: Call) -> Reply:
        done.append(call.name)
        return Reply(201)

    async def sleep(seconds: float) -> None:
        done.append(seconds)

    assert await drive(polled(), perform, sleep) == 201
    assert done == ["begin", 1.5, "status", LONGEST_WAIT, "status", "end"]


async def test_who_is_stopped_while_waiting_makes_no_call() -> None:
    made: list[str] = []
    waiting = asyncio.Event()

    async def perform(call: Call) -> Reply:
        made.append(call.name)
        return Reply(200)

    async def sleep(seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(drive(polled(), perform, sleep))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert made == ["begin"]


@pytest.mark.parametrize(
    ("error", "action"), [(TooLong("2000 bytes"), "FAIL_MSG"), (CutOff("gone"), "RETRY")]
)
async def test_what_is_too_long_is_not_asked_for_again(error: NoAnswer, action: str) -> None:
    async def perform(call: Call) -> Reply:
        raise error

    with pytest.raises(Undelivered) as refused:
        await ask(polled(), perform)
    again = outgoing.without_answer(Call("file", "GET", "https://x.example", repeatable=True), error)
    assert isinstance(again, Undelivered)
    assert (refused.value.action, again.action) == (action, action)


async def test_a_message_whose_answer_is_too_long_may_have_been_taken() -> None:
    sent = Call("messages", "POST", "https://x.example")
    assert isinstance(outgoing.without_answer(sent, TooLong("2000 bytes")), outgoing.Unknown)
