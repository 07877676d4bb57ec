"""The bots of the benchmark and the crash runs: they count, so a lost or doubled turn shows in every later answer."""

from parley import STAY, Flow, On, Talk, Turn, flow


class Echo(Flow):
    """Answers `n: text`, n counting the messages of the conversation."""

    table = (On("message", "start", STAY, do="answer"),)
    messages_a_minute = 0
    count: int = 0

    def answer(self, turn: Turn) -> None:
        """Count and answer."""
        self.count += 1
        turn.say(f"{self.count}: {turn.text}")


@flow(commands=(), messages_a_minute=0)
async def echo(talk: Talk) -> None:
    """Answers as Echo does, as a script: its count is nowhere but in what is played again."""
    count, heard = 1, talk.opening
    while True:
        heard = await talk.ask(f"{count}: {heard}")
        count += 1


BOTS = ("tests.crash.bot:Echo", "tests.crash.bot:echo")
"""One for each door."""
