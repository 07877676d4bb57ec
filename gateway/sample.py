"""The bot of a demonstration that has no examples beside it, as where Parley was installed as a package."""

from parley import WAYS_OUT, Flow, Media, On, Question, Turn, read


class Welcome(Flow):
    """Asks for a name, and what to show."""

    start = "name"
    asks = {
        "name": Question("Hello! What is your name?"),
        "wish": Question(
            "What shall I show you?", read.one_of({"picture": "A picture", "bots": "How to write a bot"})
        ),
    }
    table = (
        *WAYS_OUT,
        On("answered", "name", "wish", do="greet"),
        On("answered", "wish", "wish", do="show"),
    )
    name: str = ""

    def greet(self, turn: Turn) -> None:
        """Answer the first question."""
        turn.say(f"Nice to meet you, {self.name}.")

    def show(self, turn: Turn) -> None:
        """Answer the second."""
        if turn.answer == "picture":
            turn.say(Media("image", url="/static/sample.png", caption="Our van"))
        else:
            turn.say(
                "Make one with `parley new bot NAME`, and put it here with `parley demo --bots bot.py:Booking`."
            )
