"""`parley hooks`: made, listed, tried, disabled, enabled and removed; and a gateway that is killed in the middle."""

import os
import re
import signal
from pathlib import Path

import msgspec
import pytest

from tests.cli.conftest import Run
from tests.gateway.sockets import Act, Talk, serving
from tests.load.process import Server

WHERE = "https://hooks.example/in"
MADE = re.compile(
    r"hook ([0-9a-f]{32}) is made; what signs is\n(whsec_[\w+/=]{44})\nparley hooks test \1 tries it\n"
)


def add(run: Run, config: str, url: str = WHERE, *words: str) -> tuple[str, str]:
    """Make a hook; gives its id and its secret."""
    done = run("hooks", "add", url, "--event", "suspension.*", *words, "--config", config)
    found = MADE.fullmatch(done.out)
    assert (done.code, done.err, bool(found)) == (0, "", True), done
    assert found
    return found[1], found[2]


def test_a_hook_is_listed_and_shown_and_its_secret_only_where_it_is_asked_for(run: Run, config: str) -> None:
    hook, secret = add(run, config, WHERE, "--event", "signal.received")
    listed = run("hooks", "list", "--config", config).out
    assert listed == f"{hook}  {WHERE}  suspension.* signal.received  all teams  on\n"
    shown = msgspec.json.decode(run("hooks", "show", hook, "--json", "--config", config).out)
    assert (shown["id"], shown["events"], "secret" in shown) == (
        hook,
        ["suspension.*", "signal.received"],
        False,
    )
    told = msgspec.json.decode(run("hooks", "show", hook, "--secret", "--json", "--config", config).out)
    assert told == shown | {"secret": secret}


def test_a_hook_is_disabled_enabled_and_removed(run: Run, config: str) -> None:
    hook, _ = add(run, config)
    assert run("hooks", "disable", hook, "--reason", "moving", "--config", config).out.endswith("disabled\n")
    assert run("hooks", "list", "--config", config).out.endswith("disabled: moving\n")
    assert run("hooks", "enable", hook, "--config", config).out == f"hook {hook} ({WHERE}): enabled\n"
    assert run("hooks", "remove", hook, "--config", config).out == f"hook {hook} ({WHERE}): removed\n"
    assert run("hooks", "list", "--config", config).out == ""


def test_a_secret_is_replaced(run: Run, config: str) -> None:
    hook, old = add(run, config)
    new = run("hooks", "rotate", hook, "--config", config).out.strip()
    assert (new.startswith("whsec_"), new == old) == (True, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "x"), "'x' is no id"),
        (("show", "0" * 32), "there is no hook 0000"),
        (("enable", "0" * 32), "there is no hook 0000"),
        (("redeliver", "0" * 32), "there is no delivery 0000"),
        (("redeliver",), "name deliveries, or a hook with --failed"),
        (("add", "http://hooks.example/", "--event", "*"), "must begin with https://"),
        (("add", WHERE, "--event", "everything"), "'everything' is none of suspension.noticed, "),
    ],
)
def test_what_cannot_be_done_is_told(run: Run, config: str, words: tuple[str, ...], said: str) -> None:
    done = run("hooks", *words, "--config", config)
    assert (done.code, said in done.err) == (1, True), done.err


def test_what_waits_is_shown_and_told_again_all_at_once(run: Run, config: str) -> None:
    hook, _ = add(run, config)
    run("hooks", "test", hook, "--config", config)
    (told,) = msgspec.json.decode(run("hooks", "deliveries", hook, "--json", "--config", config).out)
    assert (told["type"], told["state"], told["attempts"]) == ("hook.test", "waiting", 0)
    line = run("hooks", "deliveries", hook, "--config", config).out
    assert re.fullmatch(rf"{told['id']}  \S+\+00:00  hook\.test +waiting +tries 0 *\n", line)
    again = run("hooks", "redeliver", told["id"], "--config", config)
    assert again.out == f"{told['id']} waits again\n"
    assert run("hooks", "redeliver", "--failed", hook, "--config", config).out == "0 deliveries wait again\n"


def test_a_gateway_that_is_killed_before_the_answer_tells_it_again_with_the_same_id(
    run: Run, config: str, tmp_path: Path
) -> None:
    servers: list[Server] = []

    def kills(talk: Talk) -> None:
        talk.hear()
        os.kill(servers[0].pid, signal.SIGKILL)

    done: list[bool] = []
    with serving(kills, _tells(done)) as receiver:
        hook = tried(run, config, receiver.url)
        for name in ("first", "second"):
            receiver.left.clear()
            servers.append(Server(["gateway", "serve", "--config", config], tmp_path / name))
            assert receiver.left.wait(20)
        servers[1].wait_ready()
        assert servers[1].stop() == 0
        assert (len(done), servers[0].alive) == (1, False)
    ids = [re.findall(rb"(?i)webhook-id: (\w+)", each) for each in receiver.heard]
    assert (len(ids), ids[0]) == (2, ids[1])
    (told,) = msgspec.json.decode(run("hooks", "deliveries", hook, "--json", "--config", config).out)
    assert (told["state"], told["attempts"]) == ("delivered", 2)


def tried(run: Run, config: str, url: str) -> str:
    """A hook at a private address that something waits for."""
    Path(config).write_text(Path(config).read_text() + "allow_private_urls = true\n")
    hook, _ = add(run, config, url)
    run("hooks", "test", hook, "--config", config)
    return hook


def _tells(done: list[bool]) -> Act:
    def act(talk: Talk) -> None:
        talk.hear()
        done.append(True)
        talk.say(200, b"", "Connection: close")

    return act
