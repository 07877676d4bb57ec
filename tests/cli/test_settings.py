"""A wrong setting stops a command and is named, with what is allowed and where it stands."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run, parley


def test_all_that_is_wrong_is_named_with_what_is_allowed_and_where_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "parley.toml"
    file.write_text('host = "127.0.0.1"\nlog_level = "loud"\n')
    secret = "planted-seal-key"
    done = parley(
        "serve", "--config", str(file), "--turn-batch", "0", PARLEY_PROT="1", PARLEY_SEAL_KEY=secret
    )
    assert (done.code, done.out) == (2, "")
    assert sorted(done.err.splitlines()) == [
        f"log_level: 'loud' is not allowed; it must be debug or info or warning or error ({file}, line 2)",
        "prot: there is no such setting; perhaps port is meant (PARLEY_PROT in the environment)",
        "seal_key: this value is not allowed; it must be the base64 of 32 bytes"
        " (PARLEY_SEAL_KEY in the environment)",
        "turn_batch: '0' is not allowed; it must be a whole number from 1 to 1,000 (flag --turn-batch)",
    ]


@pytest.mark.parametrize(
    "words",
    [
        ("serve",), ("migrate",), ("channels", "list"), ("keys", "list"), ("quarantine", "list"), ("doctor",),
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_command_reads_the_settings(run: Run, config: str, words: tuple[str, ...]) -> None:
    done = run(*words, "--config", config, "--port", "70000")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("port: '70000' is not allowed; it must be a whole number from 0 to 65,535")


@pytest.mark.parametrize("words", [(), ("frobnicate",), ("channels",), ("keys", "list", "--prt", "1")])
def test_a_command_that_is_not_there_is_told(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert "usage: parley" in done.err


def test_an_argument_that_is_wrong_is_told_without_all_the_settings(run: Run) -> None:
    done = run("conversations", "show", "--limit", "x", "1")
    assert done.err.splitlines() == [
        "usage: parley conversations show [-h] [--limit LIMIT] id",
        "parley conversations show: error: argument --limit: invalid int value: 'x'",
    ]


@pytest.mark.parametrize(("command", "there"), [("demo", False), ("serve", True)])
def test_the_demonstration_offers_not_itself(run: Run, command: str, there: bool) -> None:
    done = run(command, "--help")
    assert ("--demo " in done.out, "--bot-path" in done.out) == (there, True)


def test_a_settings_file_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    done = run("channels", "list", "--config", str(tmp_path / "nowhere.toml"))
    assert done.code == 2
    assert (
        done.err == f"The settings file {tmp_path}/nowhere.toml cannot be read: No such file or directory\n"
    )
