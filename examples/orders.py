"""A sample bot: where is my order? Buttons, a guard, a timer, an effect, a person and back."""

from parley import STAY, Effect, Flow, Media, On, Text, Turn, effect, minutes

MENU = {"track": "Track my order", "picture": "Show a picture", "agent": "Talk to a person"}
STORY = (
    "Every parcel starts on a shelf, meets a scanner, a van and a sorting belt, and ends at your door. " * 3
)


class Orders(Flow):
    table = (
        On("chosen_track", ("menu", "number"), "number"),
        On("chosen_picture", "menu", STAY, do="show_picture"),
        On("chosen_agent", "*", "person"),
        On("message", "number", "looking", when="is_number"),
        On("message", "number", STAY),
        On("timer_nudge", "number", STAY, do="nudge"),
        On("done_lookup", "looking", "menu", do="tell"),
        On("failed_lookup", "looking", "menu", do="regret"),
        On("handed_back", "person", "menu"),
        On("message", ("start", "menu"), "menu", when="wants_story", do="tell_story"),
        On("message", ("start", "menu"), "menu"),
    )
    asked: int = 0

    def is_number(self, turn: Turn) -> bool:
        return turn.text.isdigit()

    def wants_story(self, turn: Turn) -> bool:
        return "story" in turn.text.lower()

    def tell_story(self, turn: Turn) -> None:
        turn.say(Text(STORY, stream=True))

    def show_picture(self, turn: Turn) -> None:
        turn.say(Media("image", url="/static/sample.png", caption="Our parcel van"))

    def nudge(self, turn: Turn) -> None:
        turn.say("Still there?")

    def regret(self, turn: Turn) -> None:
        turn.say("Our shop does not answer just now; please try again later.")

    def tell(self, turn: Turn) -> None:
        turn.say(f"Order {turn.result['order']} is {turn.result['state']}.")

    def on_enter_menu(self, turn: Turn) -> None:
        turn.ask("What can I do for you?", MENU)

    def on_enter_looking(self, turn: Turn) -> None:
        turn.effect("lookup", order=turn.text)

    def on_enter_person(self, turn: Turn) -> None:
        turn.hand_over("the customer asked for a person")

    def on_enter_number(self, turn: Turn) -> None:
        self.asked += 1
        turn.say("Please type your order number." if self.asked == 1 else "An order number has digits only.")
        turn.timer("nudge", after=minutes(5))

    @effect(timeout=10)
    async def lookup(call: Effect, order: str) -> dict[str, str]:
        return {"order": order, "state": "on its way" if int(order) % 2 else "waiting at the depot"}
