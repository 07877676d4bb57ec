"""What Parley itself says to customers: who has access to what is exchanged, and that they have stopped or started.

The texts are data (`notices.toml`), a version for all.
"""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

_NAMES = {
    "whatsapp": "WhatsApp", "messenger": "Messenger", "instagram": "Instagram", "wechat": "WeChat", "x": "X",
    "telegram": "Telegram",
}  # fmt: skip
_SMS = "SMS"
_APP = "inapp"
_OTHERWISE = "en"
_TRADITIONAL = {"hant", "tw", "hk", "mo"}
"""What says of a locale that Chinese is written there in traditional characters."""


class Texts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The texts by language, and which wording they are."""

    version: str
    app: dict[str, str]
    notice: dict[str, str]
    stopped: dict[str, str]
    started: dict[str, str]
    machine: dict[str, str]
    business: dict[str, str]
    help: dict[str, str]


class Notice(msgspec.Struct, frozen=True):
    """A notice in a customer's language, and what its version is kept as: the wording's and the language."""

    text: str
    version: str
    locale: str


@lru_cache(1)
def texts() -> Texts:
    """The texts as they are shipped."""
    data = tomllib.loads((Path(__file__).parent / "notices.toml").read_text(encoding="utf-8"))
    return msgspec.convert(data, Texts)


Part = Literal["machine", "business", "access"]
"""What a notice may be made of: that a machine talks, who writes and how to stop, who has access to what."""
ACCESS: tuple[Part, ...] = ("access",)


@lru_cache(4096)
def notice(channel_type: str, locale: str, parts: tuple[Part, ...] = ACCESS, business: str = "") -> Notice:
    """What a customer on a channel of a type is told first, in a language (BCP 47) or else in English."""
    language, access = _in(texts().notice, locale)
    channel = texts().app[language] if channel_type == _APP else _NAMES.get(channel_type, _SMS)
    words = {
        "machine": texts().machine[language],
        "business": texts().business[language].replace("{business}", business),
        "access": access.format(channel=channel),
    }
    return Notice(" ".join(words[each] for each in parts), f"{wording(parts)}/{language}", language)


@lru_cache(64)
def wording(parts: tuple[Part, ...]) -> str:
    """What the version of a notice of these parts begins with, in whatever language; "" for none."""
    if not parts:
        return ""
    return texts().version if parts == ACCESS else "+".join((texts().version, *parts))


@lru_cache(1024)
def current(told: str, parts: tuple[Part, ...] = ACCESS) -> bool:
    """Whether a version that a customer was told is today's wording and has these parts, in whatever language."""
    version, *had = told.partition("/")[0].split("+")
    return not parts or (version == texts().version and {*parts} <= {*(had or ACCESS)})


def helps(locale: str, business: str, way: str) -> str:
    """What answers a customer's HELP by text message: who it is, and the way to reach people."""
    return _in(texts().help, locale)[1].replace("{business}", business).replace("{help}", way)


def stopped(locale: str, business: str = "") -> str:
    """What confirms that a customer has stopped us, with the name they know us by where it is to be said."""
    return _named(_in(texts().stopped, locale)[1], business)


def started(locale: str, business: str = "") -> str:
    """What confirms that a customer has let us begin again, with our name as `stopped` has it."""
    return _named(_in(texts().started, locale)[1], business)


def _named(text: str, business: str) -> str:
    return f"{business}: {text}" if business else text


def _in(said: dict[str, str], locale: str) -> tuple[str, str]:
    language, *more = locale.replace("_", "-").lower().split("-")
    if language == "zh" and _TRADITIONAL & {*more}:
        language = "zh-Hant"
    language = language if language in said else _OTHERWISE
    return language, said[language]
