"""Settings come from four places in a fixed order, and one that is wrong stops the start by its name."""

import argparse
import base64
from pathlib import Path
from typing import Any

import pytest

from gateway.bot_settings import for_bots
from gateway.settings import DEMONSTRATION, TABLE, Settings, SettingsError, add_flags, read

KEY, OTHER_KEY = (base64.b64encode(bytes([n] * 32)).decode() for n in (1, 2))


def flags(*words: str) -> dict[str, Any]:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_flags(parser)
    return vars(parser.parse_args(words))


def test_without_anything_given_the_defaults_hold_and_the_node_gets_a_name_of_its_own() -> None:
    one, two = read(env={}), read(env={})
    assert (one.host, one.port, one.database, one.log_format) == (
        "127.0.0.1",
        8080,
        "sqlite:///parley.db",
        "json",
    )
    assert one.node != two.node
    assert 0 < len(one.node) <= 64


def test_a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default(tmp_path: Path) -> None:
    file = tmp_path / "parley.toml"
    file.write_text('host = "file"\nport = 1\nlog_level = "error"\n')
    env = {"PARLEY_HOST": "environment", "PARLEY_PORT": "2"}
    settings = read(str(file), env, flags("--host", "flag"))
    assert (settings.host, settings.port, settings.log_level, settings.redis) == ("flag", 2, "error", "")


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "parley.toml").write_text("port = 4000")
    assert read(env={"PARLEY_CONFIG": str(tmp_path / "parley.toml")}).port == 4000


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("PARLEY_PORT", "0", 0),
        ("PARLEY_LEASE_SECONDS", "2.5", 2.5),
        ("PARLEY_ALLOW_PRIVATE_URLS", "true", True),
        ("PARLEY_ALLOW_PRIVATE_URLS", "0", False),
        ("PARLEY_BOTS", "hotel:Hotel, shop.orders:Orders,", ("hotel:Hotel", "shop.orders:Orders")),
        ("PARLEY_BOTS", "", ()),
        ("PARLEY_TRUSTED_PROXIES", "10.0.0.0/8,::1", ("10.0.0.0/8", "::1")),
        (
            "PARLEY_ORIGINS",
            "https://shop.example,http://localhost:3000",
            ("https://shop.example", "http://localhost:3000"),
        ),
        ("PARLEY_LOG_FORMAT", "text", "text"),
        ("PARLEY_SEAL_KEY", f"{OTHER_KEY} {KEY}", None),
    ],
)
def test_text_from_the_environment_becomes_a_value_of_the_right_type(
    name: str, text: str, value: Any
) -> None:
    found = getattr(read(env={name: text}), name[len("PARLEY_") :].lower())
    assert found == (text if value is None else value)


@pytest.mark.parametrize(
    ("words", "name", "value"),
    [
        (["--port", "9"], "port", 9),
        (["--allow-private-urls"], "allow_private_urls", True),
        (["--no-allow-private-urls"], "allow_private_urls", False),
        (["--bots", "a:B,c:D"], "bots", ("a:B", "c:D")),
        (["--database", "postgresql://db/parley"], "database", "postgresql://db/parley"),
    ],
)
def test_a_flag_becomes_a_value_of_the_right_type(words: list[str], name: str, value: Any) -> None:
    assert getattr(read(env={}, flags=flags(*words)), name) == value


