"""`parley doctor` as a command: its lines, its JSON, and its exit code."""

import msgspec

from tests.cli.conftest import Run

WELL = ("--public-url", "https://chat.example", "--bots", "tests.crash.bot:Echo")


def test_the_doctor_says_what_is_wrong_and_ends_with_1(run: Run, config: str) -> None:
    done = run("doctor", "--config", config, *WELL)
    assert (done.code, done.out.splitlines()) == (
        1,
        [
            "ok     data folder",
            "ok     public address",
            "ok     bots",
            "ok     database",
            "wrong  channels: there is none yet: parley channels add NAME --type whatsapp …",
        ],
    )


def test_where_all_is_well_it_ends_with_0(run: Run, config: str) -> None:
    run("channels", "add", "app", "--type", "inapp", "--config", config)
    done = run("doctor", "--json", "--config", config, *WELL)
    found = msgspec.json.decode(done.out)
    assert (done.code, {each["wrong"] for each in found}) == (0, {""})
    assert found[-1] == {"what": "channel app", "wrong": ""}
