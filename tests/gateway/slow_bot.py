"""A bot that waits where it must not."""

import time

from parley import STAY, Effect, Flow, On, Turn, effect

LONG = 0.3


class Slow(Flow):
    """Holds everybody up, in a callback and in an effect."""

    table = (On("message", "start", STAY, do="wait"),)

    def wait(self, turn: Turn) -> None:
        time.sleep(LONG)

    @effect
    async def ask(call: Effect) -> None:
        time.sleep(LONG)  # noqa: ASYNC251 - the mistake that is to be told