@pytest.mark.parametrize("name", ["seal_key", "directline_secret"])
def test_a_secret_has_no_flag(name: str) -> None:
    with pytest.raises(SystemExit):
        flags("--" + name.replace("_", "-"), "planted")


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        (
            "port = 70000",
            "port: 70000 is not allowed; it must be a whole number from 0 to 65,535 ({file}, line 1)",
        ),
        (
            'bots = "bot:Pizza"',
            "bots: 'bot:Pizza' is not allowed; it must be a list, as in bots = ['bot:Pizza'] ({file}, line 1)",
        ),
        (
            '\nport = "80"',
            "port: '80' is not allowed; it must be a whole number from 0 to 65,535 ({file}, line 2)",
        ),
        (
            "port = true",
            "port: true is not allowed; it must be a whole number from 0 to 65,535 ({file}, line 1)",
        ),
        ("prot = 1", "prot: there is no such setting; perhaps port is meant ({file}, line 1)"),
        ("host = 'a'\n[wire]\na = 1", "wire: there is no such setting ({file}, line 2)"),
        ("wire.a = 1", "wire: there is no such setting ({file}, line 1)"),
        (
            "bots = ['hotel']",
            "bots: ['hotel'] is not allowed; it must be MODULE:CLASS or FILE.py:CLASS ({file}, line 1)",
        ),
        ("log_format = 'xml'", "log_format: 'xml' is not allowed; it must be json or text ({file}, line 1)"),
        (
            "lease_seconds = nan",
            "lease_seconds: nan is not allowed; it must be a number from 1 to 600 ({file}, line 1)",
        ),
    ],
)
def test_a_wrong_line_of_the_file_is_named_with_what_is_allowed(
    toml: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "parley.toml"
    file.write_text(toml)
    with pytest.raises(SettingsError) as caught:
        read(str(file), {})
    assert str(caught.value) == message.format(file=file)


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        (
            "PARLEY_PORT",
            "http",
            "port: 'http' is not allowed; it must be a whole number from 0 to 65,535 (PARLEY_PORT in",
        ),
        ("PARLEY_DATABASE", "mysql://db", "it must be sqlite:///FILE or postgresql://"),
        ("PARLEY_REDIS", "localhost", "it must be redis://HOST:PORT/NUMBER"),
        ("PARLEY_PUBLIC_URL", "https://a.example/", "without a slash at the end"),
        ("PARLEY_TRUSTED_PROXIES", "10.0.0.1/8", "networks such as 10.0.0.0/8"),
        ("PARLEY_ORIGINS", "shop.example", "https://HOST or *"),
        ("PARLEY_ALLOW_PRIVATE_URLS", "perhaps", "true or false"),
        ("PARLEY_NODE", "n" * 65, "at most 64 characters"),
        ("PARLEY_HOST", "", "host: '' is not allowed"),
        (
            "PARLEY_PROT",
            "1",
            "prot: there is no such setting; perhaps port is meant (PARLEY_PROT in the environment)",
        ),
    ],
)
def test_a_wrong_variable_is_named_with_what_is_allowed(name: str, text: str, part: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(env={name: text})
    assert part in str(caught.value)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read(env={"PARLEY_PORT": "x", "PARLEY_NAME": "y"}, flags={"turn_batch": "0"})
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == ["port", "name", "turn_batch"]


@pytest.mark.parametrize(
    ("text", "why"),
    [("port = \n", "at line 1"), ("\nport = 1\nport = 2\n", "at line 3"), (None, "No such file")],
)
def test_a_file_that_cannot_be_read_is_named(text: str | None, why: str, tmp_path: Path) -> None:
    file = tmp_path / "parley.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SettingsError, match=why) as caught:
        read(str(file), {})
    assert str(file) in str(caught.value)


def test_variables_of_the_test_suite_are_no_settings() -> None:
    assert read(env={"PARLEY_TEST_REDIS": "redis://127.0.0.1", "HOME": "/"}).redis == ""


@pytest.mark.parametrize(
    "env",
    [
        {"PARLEY_SEAL_KEY": "planted-secret"},
        {"PARLEY_DIRECTLINE_SECRET": "planted"},
        {"PARLEY_DATABASE": "mysql://u:planted@db"},
        {"PARLEY_REDIS": "http://:planted@db"},
    ],
)
def test_a_wrong_secret_is_not_shown(env: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        read(env=env)
    assert "this value is not allowed" in str(caught.value)
    assert "planted" not in str(caught.value)


def test_secrets_are_not_in_the_representation() -> None:
    settings = read(
        env={
            "PARLEY_SEAL_KEY": KEY,
            "PARLEY_DIRECTLINE_SECRET": "planted-secret-1",
            "PARLEY_DATABASE": "postgresql://u:planted@2@db/parley?password=planted-3",
            "PARLEY_REDIS": "redis://:planted-4@cache:6379/0",
        }
    )
    shown = repr(settings)
    assert [secret for secret in ("planted", KEY) if secret in shown] == []
    assert "postgresql://u:***@db/parley" in shown


def test_all_that_must_be_in_no_log_is_known() -> None:
    settings = read(
        env={
            "PARLEY_SEAL_KEY": KEY,
            "PARLEY_DIRECTLINE_SECRET": "planted-secret-1",
            "PARLEY_DATABASE": "postgresql://u:planted-2@db/parley",
            "PARLEY_REDIS": "redis://cache:6379/0",
        }
    )
    assert set(settings.secrets) == {KEY, "planted-secret-1", "planted-2"}
    assert read(env={}).secrets == ()


def test_the_seal_key_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    assert read(env={"PARLEY_SEAL_KEY_FILE": str(tmp_path / "key")}).seal_key == KEY


@pytest.mark.parametrize(
    ("text", "env", "why"),
    [
        (None, {}, "No such file"),
        ("planted", {}, "it must hold the base64 of 32 bytes"),
        (KEY, {"PARLEY_SEAL_KEY": KEY}, "only one of them is allowed"),
    ],
)
def test_a_key_file_that_is_of_no_use_is_named(
    text: str | None, env: dict[str, str], why: str, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    if text:
        file.write_text(text)
    with pytest.raises(SettingsError, match=why) as caught:
        read(env=env | {"PARLEY_SEAL_KEY_FILE": str(file)})
    assert "planted" not in str(caught.value)
    assert "PARLEY_SEAL_KEY_FILE in the environment" in str(caught.value)


def test_each_setting_that_is_given_says_where_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "parley.toml"
    file.write_text('host = "file"\nport = 1\nnode = "one"\n')
    needed = {"data_dir": "var/demo", DEMONSTRATION: {"data_dir"}}
    settings = read(str(file), {"PARLEY_PORT": "2"}, {"node": "two", **needed})
    found = [settings.at(each) for each in ("host", "port", "node", "data_dir", "redis")]
    in_env, by_flag = " (PARLEY_PORT in the environment)", " (flag --node)"
    assert found == [f" ({file}, line 1)", in_env, by_flag, " (of the demonstration)", ""]
    assert settings.told("host: no") == f"host: no ({file}, line 1)"
    assert settings.told("nothing: no") == "nothing: no"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Settings().port = 1  # type: ignore[misc]


def test_every_default_is_itself_allowed() -> None:
    assert [each.name for each in TABLE if each.accept(each.default, strict=True) != each.default] == []


def test_what_bots_need_is_read_from_a_file_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "bot.toml"
    assert for_bots(Settings()) == {}
    for text, told in (
        ("shop = 1", "shop in .* is no text"),
        ("shop", "cannot be read"),
        (None, "cannot be read"),
    ):
        if text is None:
            file.unlink()
        else:
            file.write_text(text)
        with pytest.raises(SettingsError, match=f"bot_settings_file: .*{told}"):
            for_bots(Settings(bot_settings_file=str(file)))
    file.write_text('shop = "secret"')
    assert for_bots(Settings(bot_settings_file=str(file))) == {"shop": "secret"}
