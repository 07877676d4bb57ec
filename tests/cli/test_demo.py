"""The demonstration keeps to its own, and every command can be pointed at it."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin import operations
from admin.operations import NewChannel
from conversations.router import Router
from examples.showcase import Showcase
from gateway import cli, demo
from gateway.app import Gateway
from gateway.cli.run import _warn, _warn_of_flows
from gateway.connect import connect
from tests.cli.conftest import Run
from tests.gateway.api.house import PHONE, SECRETS, made, on_sqlite

KANNEL = (
    "--type", "kannel", "--simulated", "--set", "base_url=http://kannel.example", "--set", "user=parley",
    "--set", "sender=447700900000", "--set", "callback=https://chat.example/webhooks/sms2",
    "--secret", "secret=kannel-secret", "--secret", "token=kannel-token",
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A demonstration's folder of its own."""
    monkeypatch.setenv("PARLEY_DATA_DIR", str(tmp_path))
    on_sqlite(tmp_path)
    return tmp_path


def commands(of: argparse.ArgumentParser, path: tuple[str, ...]) -> Iterator[tuple[str, set[str]]]:
    """Each command below a parser, with its flags."""
    below = [each for each in of._actions if isinstance(each, argparse._SubParsersAction)]
    if not below:
        yield " ".join(path), {flag for each in of._actions for flag in each.option_strings}
    for each in below:
        for name, parser in each.choices.items():
            yield from commands(parser, (*path, name))


def test_every_command_takes_the_flag_but_those_that_are_about_no_gateway() -> None:
    without = set()
    for name in cli._COMMANDS:
        (actions,) = [
            each for each in cli.parser(name)._actions if isinstance(each, argparse._SubParsersAction)
        ]
        without |= {path for path, flags in commands(actions.choices[name], (name,)) if "--demo" not in flags}
    assert without == {"demo", "new"}


def test_the_terms_of_a_channel_that_is_added_to_the_demonstration_are_not_accepted_unasked(
    run: Run, folder: Path
) -> None:
    added = run("channels", "add", "sms2", "--demo", *KANNEL)
    assert (added.code, "then `parley channels accept sms2 --demo`" in added.out) == (0, True)
    assert "not accepted" in run("channels", "terms", "sms2", "--demo").out
    assert run("channels", "accept", "sms2", "--demo").code == 0
    assert "accepted by operator at the machine" in run("channels", "terms", "sms2", "--demo").out


def test_every_command_can_be_pointed_at_the_demonstration(run: Run, folder: Path) -> None:
    added = run("channels", "add", "sms2", "--demo", "--accept-terms", *KANNEL)
    assert (added.code, (folder / "seal.key").exists()) == (0, True)
    listed = run("channels", "list", "--demo").out
    assert "kannel (simulated)" in listed
    assert "no errors" in listed
    assert (
        "cannot work: credentials are sealed"
        in run("channels", "list", "--database", f"sqlite:///{folder}/parley.db").out
    )
    assert "accepted by operator at the machine" in run("channels", "terms", "sms2", "--demo").out
    told = run("doctor", "--demo").out
    assert "channel sms2, provider (simulated: parley demo alone plays it" in told
    assert "ok     public address (no channel here needs one)" in told
    assert "wrong " not in told


def test_a_channel_is_changed_and_tried_first(run: Run, folder: Path) -> None:
    run("channels", "add", "sms2", "--demo", *KANNEL)
    done = run(
        "channels", "set", "sms2", "--demo", "--set", "sender=447700900001", "--secret", "token=another-token"
    )
    assert (done.code, done.out) == (
        0,
        "channel sms2 is changed; a gateway that runs takes it up within 5 seconds\n",
    )
    shown = run("channels", "show", "sms2", "--demo").out
    assert ('"sender": "447700900001"' in shown, '"user": "parley"' in shown) == (True, True)
    for words, told in (
        (("--set", "sender=!"), "sender: "),
        (("--set", "sendr=1"), "sendr: kannel has no such setting; perhaps sender is meant"),
        (("--set", "token=x"), "token: is a secret"),
        (("--secret", "token=x"), "token: a secret of less than 4 characters"),
        (("--flow", "Nope"), "--flow Nope: no such flow is served here; bots has Showcase"),
    ):
        done = run("channels", "set", "sms2", "--demo", *words)
        assert (done.code, told in done.err) == (1, True), done
    assert run("channels", "set", "nope", "--demo").code == 1


async def test_a_demonstration_leaves_a_database_with_other_channels_alone(tmp_path: Path) -> None:
    gateway = Gateway(made(tmp_path, on_sqlite(tmp_path)), Router())
    await gateway.open()
    other = NewChannel("support", "whatsapp", PHONE.settings, SECRETS)
    await connect(gateway.store, gateway.seal, operations.OPERATOR, other)
    await gateway.channels.load()
    with pytest.raises(demo.NotOurs, match=r"has channels of its own \(support\): a demonstration would"):
        await demo.prepare(gateway)
    assert [live.channel.id for live in gateway.channels] == ["support"]
    await gateway.stop()


async def test_a_gateway_without_use_says_what_it_lacks(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = Gateway(made(tmp_path, on_sqlite(tmp_path)), Router())
    await gateway.open()
    await _warn(gateway)
    assert "no flow is served, so nobody answers: set bots" in caplog.text
    assert "no channel is connected yet: parley channels add NAME" in caplog.text
    assert "simulated" not in caplog.text
    await gateway.stop()


async def test_a_gateway_that_plays_no_provider_says_which_channels_are_simulated(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = Gateway(made(tmp_path, on_sqlite(tmp_path)), Router([Showcase]))
    await gateway.open()
    await connect(gateway.store, gateway.seal, operations.OPERATOR, PHONE)
    await gateway.channels.load()
    await _warn(gateway)
    assert len(caplog.records) == 1
    assert "phone: simulated channels; their provider is played by `parley demo` alone" in caplog.text
    await gateway.stop()


def test_what_a_file_says_goes_before_what_a_demonstration_needs(tmp_path: Path) -> None:
    given = {"database", "seal_key_file"}
    found = demo.defaults({"data_dir": str(tmp_path)}, given, {})
    assert not given & found.keys()
    assert not (tmp_path / "seal.key").exists()


async def test_a_channel_whose_flow_is_gone_is_told_when_the_gateway_starts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = Gateway(made(tmp_path, on_sqlite(tmp_path)), Router([Showcase]))
    await gateway.open()
    for name, number, flow in (("phone", "1", "Gone"), ("other", "2", "Showcase")):
        settings = {**PHONE.settings, "phone_number_id": number}
        new = PHONE._replace(id=name, flow=flow, settings=settings)
        await connect(gateway.store, gateway.seal, operations.OPERATOR, new)
    await gateway.channels.load()
    _warn_of_flows(gateway)
    assert len(caplog.records) == 1
    assert (
        "phone names the flow Gone, which is not served (there is: Showcase), so nobody answers"
        in caplog.text
    )
    await gateway.stop()


@pytest.mark.parametrize(
    ("host", "warned"),
    [
        ("127.0.0.1", False), ("localhost", False), ("::1", False),
        ("0.0.0.0", True), ("::", True), ("shop.example", True),
    ],
)  # fmt: skip
def test_who_opens_it_to_others_is_warned(host: str, *, warned: bool) -> None:
    assert (f"who reaches {host} may do here all" in demo.welcome("http://127.0.0.1:8080", host)) is warned
