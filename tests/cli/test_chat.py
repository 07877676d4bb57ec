"""`parley chat`: a conversation in the terminal, whose bot is loaded anew when it is saved."""

import io
import os
from pathlib import Path

import pytest

from conversations import endless
from gateway import stuck
from tests.cli.conftest import Run
from tests.conversations.project import project

BOT = """
from parley import Flow, Media, On, STAY, Turn, hours

class Shop(Flow):
    table = (
        On("chosen_tea", "*", STAY, say="Tea it is."),
        On("timer_nudge", "*", STAY, say="Still there?"),
        On("agent", "*", STAY, do="to_person"),
        On("media", "*", STAY, say=Media("image", url="https://example.org/a.png", caption="Yours")),
        On("location", "*", STAY, say="Far away."),
        On("message", "*", STAY, when="is_plain", do="repeat"),
        On("message", "start", STAY, do="answer"),
    )
    heard: int = 0

    def is_plain(self, turn: Turn) -> bool:
        return turn.text in ("plain", "2")

    def repeat(self, turn: Turn) -> None:
        turn.say(f"Heard {turn.text}")

    def answer(self, turn: Turn) -> None:
        self.heard += 1
        turn.ask(f"GREETING {turn.customer.channel_type} {turn.customer.locale}", {"tea": "Tea", "no": "Nothing"})
        turn.timer("nudge", after=hours(2))
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    file = tmp_path / "talkative.py"
    file.write_text(BOT.replace("GREETING", "Hello"), "utf-8")
    return file


def type_to(run: Run, monkeypatch: pytest.MonkeyPatch, bot: Path, *lines: str) -> list[str]:
    """What is printed when these lines are typed."""
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(lines) + "\n"))
    with project(bot.parent):
        done = run("chat", str(bot))
    assert done.code == 0
    return done.out.splitlines()[1:]


ASKS = ["    1. Tea", "    2. Nothing"]
TALKS: dict[str, tuple[list[str], list[str]]] = {
    "a message and an option by its number": (["hi", "1"], ["  Hello inapp en", *ASKS, "  Tea it is."]),
    "a number after other words": (["hi", "plain", "2"], ["  Hello inapp en", *ASKS, "  Heard plain", "  Heard 2"]),
    "a number after all was taken back": (
        ["plain", "hi", "/undo", "2"],
        ["  Heard plain", "  Hello inapp en", *ASKS, "taken back; it stands in start", "  Heard 2"],
    ),
    "a number after an answer was taken back": (
        ["hi", "plain", "/undo", "1"],
        ["  Hello inapp en", *ASKS, "  Heard plain", "taken back; it stands in start", "  Tea it is."],
    ),
    "a number that is none": (["7"], ["  Hello inapp en", *ASKS]),
    "time passes": (
        ["hi", "/later 1h", "/later 1.5 h"],
        ["  Hello inapp en", *ASKS, "nothing happens", "  Still there?"],
    ),
    "a channel by what it carries": (
        ["/channel sms", "hi"], ["again, a customer on twilio", "  Hello twilio en", *ASKS]
    ),
    "another channel": (["/channel twilio", "hi"], ["again, a customer on twilio", "  Hello twilio en", *ASKS]),
    "another language": (["/locale de", "hi"], ["again, a customer who speaks de", "  Hello inapp de", *ASKS]),
    "a place that is none": (
        ["/send place here there"],
        ["write /send image https://example.org/a.png, or /send place 52.5 13.4"],
    ),
    "from the start": (["/restart"], ["again, from the start"]),
    "a person and back": (["agent", "/back ok"], ["(a person answers; /back gives it back)"]),
    "words to a person": (
        ["agent", "hello?"],
        ["(a person answers; /back gives it back)", "nothing happens", "(a person answers; /back gives it back)"],
    ),
    "a file": (["/send image https://example.org/b.png mine"], ["  [media] Yours"]),
    "a place": (["/send place 1 2"], ["  Far away."]),
    "nothing to take back": (["/undo"], ["there is nothing to take back"]),
    "what there is not": (["", "/nope", "/later soon", "/send it"], [
        "there is no /nope; /help says what there is",
        "write /later 90s, 5m, 2h or 1d",
        "write /send image https://example.org/a.png, or /send place 52.5 13.4",
    ]),
    "the end": (["/quit", "hi"], []),
}  # fmt: skip


@pytest.mark.parametrize(("typed", "shown"), TALKS.values(), ids=TALKS)
def test_what_is_typed_is_answered(
    run: Run, monkeypatch: pytest.MonkeyPatch, shop: Path, typed: list[str], shown: list[str]
) -> None:
    assert type_to(run, monkeypatch, shop, *typed) == shown


def test_the_last_thing_is_taken_back(run: Run, monkeypatch: pytest.MonkeyPatch, shop: Path) -> None:
    shown = type_to(run, monkeypatch, shop, "a", "b", "/undo", "/state")
    assert "taken back; it stands in start" in shown
    assert '    "heard": 1' in shown


BEGUN = """from parley import ClientEvent, Flow, On, STAY, Turn
class Spring(Flow):
    campaigns = ("spring",)
    table = (
        On("message", "start", STAY, say="Which one?"),
        On("event_paid", "start", STAY, say="Thank you."),
        On("message_failed", "start", STAY, say="Did you get it?"),
    )
