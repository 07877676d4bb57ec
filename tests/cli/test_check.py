"""`parley check`: findings as lines or JSON, and an exit code that a build can go by."""

from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import Run
from tests.conversations.project import project

GOOD = "from parley import *\nclass Good(Flow):\n    table = (*WAYS_OUT, On('message', 'start', STAY, say='Hi'))\n"
WARNS = GOOD.replace("*WAYS_OUT, ", "").replace("say='Hi')", "say='Hi'),")
ERRS = WARNS.replace("'start', STAY", "'start', 'stuck'")
WIDE = GOOD.replace("'Hi'", "Choice('?', tuple(Option(str(n), str(n)) for n in range(5)))")


@pytest.mark.parametrize(
    ("text", "more", "code", "says"),
    [
        (GOOD, (), 0, "1 bot, 0 errors, 0 warnings"),
        (WARNS, (), 0, "a customer cannot stop or get to a person; begin the table with *WAYS_OUT"),
        (WARNS, ("--strict",), 1, "1 bot, 0 errors, 1 warning"),
        (ERRS, (), 1, "nothing leads out of 'stuck'"),
        ("1/0", (), 2, "ZeroDivisionError"),
        (WIDE, ("--channel", "messenger"), 0, "0 warnings"),
        (WIDE, ("--channel", "kannel"), 0, "kannel cannot show '?' whole"),
        (WIDE, ("--channel", "sms"), 0, "sms cannot show '?' whole"),
        (GOOD, ("--channel", "pigeon"), 1, ""),
    ],
)
def test_findings_are_printed_and_the_code_tells(
    run: Run, tmp_path: Path, text: str, more: tuple[str, ...], code: int, says: str
) -> None:
    (tmp_path / "checked.py").write_text(text)
    with project(tmp_path):
        done = run("check", f"{tmp_path}/checked.py", *more)
    assert (done.code, says in done.out) == (code, True), done


SCRIPT = "from parley import *\n@flow\nasync def s(talk):\n    await talk.ask('x')\n    talk.say(open('f').read())\n"
UNLOADED = {
    "a misspelt guard": (GOOD.replace("say='Hi'", "when='knwon'"), 3),
    "a script that cannot be repeated": (SCRIPT, 5),
    "what raises": ("x = 1\n\n1/0\n", 3),
    "what is no Python": ("x = 1\nclass\n", 2),
}


@pytest.mark.parametrize(("text", "line"), UNLOADED.values(), ids=UNLOADED)
def test_what_cannot_be_loaded_is_told_with_its_line(run: Run, tmp_path: Path, text: str, line: int) -> None:
    (tmp_path / "checked.py").write_text(text)
    with project(tmp_path):
        done = run("check", f"{tmp_path}/checked.py")
    assert done.out.startswith(f"{tmp_path}/checked.py:{line}: error: ")


ALL_WRONG = """from parley import *
class One(Flow):
    table = (On("message", "start", STAY, when="is_it", do="nope"), On("message", "start", STAY, do="also"))
    def on_enter_strat(self, turn): ...
@flow
async def s(talk):
    talk.say(open("x").read())
    talk.say(open("y").read())
@flow
def t(talk): ...
class Two(Flow):
    def __init__(self): ...
class Good(Flow):
    table = (On("message", "start", STAY, say="Hi"),)
"""


def test_all_that_cannot_be_loaded_is_told_at_once_and_the_rest_is_checked(run: Run, tmp_path: Path) -> None:
    (tmp_path / "checked.py").write_text(ALL_WRONG)
    with project(tmp_path):
        done = run("check", f"{tmp_path}/checked.py", "--json")
    told = [(each["place"]["line"], each["code"]) for each in msgspec.json.decode(done.out)]
    broken = [(line, "broken") for line in (3, 3, 3, 4, 7, 8, 9, 11)]
    assert (done.code, told) == (2, [*broken, (13, "no_way_out")])


def test_findings_are_json_for_scripts(run: Run, tmp_path: Path) -> None:
    (tmp_path / "checked.py").write_text(ERRS)
    with project(tmp_path):
        done = run("check", f"{tmp_path}/checked.py", "--json")
    (found,) = [each for each in msgspec.json.decode(done.out) if each["code"] == "dead_end"]
    assert (found["bot"], found["level"], found["place"]["file"]) == (
        "Good",
        "error",
        f"{tmp_path}/checked.py",
    )


def test_without_a_bot_it_says_what_to_name(run: Run, config: str) -> None:
    done = run("check", "--config", config)
    assert (done.code, done.err) == (2, "no bot: name one, or set bots\n")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("raising.py", "x = {}['a']", "{}/raising.py:1: error: raising.py: KeyError: 'a' [broken]"),
        (
            "unread.py",
            "x = 1\nclass\n",
            "{}/unread.py:2: error: unread.py: SyntaxError: invalid syntax [broken]",
        ),
        (
            "nobot.py",
            "from parley import *",
            "{0}/nobot.py:1: error: nobot.py: which flow? nobot ({0}/nobot.py) has: none",
        ),
        ("missing.py", "", "missing.py: error: there is no file 'missing.py' [broken]"),
        ("nowhere:Bot", "", "error: nowhere:Bot: No module named 'nowhere'"),
        (
            "../shop",
            "",
            "error: ../shop: '../shop' is no name of a module: name a file, as in ../shop.py:Class",
        ),
        (".", "", "error: .: '.' is a folder: name a file, as in bot.py:Class"),
    ],
)
def test_what_cannot_be_loaded_is_told_with_its_file_once(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if text:
        (tmp_path / name).write_text(text)
    with project(tmp_path):
        done = run("check", name)
    assert (done.code, done.out.startswith(told.format(tmp_path))) == (2, True), done.out


def test_files_of_one_name_are_each_looked_at(run: Run, tmp_path: Path) -> None:
    for folder, text in {"a": GOOD, "b": ERRS}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "twins.py").write_text(text)
    with project(tmp_path):
        done = run("check", f"{tmp_path}/a/twins.py", f"{tmp_path}/b/twins.py")
    assert (done.code, "2 bots, 1 error," in done.out, f"{tmp_path}/b/twins.py:" in done.out) == (
        1,
        True,
        True,
    )
