"""What Parley itself says to customers: who has access to what is exchanged, and that they have stopped or started.

The texts are data (`notices.toml`), a version for all.
"""

import tomllib
from functools import lru_cache
from pathlib import Path

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


@lru_cache(1024)
def notice(channel_type: str, locale: str) -> Notice:
    """Who has access to what is exchanged on a channel of a type, in a language (BCP 47) or else in English."""
    language, text = _in(texts().notice, locale)
    channel = texts().app[language] if channel_type == _APP else _NAMES.get(channel_type, _SMS)
    return Notice(text.format(channel=channel), f"{texts().version}/{language}", language)


def current(told: str) -> bool:
    """Whether a version a customer was told is today's wording, in whatever language."""
    return told.partition("/")[0] == texts().version


def stopped(locale: str) -> str:
    """What confirms that a customer has stopped us."""
    return _in(texts().stopped, locale)[1]


def started(locale: str) -> str:
    """What confirms that a customer has let us begin again."""
    return _in(texts().started, locale)[1]


def _in(said: dict[str, str], locale: str) -> tuple[str, str]:
    language, *more = locale.replace("_", "-").lower().split("-")
    if language == "zh" and _TRADITIONAL & {*more}:
        language = "zh-Hant"
    language = language if language in said else _OTHERWISE
    return language, said[language]
