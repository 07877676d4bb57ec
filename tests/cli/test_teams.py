"""`parley teams`, and the terms of channels at the command line: what waits is told, and how to go on."""

import asyncio

import msgspec
import pytest

from connectors import registry
from gateway import settings
from state.store import Store
from state.teams import LIST
from tests.cli.conftest import Run

VERSION = registry.connector("inapp").terms.version


def add(run: Run, config: str, *words: str, name: str = "app") -> str:
    done = run("channels", "add", name, "--type", "inapp", *words, "--config", config)
    assert done.code == 0, done
    return done.out


def test_the_first_team_can_be_set_and_recorded_for_before_the_first_start(run: Run, config: str) -> None:
    done = run("teams", "set", "default", "--country", "AT", "--config", config)
    assert (done.code, done.err) == (0, "")
    done = run("teams", "activate", "default", "--config", config)
    assert (done.code, done.err) == (0, "")
    (line,) = run("teams", "list", "--config", config).out.splitlines()
    assert line.split() == ["default", "AT", "–", "active"]


def test_a_consent_before_the_first_start_makes_its_team(run: Run, config: str) -> None:
    words = ("record", "tel:+4915112345678", "withdrawn", "marketing")
    assert run("consent", *words, "--config", config).code == 0
    assert asyncio.run(team_ids(config)) == ["default"]


async def team_ids(config: str) -> list[str]:
    """The teams in a settings file's database, as they are stored."""
    store = await Store(settings.read(config, flags={}).database, owner=False).open()
    try:
        return [row[0] for row in await store.read(LIST)]
    finally:
        await store.close()


def test_who_connects_a_channel_is_told_what_is_left_to_do(run: Run, config: str) -> None:
    said = add(run, config)
    assert "it sends nothing before its terms are accepted" in said
    assert "parley channels accept app" in said
    assert "sends nothing" not in add(run, config, "--accept-terms", name="other")


def test_terms_are_shown_accepted_and_shown_again_with_who_accepted_them(run: Run, config: str) -> None:
    add(run, config)
    before = run("channels", "terms", "app", "--config", config).out
    points = registry.connector("inapp").terms.points
    assert [each for each in points if each.says not in before or each.source not in before] == []
    assert "not accepted: the channel sends nothing until you run parley channels accept app" in before
    done = run("channels", "accept", "app", "--config", config)
    assert (
        done.code,
        done.out.splitlines()[0].startswith(f"{VERSION} is accepted for app, by operator"),
    ) == (0, True)
    assert (
        "accepted by operator at the machine on 20" in run("channels", "terms", "app", "--config", config).out
    )
    shown = msgspec.json.decode(run("channels", "terms", "app", "--json", "--config", config).out)
    assert [each["version"] for each in shown["accepted"]] == [shown["version"]] == [VERSION]


def test_what_waits_to_be_accepted_is_listed(run: Run, config: str) -> None:
    add(run, config)
    add(run, config, "--accept-terms", name="other")
    tasks = ("channels", "tasks", "--config", config)
    (line,) = run(*tasks).out.splitlines()
    assert line.split()[:2] == ["app", VERSION]
    assert [each["channel"] for each in msgspec.json.decode(run(*tasks, "--json").out)] == ["app"]
    _, *listed = run("channels", "list", "--config", config).out.splitlines()
    assert ["its terms are not accepted" in line for line in listed] == [True, False]
    run("channels", "accept", "app", "--config", config)
    assert run(*tasks).out == "nothing waits: the terms of every channel are accepted\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("accept", "none"), "there is no channel 'none'"),
        (("terms", "none"), "there is no channel 'none'"),
        (("accept", "app", "--version", "inapp-1999-01-01"), f"it is {VERSION} that counts"),
        (("add", "x", "--type", "inapp", "--team", "none"), "there is no team 'none'"),
    ],
)
def test_what_cannot_be_done_is_told(run: Run, config: str, words: tuple[str, ...], said: str) -> None:
    add(run, config)
    done = run("channels", *words, "--config", config)
    assert (done.code, said in done.err) == (1, True), done


def test_a_team_is_made_set_activated_and_shown(run: Run, config: str) -> None:
    end = ("--config", config)
    add(run, config)
    assert run("teams", "add", "shop", "--parent", "default", *end).code == 0
    refused = run("teams", "activate", "shop", *end)
    assert (refused.code, "parley teams set shop --country CC" in refused.err) == (1, True)
    told = run("teams", "set", "shop", "--country", "AT", "--set", "unknown_age=refuse", *end)
    assert (told.code, "run `parley teams activate shop`" in told.out) == (0, True)
    assert run("teams", "activate", "shop", *end).code == 0
    shown = msgspec.json.decode(run("teams", "show", "shop", "--json", *end).out)
    assert (shown["active"], shown["above"], shown["holds"]) == (True, ["default"], {"unknown_age": "refuse"})
    taken = run("teams", "set", "shop", "--set", "unknown_age=null", *end)
    assert (taken.code, run("teams", "show", "shop", *end).out.count("unknown_age")) == (0, 0)
    listed = [line.split()[0] for line in run("teams", "list", *end).out.splitlines()]
    assert listed == ["default", "shop"]
    assert add(run, config, "--team", "shop", "--accept-terms", name="shop-app")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "none", "--country", "DE"), "there is no team 'none'"),
        (("add", "Shop"), "lower-case letters"),
        (("add", "default"), "there is a team 'default' already"),
        (("add", "shop", "--parent", "none"), "there is no team 'none'"),
        (("set", "default", "--parent", "default"), "would be above itself"),
        (("set", "default", "--country", "Germany"), "two capital letters"),
        (("set", "default", "--set", "unknown_age=perhaps"), "Invalid enum value 'perhaps'"),
        (("set", "default", "--set", 'detectors={"new_recipients":{"leest":1}}'), "unknown field `leest`"),
        (("add", "shop", "--set", 'detectors={"newrecipients":{"least":1}}'), "there is no such detector"),
        (("set", "default", "--set", "minimum_age=-5"), ">= 0"),
        (("set", "default", "--set", "curfew=22"), "unknown field `curfew`"),
        (("set", "default", "--set", "curfew"), "NAME=JSON is expected"),
    ],
)
def test_a_team_that_cannot_be_is_refused(run: Run, config: str, words: tuple[str, ...], said: str) -> None:
    add(run, config)
    done = run("teams", *words, "--config", config)
    assert (done.code, said in done.err) == (1, True), done


@pytest.fixture
def nowhere(config: str) -> str:
    """A settings file that names no country."""
    from pathlib import Path

    path = Path(config)
    path.write_text(path.read_text().replace('country = "DE"\n', ""))
    return config


def test_without_a_country_the_ways_to_give_one_are_told(run: Run, nowhere: str) -> None:
    said = add(run, nowhere, "--accept-terms")
    assert (
        'team default: it has no country, so it sends nothing: country = "CC" in the settings file, or run'
        in said
    )
    found = run("doctor", "--offline", "--config", nowhere).out
    assert "wrong  team default: it has no country" in found
    assert run("teams", "set", "default", "--country", "FR", "--config", nowhere).code == 0
    assert "team default: it is not active" in run("doctor", "--offline", "--config", nowhere).out
    assert run("teams", "activate", "default", "--config", nowhere).code == 0
    assert "ok     team default" in run("doctor", "--offline", "--config", nowhere).out


def test_terms_that_are_not_accepted_are_found_by_the_doctor(run: Run, config: str) -> None:
    add(run, config)
    found = run("doctor", "--offline", "--config", config).out
    assert f"wrong  channel app, terms: {VERSION} is not accepted, so it sends nothing" in found
