"""The bot of two nodes: it counts what it hears, and at `slow` holds its node up in the middle of a turn."""

import time

from parley import STAY, Flow, On, Turn


class Slow(Flow):
    """Answers `n: text`, n counting the messages of the conversation."""

    table = (On("message", "start", STAY, do="answer"),)
    count: int = 0

    def answer(self, turn: Turn) -> None:
        """Count and answer."""
        if turn.text == "slow":
            time.sleep(0.5)
        self.count += 1
        turn.say(f"{self.count}: {turn.text}")
