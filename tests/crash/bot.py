"""The bot of the benchmark and the crash harness: it counts, so a lost or doubled turn shows in every later answer."""

from parley import STAY, Flow, On, Turn


class Echo(Flow):
    """Answers `n: text`, n counting the messages of the conversation."""

    table = (On("message", "start", STAY, do="answer"),)
    count: int = 0

    def answer(self, turn: Turn) -> None:
        """Count and answer."""
        self.count += 1
        turn.say(f"{self.count}: {turn.text}")
