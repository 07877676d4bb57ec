"""Calls a connector asks for outside a send: driven here, over the one HTTP client."""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import TypeVar

from gateway.wire import Blocked, NoAnswer, TooLong
from state.model.action import Action
from state.model.wire import Call, Reply, Undelivered

T = TypeVar("T")
Talk = Generator[Call, Reply, T]
"""Calls a connector asks for, and what it makes of their replies."""
LONGEST_WAIT = 30.0
"""Seconds a call waits at most before it is made."""
Perform = Callable[[Call], Awaitable[Reply]]


async def drive(
    talk: Talk[T], perform: Perform, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> T:
    """Make the calls a generator yields, send it their replies, and give what it gives. Raises what either raises."""
    reply: Reply | None = None
    while True:
        try:
            call = talk.send(reply)  # type: ignore[arg-type]
        except StopIteration as stop:
            return stop.value  # type: ignore[no-any-return]
        if call.after:
            await sleep(min(call.after, LONGEST_WAIT))
        reply = await perform(call)


async def ask(talk: Talk[T], perform: Perform) -> T:
    """The same where nothing is doubled by asking again: no answer is Undelivered like any other trouble."""

    async def made(call: Call) -> Reply:
        try:
            return await perform(call)
        except Blocked as error:
            raise Undelivered(Action.CONFIG, "blocked_address", str(error)) from error
        except TooLong as error:
            raise Undelivered(Action.FAIL_MSG, "too_long", str(error)) from error
        except NoAnswer as error:
            raise Undelivered(Action.RETRY, "unreachable", str(error)) from error

    return await drive(talk, made)
