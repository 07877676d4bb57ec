"""The bot of the demonstration: the orders bot, which begins without a word, too (Telegram's START), and also knows the
words "picture" and "story".
"""

from examples.orders import Orders
from parley import Media, On, Text, Turn

VAN = Media("image", url="/static/sample.png", caption="Our van")
STORY = (
    "Every parcel starts on a shelf. A scanner reads its label, a belt carries it past forty gates, and the "
    "forty-first opens. At night a lorry takes it two hundred miles; in the grey of the morning a van takes it "
    "the last three. Somebody rings at your door, you sign with a finger, and what was a number is yours."
)


class Showcase(Orders):
    """Tells where an order is, shows a picture, and tells a story while it is being written."""

    table = (
        On("started", "start", "menu"),
        On("message", ("start", "menu"), "menu", when="wants_picture", say=VAN),
        On("message", ("start", "menu"), "menu", when="wants_story", say=Text(STORY, stream=True)),
        *Orders.table,
    )

    def wants_picture(self, turn: Turn) -> bool:
        return turn.text.casefold() == "picture"

    def wants_story(self, turn: Turn) -> bool:
        return turn.text.casefold() == "story"

    def on_enter_menu(self, turn: Turn) -> None:
        options = {"track": "Track my order", "picture": "A picture", "agent": "A person"}
        turn.ask("How can I help? I can also tell you a story: write “story”.", options)
