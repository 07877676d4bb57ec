"""A table at a restaurant: questions with readers, ways out, two languages, and a reminder."""

from datetime import date

from parley import WAYS_OUT, Flow, On, Question, Turn, days, hours, read


class Booking(Flow):
    start, final, expires = "people", ("booked",), days(2)
    asks = {
        "people": Question("For how many people?", read.number(1, 12)),
        "day": Question("On which day?", read.day()),
        "sure": Question("Shall I book it?", read.yes_no()),
    }
    table = (
        *WAYS_OUT,
        On("answered", "people", "day"),
        On("answered", "day", "sure", do="sum_up"),
        On("answered", "sure", "booked", when="agrees", do="confirm"),
        On("answered", "sure", "people", say="Then let us begin again."),
        On("remind", ("people", "day", "sure"), "=", after=hours(3), say="Are you still there?"),
    )
    translations = {
        "de": {
            "For how many people?": "Für wie viele Personen?",
            "On which day?": "An welchem Tag?",
            "Shall I book it?": "Soll ich reservieren?",
            "Then let us begin again.": "Dann noch einmal von vorn.",
            "Are you still there?": "Sind Sie noch da?",
            "A table for {people} on {day}.": "Ein Tisch für {people} am {day}.",
            "Booked. See you!": "Reserviert. Bis dann!",
            "Yes": "Ja",
            "No": "Nein",
            "All right, we stop here.": "In Ordnung, wir hören hier auf.",
            "One moment, a colleague will answer.": "Einen Moment, jemand antwortet Ihnen gleich.",
        }
    }
    people: int = 0
    day: date | None = None

    def agrees(self, turn: Turn) -> bool:
        return turn.answer is True

    def sum_up(self, turn: Turn) -> None:
        turn.say(turn.t("A table for {people} on {day}.", people=self.people, day=self.day))

    def confirm(self, turn: Turn) -> None:
        turn.say("Booked. See you!")
