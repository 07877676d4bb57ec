"""To a person and back: what the bot has learnt goes with the customer, and the bot goes on where it was."""

from parley import WAYS_OUT, Flow, On, Question, Turn, read


class Helpdesk(Flow):
    start, final = "topic", ("solved",)
    asks = {
        "topic": Question(
            "What is it about?", read.one_of({"bill": "My bill", "order": "My order", "else": "Else"})
        ),
        "happy": Question("Is it settled?", read.yes_no()),
    }
    table = (
        *WAYS_OUT,
        On("answered", "topic", "with_us", do="introduce"),
        On("handed_back", "with_us", "happy"),
        On("answered", "happy", "solved", when="is_settled", say="Good. Have a nice day!"),
        On("answered", "happy", "with_us", do="introduce"),
        On("not_understood", "topic", "with_us", do="introduce"),
    )
    topic: str = ""

    def is_settled(self, turn: Turn) -> bool:
        return turn.answer is True

    def introduce(self, turn: Turn) -> None:
        turn.say("I put you through to a colleague.")
        turn.hand_over(f"topic: {self.topic or 'unknown'}; last words: {turn.text}")
