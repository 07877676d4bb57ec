"""`parley policy`: what holds, what is wrong in a pack, what another would change, and why a message was not sent."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import msgspec
import pytest

from gateway.policy import standard
from gateway.policy.pack import STANDARD
from tests.cli.conftest import Run
from tests.gateway.api.house import NOBODY, made, on_sqlite
from tests.spine.house import House, running, text

ASKED = {"channel": "wa", "content": {"type": "text", "text": "Half price!"}, "purpose": "marketing"}


def lived(tmp_path: Path, life: Callable[[House], Awaitable[dict[str, str]]]) -> dict[str, str]:
    """A gateway has lived for a while and has stopped; gives the ids it left behind, and the settings file."""
    url = on_sqlite(tmp_path)

    async def work() -> dict[str, str]:
        async with running(tmp_path, url) as house:
            return await life(house)

    ids = asyncio.run(work())
    config = tmp_path / "parley.toml"
    key = made(tmp_path, url).seal_key
    config.write_text(f'database = "{url}"\nseal_key = "{key}"\nnotices = false\nlog_level = "error"\n')
    return ids | {"config": str(config)}


async def advertise(house: House) -> str:
    """Send marketing to the customer; gives the message's id."""
    told = await house.call("POST", "/messages", ASKED | {"to": f"whatsapp:{text(1, '')['from']}"})
    await house.quiet()
    return str(told.body["id"])


@pytest.fixture
def sent(tmp_path: Path) -> dict[str, str]:
    """A customer was answered, and was refused marketing."""

    async def life(house: House) -> dict[str, str]:
        await house.hear(text(1, "hi"))
        await house.quiet()
        refused = await advertise(house)
        (reply, _), (heard,) = await house.messages(), await house.messages("in")
        return {"reply": reply.id, "refused": refused, "heard": heard.id}

    return lived(tmp_path, life)


def other(tmp_path: Path, file: str, old: str, new: str) -> str:
    """A pack with other words in one file."""
    folder = copytree(STANDARD, tmp_path / "other")
    words = (folder / file).read_text()
    assert old in words
    (folder / file).write_text(words.replace(old, new, 1))
    return str(folder)


def test_the_pack_in_force_would_change_nothing(run: Run, sent: dict[str, str]) -> None:
    done = run("policy", "plan", "--config", sent["config"])
    lines = (f"2 decisions of 7 days, by {standard().version}", "nothing would change", "2 stay as they are")
    assert (done.code, done.out.splitlines(), done.err) == (0, list(lines), "")


def test_what_another_pack_changes_is_told_with_its_messages(
    run: Run, sent: dict[str, str], tmp_path: Path
) -> None:
    limit = '[[purpose]]\nchannel = "whatsapp"\nrefuses = ["service"]\nsays = "not here"\nsource = "theirs"\n'
    folder = other(tmp_path, "purposes.toml", "[[purpose]]", f"{limit}\n[[purpose]]")
    done = run("policy", "plan", "--pack", folder, "--config", sent["config"])
    lines = done.out.splitlines()
    assert (done.code, lines[1].split(maxsplit=1)[1], lines[2].strip()) == (
        1, "send -> refuse purpose_not_allowed", sent["reply"],
    )  # fmt: skip
    told = msgspec.json.decode(
        run("policy", "plan", "--pack", folder, "--json", "--config", sent["config"]).out
    )
    assert (told["decisions"], told["same"], told["changes"][0][1:]) == (2, 1, [1, [sent["reply"]]])


def test_a_pack_that_cannot_be_read_is_told_apart_from_a_change(
    run: Run, sent: dict[str, str], tmp_path: Path
) -> None:
    done = run("policy", "plan", "--pack", str(tmp_path / "nothing"), "--config", sent["config"])
    assert (done.code, done.out) == (2, "")
    assert "there is no pack" in done.err


def test_a_pack_that_check_refuses_is_not_planned_with(
    run: Run, sent: dict[str, str], tmp_path: Path
) -> None:
    folder = other(tmp_path, "caps.toml", 'purpose = "marketing"', 'purpose = "marketting"')
    assert run("policy", "check", folder).code == 1
    for command in ("plan", "show"):
        done = run("policy", command, "--pack", folder, *(["--config", sent["config"]] * (command == "plan")))
        assert (done.code, done.out) == ({"plan": 2, "show": 1}[command], "")
        assert "caps.toml: cap, row 1: purpose: 'marketting'" in done.err


