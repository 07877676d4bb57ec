"""Bots that do not end."""

import asyncio
import importlib
import json
import re
import signal
import time

from parley import STAY, Effect, Flow, On, Standing, Talk, Turn, effect, flow

STEP = 0.04
"""Seconds of the processor's time that an effect in steps takes for one."""


class Endless(Flow):
    """Goes round for ever, as it is told."""

    table = (
        On("message", "start", STAY, when="never", say="Ended."),
        On("message", "start", STAY, say="Hello."),
        On("done_turn_round", "start", STAY, say="Done."),
        On("failed_turn_round", "start", STAY, do="tell"),
    )

    @staticmethod
    def migrate(old: Standing) -> Standing:
        round_and_round()
        return old

    def never(self, turn: Turn) -> bool:
        if turn.text == "spin":
            while True:
                try:
                    turn.t("round and round")
                except Exception:
                    continue
        if turn.text == "match":
            return bool(re.fullmatch(r"(a|a|b?)*", "a" * 60 + "!"))
        while turn.text == "library":
            json.loads("[1, 2, 3]")
        if turn.text == "signal":
            signal.raise_signal(signal.SIGURG)
        if turn.text == "import":
            importlib.import_module("imported_late")
        if turn.text == "effect":
            turn.effect("turn_round")
        return False

    def tell(self, turn: Turn) -> None:
        turn.say(turn.fault.reason if turn.fault else "")

    @effect
    async def turn_round(call: Effect) -> None:
        while True:
            pass

    @effect
    async def in_a_group(call: Effect) -> None:
        async with asyncio.TaskGroup():
            await spin()

    @effect
    async def in_a_task(call: Effect) -> None:
        await asyncio.gather(spin(), asyncio.sleep(0))

    @effect
    async def in_a_callback(call: Effect) -> str:
        asyncio.get_running_loop().call_soon(round_and_round)
        await asyncio.sleep(0)
        return "gone on"

    @effect
    async def in_steps(call: Effect, steps: int) -> str:
        for _ in range(steps):
            signal.raise_signal(signal.SIGVTALRM)
            work(STEP)
            await asyncio.sleep(0)
        return "done"

    @effect
    async def stubborn(call: Effect, seconds: float) -> str:
        before = time.perf_counter()
        while time.perf_counter() < before + seconds:
            try:
                try:
                    round_and_round()
                except BaseException:
                    round_and_round()  # both signals may have come at once: the second is caught below
            except BaseException:
                continue
        return "done"


async def spin() -> None:
    """A coroutine that does not end."""
    round_and_round()


def round_and_round() -> None:
    """Nor does this."""
    while True:
        pass


def work(seconds: float) -> None:
    """Compute for so long of the processor's time."""
    before = time.thread_time()
    while time.thread_time() < before + seconds:
        pass


@flow(keywords=("script",))
async def endless(talk: Talk) -> None:
    """A script that goes round."""
    while True:
        talk.t("round and round")


def busy(seconds: float) -> None:
    """Hold up the loop for a while in a bot's file, but in no turn."""
    before = time.perf_counter()
    while time.perf_counter() < before + seconds:
        pass
    raise ZeroDivisionError
