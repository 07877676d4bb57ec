"""The bot of the browser tests: it knows one word for each thing a channel can show."""

from collections.abc import Callable

from parley import (
    STAY,
    Card,
    Choice,
    Chosen,
    ContactCard,
    Flow,
    Location,
    Media,
    On,
    Option,
    Reaction,
    Text,
    Turn,
)
from state.model.content import Phone
from state.model.event import MessageReceived, Reacted

STORY = "Once a message was **accepted**, it was on the disk. " * 12 + "\n\nAnd nobody ever saw it twice."
MENU = {"tell": "Tell me more", "person": "Talk to a person"}
DISHES = (
    Option("soup", "Soup", "of the day, with bread", section="Warm"),
    Option("salad", "Salad", "from the garden", section="Cold"),
)

WORDS: dict[str, Callable[[Turn], None]] = {
    "hello": lambda turn: turn.ask("What can I do for you?", MENU),
    "story": lambda turn: turn.say(Text(STORY, format="markdown", stream=True)),
    "picture": lambda turn: turn.say(Media("image", url="/static/sample.png", caption="Our parcel van")),
    "list": lambda turn: turn.say(
        Choice("What would you like?", DISHES, style="list", button="See the menu")
    ),
    "place": lambda turn: turn.say(Location(52.5163, 13.3777, "Brandenburg Gate", "Pariser Platz, Berlin")),
    "contact": lambda turn: turn.say(ContactCard((Card("Grace Hopper", phones=(Phone("+15550142"),)),))),
    "markup": lambda turn: turn.say(Text("<b>not bold</b> but **bold**", format="markdown")),
    "quote": lambda turn: turn.say("This is what I mean.", reply_to=_id(turn)),
    "heart": lambda turn: turn.say(Reaction(_id(turn), "❤️")),
}


class Guide(Flow):
    """Answers each word of the table with what stands beside it, and everything else with what it was."""

    table = (On("message", "start", STAY, do="answer"), On("reaction", "start", STAY, do="thank"))

    def answer(self, turn: Turn) -> None:
        match turn.content:
            case Chosen():
                turn.say(f"You chose {turn.text}.")
            case Media(kind=kind):
                turn.say(f"Thank you for the {kind}.")
            case Location():
                turn.say(f"You are at {turn.content.latitude}, {turn.content.longitude}.")
            case ContactCard():
                turn.say(f"Shall I call {turn.text}?")
            case _:
                WORDS.get(turn.text, _echo)(turn)

    def thank(self, turn: Turn) -> None:
        assert isinstance(turn.event, Reacted)
        turn.say(f"Thank you for the {turn.event.emoji or 'change of mind'}")


def _echo(turn: Turn) -> None:
    turn.say(f"You said: {turn.text}")


def _id(turn: Turn) -> str:
    assert isinstance(turn.event, MessageReceived)
    return turn.event.provider_id
