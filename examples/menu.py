"""A menu that begins other flows, which come back to it with what they found out."""

from parley import WAYS_OUT, Flow, On, Question, Turn, read

DISHES = {"soup": "Soup of the day", "pie": "Mushroom pie", "cake": "Carrot cake"}


class Order(Flow):
    """Asks what and how many; ends with both."""

    events = ("order",)
    start, final = "dish", ("ordered",)
    asks = {
        "dish": Question("What would you like?", read.one_of(DISHES)),
        "count": Question("How many?", read.number(1, 10)),
    }
    table = (
        *WAYS_OUT,
        On("answered", "dish", "count"),
        On("answered", "count", "ordered", do="give"),
    )
    dish: str = ""
    count: int = 0

    def give(self, turn: Turn) -> None:
        turn.end({"dish": self.dish, "count": self.count})


class Menu(Flow):
    """The first thing everybody meets."""

    start = "menu"
    table = (
        *WAYS_OUT,
        On("chosen_order", "menu", "ordering", do="order"),
        On("chosen_hours", "menu", "menu", say="We are open from 9 to 18, but on Sundays."),
        On("done_Order", "ordering", "menu", when="has_ordered", do="note"),
        On("done_Order", "ordering", "menu"),
        On("message", "menu", "menu"),
    )
    ordered: list[str] = []

    def on_enter_menu(self, turn: Turn) -> None:
        turn.ask(
            "What can I do for you?", {"order": "Order", "hours": "Opening hours", "agent": "Talk to us"}
        )

    def order(self, turn: Turn) -> None:
        turn.begin(Order)

    def has_ordered(self, turn: Turn) -> bool:
        return turn.result is not None

    def note(self, turn: Turn) -> None:
        line = f"{turn.result['count']} × {DISHES[turn.result['dish']]}"
        self.ordered.append(line)
        turn.say(f"Noted: {line}.")