def test_why_tells_the_rules_what_they_read_and_what_to_do(run: Run, sent: dict[str, str]) -> None:
    lines = run("policy", "why", sent["refused"], "--config", sent["config"]).out.splitlines()
    assert lines[0] == f"{sent['refused']} on wa, purpose marketing, asked for by key all: Half price!"
    assert lines[2].endswith("record their consent, then send again [no_consent]")
    assert lines[3] == "  to do: ask the customer, record what they said, then send it anew"
    lines = run("policy", "why", sent["reply"], "--config", sent["config"]).out.splitlines()
    assert lines[0].startswith(f"{sent['reply']} on wa, purpose service, flow Desk: 1: hi")
    assert lines[2].endswith("it may leave")


def test_why_tells_the_fact_that_decided_with_the_customer_s_own_words(run: Run, tmp_path: Path) -> None:
    async def life(house: House) -> dict[str, str]:
        await house.hear(text(1, "Stop!"))
        await house.quiet()
        return {"refused": await advertise(house)}

    ids = lived(tmp_path, life)
    lines = run("policy", "why", ids["refused"], "--config", ids["config"]).out.splitlines()
    assert lines[3] == "  to do: leave it: only the customer can take the withdrawal back"
    assert "all messages withdrawn at " in lines[-1]
    assert lines[-1].endswith(f"by the customer (message, for whatsapp:{text(1, '')['from']}): “Stop!”")


def test_why_names_the_message_that_has_to_leave_first(run: Run, tmp_path: Path) -> None:
    async def life(house: House) -> dict[str, str]:
        await house.hear(text(1, "hi"))
        await house.quiet()
        scope = {"scope": {"channel": "wa"}, "reason": "a test"}
        assert (await house.call("POST", "/suspensions", scope)).status == 201
        to = {"to": f"whatsapp:{text(1, '')['from']}", "channel": "wa"}
        sent = [
            await house.call("POST", "/messages", to | {"content": {"type": "text", "text": each}})
            for each in "ab"
        ]
        await house.when(house.queue, lambda rows: rows[0][1] == "held")
        shown = await house.call("GET", f"/messages/{sent[1].body['id']}")
        return {
            "first": sent[0].body["id"],
            "second": sent[1].body["id"],
            "behind": shown.body["queue"]["behind"],
        }

    ids = lived(tmp_path, life)
    assert ids["behind"] == ids["first"]
    told = run("policy", "why", ids["second"], "--config", ids["config"]).out
    assert f"it stands behind {ids['first']}, which has to leave first and is held, due at " in told
    assert "behind" not in run("policy", "why", ids["first"], "--config", ids["config"]).out


@pytest.mark.parametrize(
    ("name", "said"),
    [("heard", "the customer sent it"), (NOBODY, f"there is no message {NOBODY}"), ("7", "'7' is no id")],
)
def test_why_says_what_it_is_not_asked_about(name: str, said: str, run: Run, sent: dict[str, str]) -> None:
    done = run("policy", "why", sent.get(name, name), "--config", sent["config"])
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"parley policy: {said}")


def test_show_tells_what_holds_on_a_day(run: Run) -> None:
    lines = run("policy", "show", "--table", "age", "--at", "2023-12-31").out.splitlines()
    assert lines[:2] == [f"rules {standard().version}, as of 2023-12-31", "age"]
    assert "  country DK  years 13" in lines
    found: dict[str, Any] = msgspec.json.decode(run("policy", "show", "--json", "--table", "age").out)
    assert {each["country"]: each["years"] for each in found["age"]}["DK"] == 15


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--at", "soon"], "--at: 'soon' is no day"), (["--pack", "/dev/null"], "/dev/null: there is no pack")],
)
def test_show_says_what_it_cannot_read(words: list[str], said: str, run: Run) -> None:
    done = run("policy", "show", *words)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"parley policy: {said}")


def test_check_names_every_fault_and_is_content_with_the_pack_in_force(run: Run, tmp_path: Path) -> None:
    done = run("policy", "check", str(STANDARD))
    assert (done.code, done.out) == (0, f"{standard().version}: nothing is wrong\n")
    folder = other(tmp_path, "ages.toml", "years = 16", 'years = "sixteen"')
    done = run("policy", "check", folder)
    assert (done.code, done.out) == (
        1, "ages.toml: age, row 1: Expected `int`, got `str` - at `$.years`\n",
    )  # fmt: skip