"""


TYPED = {
    "hi": ["nothing happens"],
    "/fail": ["nothing was said that could fail"],
    "/campaign": ["write /campaign and its name"],
    "/campaign spring": ["a message of spring has come; answer it"],
    "yes": ["  Which one?"],
    "/event": ["write /event and its name"],
    "/event paid": ["  Thank you."],
    "/fail ": ["  Did you get it?"],
    "/fail  ": ["the flow is not told"],
    "/event x": ["nothing happens"],
}


def test_what_begins_and_befalls_a_flow_can_be_typed(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "begun.py").write_text(BEGUN)
    with project(tmp_path):
        shown = type_to(run, monkeypatch, tmp_path / "begun.py", *TYPED)
    assert shown == [line for lines in TYPED.values() for line in lines]


def test_help_names_every_command(run: Run, monkeypatch: pytest.MonkeyPatch, shop: Path) -> None:
    shown = "\n".join(type_to(run, monkeypatch, shop, "/help"))
    for command in (
        "/state",
        "/later",
        "/channel",
        "/locale",
        "/undo",
        "/back",
        "/campaign",
        "/event",
        "/fail",
        "/answer",
        "/send",
        "/restart",
        "/quit",
    ):
        assert command in shown


class Saving:
    """Lines that are typed; before the second, the bot is saved."""

    def __init__(self, file: Path, text: str) -> None:
        self.file, self.text = file, text
        self.lines = ["one\n", "two\n", "/state\n", ""]

    def isatty(self) -> bool:
        return False

    def readline(self) -> str:
        if len(self.lines) == 3:
            saved = self.file.stat().st_mtime + 1
            self.file.write_text(self.text, "utf-8")
            os.utime(self.file, (saved, saved))
        return self.lines.pop(0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (BOT.replace("GREETING", "Welcome"), "  Welcome inapp en"),
        ("1/0", "  Hello inapp en"),
    ],
)
def test_a_bot_that_is_saved_is_loaded_anew_and_the_talk_goes_on(
    run: Run, monkeypatch: pytest.MonkeyPatch, shop: Path, text: str, told: str
) -> None:
    monkeypatch.setattr("sys.stdin", Saving(shop, text))
    with project(shop.parent):
        shown = run("chat", str(shop)).out.splitlines()
    assert told in shown[4:]
    assert '    "heard": 2' in shown
    assert any("loaded again: Shop" in line or "ZeroDivisionError" in line for line in shown)


ASKING = """
from parley import STAY, Effect, Flow, On, Turn, effect

class Shop(Flow):
    table = (
        On("message", "start", STAY, do="ask"),
        On("done_look", "start", STAY, do="tell"),
        On("failed_look", "start", STAY, say="Alas."),
    )

    def ask(self, turn: Turn) -> None:
        turn.effect("look")

    def tell(self, turn: Turn) -> None:
        turn.say(f"It is {turn.result['total']}.")

    @effect
    async def look(call: Effect) -> object:
        raise LookupError("nothing there")
"""
ANSWERS = {
    "hi": ["  Alas.", "(failed: look: LookupError: nothing there)"],
    '/answer look {"total": 12}': ["look gives this from now on"],
    "and now?": ["  It is 12."],
    "/restart": ["again, from the start"],
    "still?": ["  It is 12."],
    "/answer look fails too late": ["look fails from now on"],
    "oh": ["  Alas.", "(failed: look: RuntimeError: too late)"],
    "/answer find 1": ["there is no effect 'find'; there is: look"],
    "/answer look {": ['write /answer look and JSON, as in {"total": 12} or "a text", or fails and why'],
}


def test_an_effect_s_failure_is_shown_and_an_answer_can_be_given_for_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "asking.py").write_text(ASKING)
    shown = type_to(run, monkeypatch, tmp_path / "asking.py", *ANSWERS)
    assert shown == [line for lines in ANSWERS.values() for line in lines]


QUIET = """
from parley import Flow, On, STAY

