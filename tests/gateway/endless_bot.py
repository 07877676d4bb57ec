"""Bots that do not end."""

import json
import re
import time

from parley import STAY, Effect, Flow, On, Talk, Turn, effect, flow


class Endless(Flow):
    """Goes round for ever, as it is told."""

    table = (
        On("message", "start", STAY, when="never", say="Ended."),
        On("message", "start", STAY, say="Hello."),
        On("done_turn_round", "start", STAY, say="Done."),
        On("failed_turn_round", "start", STAY, do="tell"),
    )

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
        if turn.text == "effect":
            turn.effect("turn_round")
        return False

    def tell(self, turn: Turn) -> None:
        turn.say(turn.fault.reason if turn.fault else "")

    @effect
    async def turn_round(call: Effect) -> None:
        while True:
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
