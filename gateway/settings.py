"""Settings: one frozen object, read once: defaults < TOML file < environment (`PARLEY_…`) < flags.

The fields of `Settings` are the one table: the file's keys, the environment's names, the flags and `docs/settings.md`
come from it.
"""

import argparse
import os
import re
import secrets
import socket
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import msgspec

from gateway.limits import (
    ALL_ROLES,
    BODY,
    COUNTRY,
    DATABASE,
    DIRECTLINE,
    FOREVER,
    HOOKS,
    NODE,
    PROXIES,
    PUBLIC_URL,
    REDIS,
    ROLES,
    SEAL_KEY,
    SLOTS,
    Limit,
    is_bot,
    is_origin,
)
from state.seal import Seal

PREFIX = "PARLEY_"
_PASSWORD = re.compile(r"(?<=://)([^/@:]*:).*(@)|([?&]password=)[^&]*()")
DEMONSTRATION = "demonstration"
"""Among flags: the names of those that nobody gave, but a demonstration needs."""
_NOT_SETTINGS = (PREFIX + "CONFIG", PREFIX + "TEST_")


def without_password(address: str) -> str:
    """The address of a database with asterisks for its password."""
    return _PASSWORD.sub(r"\1\3***\2", address)


class SettingsError(Exception):
    """One line for each setting that is unknown or wrong: its name, what is allowed, and where it stands."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of a process. Secrets are left out of its representation."""

    host: Annotated[str, Limit("Address to listen on")] = "127.0.0.1"
    port: Annotated[int, Limit("Port to listen on; 0: any that is free", low=0, high=65535)] = 8080
    public_url: Annotated[str, PUBLIC_URL] = ""
    trusted_proxies: Annotated[tuple[str, ...], PROXIES] = ()
    max_body: Annotated[int, BODY] = 4_000_000

    country: Annotated[str, COUNTRY] = ""

    database: Annotated[str, DATABASE] = "sqlite:///parley.db"
    redis: Annotated[str, REDIS] = ""
    data_dir: Annotated[str, Limit("Folder for media and other files")] = "var"
    max_file: Annotated[
        int, Limit("Bytes a file of a customer's may have to be fetched and kept", low=0, high=1_000_000_000)
    ] = 26_000_000
    node: Annotated[str, NODE] = ""

    seal_key: Annotated[str, SEAL_KEY] = ""
    seal_key_file: Annotated[str, Limit("File that holds seal_key")] = ""

    bots: Annotated[tuple[str, ...], Limit("Flows to serve", "MODULE:CLASS or FILE.py:CLASS", ok=is_bot)] = ()
    bot_path: Annotated[str, Limit("Folder of the bots' modules; put last on the import path")] = ""

    hooks: Annotated[tuple[str, ...], HOOKS] = ()

    bot_settings_file: Annotated[
        str, Limit('TOML file of what effects need, as the secrets of back-ends: name = "value"')
    ] = ""

    origins: Annotated[
        tuple[str, ...],
        Limit("Origins whose pages may talk to in-app channels", "https://HOST or *", ok=is_origin),
    ] = ()
    directline_secret: Annotated[str, DIRECTLINE] = ""

    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Limit("Least serious lines to log")
    ] = "info"
    log_format: Annotated[Literal["json", "text"], Limit("Form of a log line")] = "json"

    notices: Annotated[
        bool,
        Limit(
            "Whether customers are told, on first contact, who has access to what is exchanged on a channel"
        ),
    ] = True

    allow_private_urls: Annotated[
        bool, Limit("Whether calls may reach private and local addresses; for tests and the simulator")
    ] = False
    roles: Annotated[tuple[str, ...], ROLES] = ALL_ROLES
    lease_seconds: Annotated[
        float,
        Limit("How long a process holds a conversation or a row before another may take it", low=1, high=600),
    ] = 30.0
    permit_seconds: Annotated[
        float, Limit("Longest time a suspension waits for a process that does not answer", low=0.2, high=60)
    ] = 2.0
    notice_seconds: Annotated[
        int,
        Limit("Seconds a team is told of a suspected fraud before its messages are held", low=1, high=86_400),
    ] = 900
    turn_batch: Annotated[int, Limit("Conversations leased at a time", low=1, high=1000)] = 64
    delivery_slots: Annotated[int, SLOTS._replace(low=1, high=1000)] = 16
    shutdown_seconds: Annotated[
        float, Limit("Time work that is under way is given when the process is stopped", low=0, high=600)
    ] = 10.0

    keep_envelopes_days: Annotated[
        int, Limit("How long raw webhook requests are kept" + FOREVER, low=0, high=36500)
    ] = 30
    keep_journal_days: Annotated[
        int, Limit("How long turns' journals are kept" + FOREVER, low=0, high=36500)
    ] = 90
    keep_messages_days: Annotated[int, Limit("How long messages are kept" + FOREVER, low=0, high=36500)] = 0
    consent_notice_days: Annotated[
        int, Limit("Days before a consent ends when that is announced; 0: it is not", low=0, high=365)
    ] = 30

    places: Mapping[str, str] = {}
    """Where each setting that was given stands, by name."""

    def at(self, name: str) -> str:
        """Where a setting stands, to be put after what is wrong with it; empty where it was not given."""
        return f" ({self.places[name]})" if name in self.places else ""

    def told(self, wrong: object) -> str:
        """What is wrong with a setting, in words that begin with its name, and where it stands."""
        return f"{wrong}{self.at(str(wrong).partition(':')[0])}"

    def show(self, name: str) -> str:
        """A setting's value as it may be printed."""
        return _BY_NAME[name].show(getattr(self, name))

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be in no log: the secret settings, and the passwords of addresses."""
        values = [getattr(self, each.name) for each in TABLE if each.limit.secret]
        passwords = (urlsplit(value).password for value in values if "://" in value)
        return tuple(
            filter(
                None,
                (*passwords, *(word for value in values if "://" not in value for word in value.split())),
            )
        )

    def __repr__(self) -> str:
        shown = (f"{each.name}={each.show(getattr(self, each.name))}" for each in TABLE)
        return f"Settings({', '.join(shown)})"


class Setting(NamedTuple):
    """One line of the table."""

    name: str
    type: Any
    default: Any
    limit: Limit

    @property
    def environment(self) -> str:
        """Its name in the environment."""
        return PREFIX + self.name.upper()

    @property
    def flag(self) -> str:
        """Its flag, or an empty string."""
        return "--" + self.name.replace("_", "-") if self.limit.flag else ""

    @property
    def allowed(self) -> str:
        """What it may be, in words."""
        return self.limit.allowed or _words(self.type, self.limit)

    def show(self, value: Any) -> str:
        """A value as it may be printed."""
        if not self.limit.secret or not value:
            return repr(value)
        return repr(without_password(value.partition("?")[0])) if "://" in value else "***"

    def accept(self, value: Any, *, strict: bool) -> Any:
        """The value in its type; `strict` takes no text for a number. Raises ValueError."""
        if not strict and get_origin(self.type) is tuple and isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        taken = msgspec.convert(value, self.type, strict=strict)
        low, high, ok = self.limit.low, self.limit.high, self.limit.ok
        if (low is not None and not taken >= low) or (high is not None and not taken <= high):
            raise ValueError(value)
        each_one = taken if isinstance(taken, tuple) else (taken,)
        if taken != self.default and not all(ok(each) and each != "" for each in each_one):
            raise ValueError(value)
        return taken


def _words(kind: Any, limit: Limit) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(get_args(kind))
    if kind in (int, float):
        return f"a {'whole ' if kind is int else ''}number from {limit.low:,g} to {limit.high:,.0f}"
    return "true or false" if kind is bool else "text"


def _table() -> Iterator[Setting]:
    hints = get_type_hints(Settings, include_extras=True)
    for field in msgspec.structs.fields(Settings):
        if get_origin(hints[field.name]) is Annotated:
            kind, limit = get_args(hints[field.name])
            yield Setting(field.name, kind, field.default, limit)


TABLE: tuple[Setting, ...] = tuple(_table())
_BY_NAME = {each.name: each for each in TABLE}


class _Given(NamedTuple):
    """A value as it was given: from where, and whether it is text that stands for other types."""

    name: str
    value: Any
    where: str
    strict: bool


def add_flags(parser: argparse._ActionsContainer) -> None:
    """Add `--config FILE` and a flag for each setting; one that is not given is left out of the namespace."""
    parser.add_argument("--config", metavar="FILE", help="settings file (TOML); or PARLEY_CONFIG")
    for each in TABLE:
        if each.type is bool:
            action: Any = argparse.BooleanOptionalAction
            parser.add_argument(each.flag, action=action, default=argparse.SUPPRESS, help=each.limit.meaning)
        elif each.flag:
            noun = each.allowed if get_origin(each.type) is Literal else each.name.upper()
            parser.add_argument(each.flag, metavar=noun, default=argparse.SUPPRESS, help=each.limit.meaning)


def read(
    config: str | None = None, env: Mapping[str, str] = os.environ, flags: Mapping[str, Any] = {}
) -> Settings:
    """Put the settings together; `flags` are a namespace's variables. Raises SettingsError with all that is wrong."""
    config = config or env.get(PREFIX + "CONFIG")
    found, places, problems = dict[str, Any](), dict[str, str](), []
    for given in (*_from_file(config), *_from_environment(env), *_from_flags(flags)):
        try:
            found[given.name] = _take(given)
            places[given.name] = given.where
        except SettingsError as error:
            problems.append(str(error))
    if problems:
        raise SettingsError("\n".join(problems))
    return _complete(found, places)


