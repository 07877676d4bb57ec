"""The commands a log tells of lead to the same database as the process that logs them."""

import sys

import pytest

from gateway.beside import command

FLAGS = {
    ("serve", "--config", "my bot.toml", "--port", "1"): "--config 'my bot.toml'",
    ("serve", "--database=sqlite:///a.db", "--log-level", "info"): "--database=sqlite:///a.db",
    ("channels", "list", "--demo", "--config", "a.toml"): "--demo --config a.toml",
    ("serve", "--database", "postgresql://me:planted@h/x?a=1"): "--database 'postgresql://me:***@h/x?a=1'",
    (
        "serve",
        "--database",
        "postgresql:///x?user=a&password=planted",
    ): "--database 'postgresql:///x?user=a&password=***'",
    ("serve", "--database", "postgresql://me:pl@nted@h/x"): "--database 'postgresql://me:***@h/x'",
    ("serve", "--database", "postgresql://h:5432/x"): "--database postgresql://h:5432/x",
    ("demo", "--reload", "--data-dir", "var/other", "--bots", "bot:Bot"): "--demo --data-dir var/other",
}


@pytest.mark.parametrize(("argv", "told"), FLAGS.items(), ids=[" ".join(each) for each in FLAGS])
def test_a_command_has_the_flags_that_lead_to_the_database(
    monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...], told: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["parley", *argv])
    monkeypatch.delenv("PARLEY_CONFIG", raising=False)
    assert command("conversations", "resume", "1", "--reason", "mended") == (
        f"parley conversations resume 1 --reason mended {told}"
    )


def test_a_settings_file_of_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["parley", "serve"])
    monkeypatch.setenv("PARLEY_CONFIG", "parley.toml")
    assert command("doctor") == "parley doctor --config parley.toml"
