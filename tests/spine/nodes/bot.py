"""The bot of two nodes: it counts what it hears, and can be held up in the middle of a turn."""

import time
from pathlib import Path

from parley import STAY, Flow, On, Turn


class Held(Flow):
    """Answers `n: text`; `hold FILE` and `ring FILE` stay in a turn, the latter in a timer's, while the file exists."""

    table = (On("message", "start", STAY, do="answer"), On("timer_soon", "start", STAY, do="rang"))
    count: int = 0
    file: str = ""

    def answer(self, turn: Turn) -> None:
        """Count and answer."""
        self.count += 1
        order, _, rest = turn.text.partition(" ")
        if order == "ring":
            self.file = rest
            turn.timer("soon", 0)
        elif order == "hold":
            self._stay(turn, order, rest)
        else:
            turn.say(f"{self.count}: {turn.text}")

    def rang(self, turn: Turn) -> None:
        """Answer when the timer fires."""
        self._stay(turn, "ring", self.file)

    def _stay(self, turn: Turn, word: str, file: str) -> None:
        while Path(file).exists():
            time.sleep(0.005)
        turn.say(f"{self.count}: {word}")
