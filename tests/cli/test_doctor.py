"""`parley doctor` as a command: its lines, its JSON, and its exit code."""

import msgspec
import pytest

from tests.cli.conftest import Run

WELL = ("--public-url", "https://chat.example", "--bots", "tests.crash.bot:Echo")


def test_the_doctor_says_what_is_wrong_and_ends_with_1(run: Run, config: str) -> None:
    done = run("doctor", "--config", config, *WELL)
    assert (done.code, done.out.splitlines()) == (
        1,
        [
            "ok     data folder",
            "ok     bots",
            "ok     database",
            "ok     public address",
            "wrong  channels: there is none yet: parley channels add NAME --type whatsapp …",
        ],
    )


def test_where_all_is_well_it_ends_with_0(run: Run, config: str) -> None:
    run("channels", "add", "app", "--type", "inapp", "--accept-terms", "--config", config)
    done = run("doctor", "--json", "--config", config, *WELL)
    found = msgspec.json.decode(done.out)
    assert (done.code, {each["wrong"] for each in found}) == (0, {""})
    assert found[-1] == {"what": "channel app", "wrong": ""}


TELEGRAM = (
    "--type", "telegram", "--secret", "bot_token=7:planted", "--secret", "secret_token=planted-too",
    "--set", "base_url=http://127.0.0.1:1", "--accept-terms",
)  # fmt: skip


def test_a_channel_alone_is_looked_at_and_its_provider_where_it_may_be_asked(run: Run, config: str) -> None:
    """Nothing listens at that address, so an answer tells that it was asked."""
    run("channels", "add", "app", "--type", "inapp", "--accept-terms", "--config", config)
    assert run("channels", "add", "tg", *TELEGRAM, "--config", config).code == 0
    offline = run("doctor", "--offline", "--channel", "tg", "--config", config, *WELL)
    assert (offline.code, offline.out.splitlines()[4:]) == (0, ["ok     public address", "ok     channel tg"])
    asked = run("doctor", "--channel", "tg", "--allow-private-urls", "--config", config, *WELL)
    assert asked.code == 1
    assert asked.out.splitlines()[6].startswith(
        "wrong  channel tg, provider: the provider cannot be reached from here"
    )
    strange = run("doctor", "--channel", "none", "--config", config, *WELL)
    assert (strange.code, strange.out.splitlines()[4:]) == (
        1, ["wrong  channel none: there is none of that name: see parley channels list"],
    )  # fmt: skip


SMPP = (
    "--type",
    "smpp",
    "--set",
    "host=127.0.0.1",
    "--set",
    "system_id=a",
    "--set",
    "sender=12345",
    "--secret",
    "password=planted",
    "--accept-terms",
)


@pytest.mark.parametrize(
    ("sets", "lacks"),
    [
        ((), ["no business and no help", "--set business=… --set help=…"]),
        (("--set", 'business="Tea"'), ["no help, so Parley answers no HELP"]),
        (("--set", 'help="call 1"'), ["no business, so no first text message says who writes"]),
        (("--set", 'business="Tea"', "--set", 'help="call 1"'), []),
    ],
)
def test_what_text_messages_cannot_tell_for_want_of_a_team_s_words_is_told(
    run: Run, config: str, sets: tuple[str, ...], lacks: list[str]
) -> None:
    assert run("channels", "add", "sms", *SMPP, "--config", config).code == 0
    if sets:
        assert run("teams", "set", "default", *sets, "--config", config).code == 0
    told = run("doctor", "--offline", "--config", config, *WELL).out.splitlines()
    found = [line for line in told if line.startswith("wrong  channel sms, HELP and STOP: team default has")]
    assert len(found) == bool(lacks)
    assert all(each in found[0] for each in lacks)


def test_a_channel_whose_flow_is_not_served_any_more_is_told(run: Run, config: str) -> None:
    added = ("channels", "add", "app", "--type", "inapp", "--accept-terms", "--flow", "Echo")
    assert run(*added, "--config", config, *WELL).code == 0
    other = ("--bots", "examples.booking:Booking", "--bot-path", ".")
    told = run("doctor", "--config", config, *WELL[:2], *other).out
    assert (
        "channel app, flow: it names Echo, which is not served (there is: Booking), so nobody answers" in told
    )
