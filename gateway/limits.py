"""What settings mean and what is allowed of them."""

import ipaddress
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from state.seal import BadKey, Seal


class Limit(NamedTuple):
    """What a setting means and what is allowed beyond its type; `ok` looks at one value, or at each of several.

    What is `secret` is never shown; it has no `flag` where every user of the machine could read it among the processes.
    """

    meaning: str
    allowed: str = ""
    low: float | None = None
    high: float | None = None
    ok: Callable[[Any], bool] = lambda value: True
    secret: bool = False
    flag: bool = True


def _network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True


def _starts(*heads: str) -> Callable[[str], bool]:
    return lambda text: text.startswith(heads)


def is_origin(text: str) -> bool:
    """Whether it is an origin of pages, or `*`."""
    return text == "*" or (text.startswith(("http://", "https://")) and text.count("/") == 2)


def is_bot(text: str) -> bool:
    """Whether it names a bot: `module:Class` or `file.py:Class`."""
    module, _, name = text.rpartition(":")
    return name.isidentifier() and is_module(module)


def is_module(text: str) -> bool:
    """Whether it names a module, or a file of Python."""
    path = text.removesuffix(".py") if text.endswith(".py") else ""
    return bool(path) or all(part.isidentifier() for part in text.split("."))


def _seal_key(text: str) -> bool:
    try:
        Seal(text)
    except BadKey:
        return False
    return True


DATABASE = Limit(
    "The database. SQLite is built in; PostgreSQL lets several processes share the work",
    "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
    ok=_starts("sqlite:///", "postgresql://", "postgresql+asyncpg://"),
    secret=True,
)
REDIS = Limit(
    "Redis or Valkey, for wake-ups and pace shared between processes; empty: none. Losing it loses time, not messages",
    "redis://HOST:PORT/NUMBER, rediss://… or unix://…",
    ok=_starts("redis://", "rediss://", "unix://"),
    secret=True,
)
BOT_FILE = Limit('TOML file of what effects need, as the secrets of back-ends: name = "value"')
HOOKS = Limit("Modules of Python hooks, beside the bots' own", "MODULE or FILE.py", ok=is_module)
PUBLIC_URL = Limit(
    "Our address as providers and browsers see it; some signatures cover it. Empty: as the request says",
    "http://… or https://… without a slash at the end",
    ok=lambda url: url.startswith(("http://", "https://")) and not url.endswith("/"),
)
PROXIES = Limit(
    "Networks whose X-Forwarded-For and X-Forwarded-Proto are believed",
    "networks such as 10.0.0.0/8",
    ok=_network,
)
SEAL_KEY = Limit(
    "Key that seals credentials in the database; to change it, put the new one before the old, with a blank between",
    "the base64 of 32 bytes",
    ok=_seal_key,
    secret=True,
    flag=False,
)
DIRECTLINE = Limit(
    "Secret for which an app's own server gets Direct Line tokens; empty: none are given",
    "at least 16 characters",
    ok=lambda text: len(text) >= 16,
    secret=True,
    flag=False,
)
NODE = Limit(
    "Name of this process among those that share the database; empty: made up",
    "at most 64 characters",
    ok=lambda text: len(text) <= 64,
)
BODY = Limit("Bytes a request may have; providers send up to 3 MB", low=10_000, high=100_000_000)
SLOTS = Limit(
    "Sends one channel may have on their way at a time, so that a provider that hangs holds only its own"
)
ALL_ROLES = ("turns", "sends")
"""What a process may do besides taking requests: play turns (and timers), send messages (and run effects)."""
ROLES = Limit(
    "What this process does besides taking requests; empty: nothing, others that share the database do it",
    ", ".join(ALL_ROLES),
    ok=lambda role: role in ALL_ROLES,
)
FOREVER = "; 0: for ever"
COUNTRY = Limit(
    "Country of the team `default`, taken where it has none yet; the team sends where the service is offered there",
    "two letters of ISO 3166, as DE",
    ok=lambda text: re.fullmatch("[A-Z]{2}", text) is not None,
    flag=False,
)
