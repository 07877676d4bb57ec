"""A sample bot: where is my order? Buttons, a guard, a timer, an effect, a person and back."""

from parley import END, STAY, Effect, Flow, Media, On, Turn, effect, minutes


class Orders(Flow):
    table: tuple[On, ...] = (
        On("stop", "*", END, say="Goodbye."),
        On("chosen_track", "menu", "number", say="Please type your order number."),
        On("chosen_picture", "menu", STAY, say=Media("image", url="/static/sample.png", caption="Our van")),
        On("chosen_agent", "menu", "person", say="One moment, a colleague will answer."),
        On("message", "number", "looking", when="is_number"),
        On("message", "number", STAY, say="An order number has digits only."),
        On("nudge", "number", "menu", after=minutes(5), say="Still there?"),
        On("done_lookup", "looking", "menu", do="tell"),
        On("failed_lookup", "looking", "menu", say="Our shop does not answer just now."),
        On("handed_back", "person", "menu"),
        On("message", ("start", "menu"), "menu"),
    )

    def is_number(self, turn: Turn) -> bool:
        return turn.text.isdecimal()

    def tell(self, turn: Turn) -> None:
        turn.say(f"Order {turn.result['order']} is {turn.result['state']}.")

    def on_enter_menu(self, turn: Turn) -> None:
        turn.ask("How can I help?", {"track": "Track my order", "picture": "A picture", "agent": "A person"})

    def on_enter_looking(self, turn: Turn) -> None:
        turn.effect("lookup", order=turn.text)

    def on_enter_person(self, turn: Turn) -> None:
        turn.hand_over("the customer asked for a person")

    @effect(timeout=10)
    async def lookup(call: Effect, order: str) -> dict[str, str]:
        return {"order": order, "state": "on its way" if int(order) % 2 else "waiting at the depot"}