def in_file(config: str | None, env: Mapping[str, str] = os.environ) -> frozenset[str]:
    """The settings that a file gives; raises SettingsError where it cannot be read."""
    return frozenset(given.name for given in _from_file(config or env.get(PREFIX + "CONFIG")))


def _take(given: _Given) -> Any:
    setting = _BY_NAME.get(given.name)
    if setting is None:
        raise SettingsError(f"{given.name}: there is no such setting{_perhaps(given.name)} ({given.where})")
    try:
        return setting.accept(given.value, strict=given.strict)
    except ValueError:
        shown = "this value" if setting.limit.secret else _shown(given.value)
        wanted = setting.allowed
        if get_origin(setting.type) is tuple and given.strict and not isinstance(given.value, list):
            wanted = f"a list, as in {given.name} = [{shown}]"
        text = f"{given.name}: {shown} is not allowed; it must be {wanted} ({given.where})"
        raise SettingsError(text) from None


def _shown(value: Any) -> str:
    """A value as it is written in a file."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _perhaps(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, _BY_NAME, n=1)
    return f"; perhaps {near[0]} is meant" if near else ""


def _from_file(config: str | None) -> Iterator[_Given]:
    if not config:
        return
    try:
        text = Path(config).read_text(encoding="utf-8")
        values = tomllib.loads(text)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(f"The settings file {config} cannot be read: {why}") from None
    for name, value in values.items():
        yield _Given(name, value, f"{config}, line {_line(text, name)}", strict=True)


def _line(text: str, name: str) -> int:
    """The line a key of the top level or a section stands on."""
    found = re.search(rf"""^[ \t]*\[*[ \t]*["']?{re.escape(name)}["']?[ \t]*[.=\]]""", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _from_environment(env: Mapping[str, str]) -> Iterator[_Given]:
    for name, value in env.items():
        if name.startswith(PREFIX) and not name.startswith(_NOT_SETTINGS):
            yield _Given(name[len(PREFIX) :].lower(), value, f"{name} in the environment", strict=False)


def _from_flags(flags: Mapping[str, Any]) -> Iterator[_Given]:
    demo = flags.get(DEMONSTRATION, ())
    for each in TABLE:
        if each.name in flags:
            where = "of the demonstration" if each.name in demo else f"flag {each.flag}"
            yield _Given(each.name, flags[each.name], where, strict=False)


def _complete(found: dict[str, Any], places: dict[str, str]) -> Settings:
    if not found.get("node"):
        found["node"] = f"{socket.gethostname()[:40]}-{os.getpid()}-{secrets.token_hex(3)}"
    if found.get("seal_key_file"):
        found["seal_key"] = _key_from(found, places)
    return Settings(**found, places=places)


def _key_from(found: Mapping[str, Any], places: Mapping[str, str]) -> str:
    name = found["seal_key_file"]
    if found.get("seal_key"):
        raise SettingsError(
            f"seal_key ({places['seal_key']}) and seal_key_file ({places['seal_key_file']}) are both given: only one of"
            " them is allowed"
        )
    try:
        text = Path(name).read_text(encoding="utf-8").strip()
        Seal(text)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it must hold the base64 of 32 bytes"
        raise SettingsError(
            f"seal_key_file: {name} cannot be used: {why} ({places['seal_key_file']})"
        ) from None
    return text