class Quiet(Flow):
    table = (On("message", "start", STAY, say="GREETING"),)
"""


def test_a_table_without_methods_is_loaded_anew_too(
    run: Run, monkeypatch: pytest.MonkeyPatch, shop: Path
) -> None:
    shop.write_text(QUIET.replace("GREETING", "Hello"), "utf-8")
    monkeypatch.setattr("sys.stdin", Saving(shop, QUIET.replace("GREETING", "Welcome")))
    with project(shop.parent):
        shown = run("chat", str(shop)).out.splitlines()
    assert "  Welcome" in shown


SUB = """
from parley import END, Flow, On, Question, Turn

class Size(Flow):
    start, final, events = "size", ("done",), ("never",)
    asks = {"size": Question("Which size?")}
    table = (On("answered", "size", "done"),)

class Shop(Flow):
    table = (On("message", "start", "size", do="go"), On("done_Size", "size", END, say="Thank you."))

    def go(self, turn: Turn) -> None:
        turn.begin(Size)
"""


def test_a_bot_may_begin_what_its_module_has(run: Run, monkeypatch: pytest.MonkeyPatch, shop: Path) -> None:
    shop.write_text(SUB, "utf-8")
    monkeypatch.setattr("sys.stdin", io.StringIO("hi\nlarge\n"))
    with project(shop.parent):
        done = run("chat", f"{shop}:Shop")
    assert done.out.splitlines()[1:] == ["  Which size?", "  Thank you."]


def test_a_talk_that_a_fault_has_parked_says_so(
    run: Run, monkeypatch: pytest.MonkeyPatch, shop: Path
) -> None:
    shop.write_text(BOT.replace("self.heard += 1", "self.heard += 1 // 0"), "utf-8")
    shown = type_to(run, monkeypatch, shop, "hi", "hello?", "/undo", "/undo")
    assert shown[1].startswith("! ZeroDivisionError")
    assert shown[2].startswith("(parked: nothing is answered until")
    assert shown[3] == "taken back; it stands in no run"


def test_a_type_of_channel_that_is_not_there_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, shop: Path
) -> None:
    with project(shop.parent):
        done = run("chat", str(shop), "--channel", "fax")
    assert (done.code, "'fax' is no channel type; there are http, inapp" in done.err) == (1, True)
    (told,) = type_to(run, monkeypatch, shop, "/channel fax")
    assert (told.startswith("'fax' is no channel type"), told.endswith(", sms (as twilio)")) == (True, True)


def test_a_bot_that_is_not_there_is_told(run: Run) -> None:
    done = run("chat", "nowhere:Bot")
    assert (done.code, "nowhere" in done.err) == (1, True)


def test_what_a_bot_records_of_consent_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "agreeing.py"
    file.write_text(
        "from parley import STAY, Flow, On, Turn\n"
        "class Offers(Flow):\n"
        "    table = (On('message', 'start', STAY, do='hear'),)\n"
        "    def hear(self, turn: Turn) -> None:\n"
        "        turn.consent('marketing', given=turn.text == 'yes', text='Offers?')\n"
    )
    assert type_to(run, monkeypatch, file, "yes", "no") == [
        "(recorded: the customer allows marketing)",
        "(recorded: the customer takes back marketing)",
    ]


def test_a_bot_that_does_not_end_is_ended_and_the_talk_goes_on(
    run: Run, monkeypatch: pytest.MonkeyPatch, shop: Path
) -> None:
    assert endless.LIMIT == stuck.LIMIT
    monkeypatch.setattr(endless, "LIMIT", 0.5)
    shop.write_text(BOT.replace("self.heard += 1", "while turn.text == 'loop': pass"))
    shown = type_to(run, monkeypatch, shop, "loop", "/undo", "hi")
    assert shown[1].startswith("! Shop: it did not end within 0.5 seconds")
    assert "(talkative.py:23)" in shown[1]
    assert shown[3] == "  GREETING inapp en"
