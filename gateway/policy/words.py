"""The words by which customers stop, start and ask for help."""

from collections.abc import Callable
from functools import partial

from connectors.sms import keywords

_PLAIN = ("stop", "unsubscribe")


def meaning(kind: str, locale: str, text: str) -> str:
    """What a whole message means on a channel of a kind: stop, start, help, or ""."""
    found = keywords.meaning(text) or ""
    if kind in ("whatsapp", "messenger", "instagram", "wechat", "x", "telegram", "inapp") and found:
        return found if text.strip(" .!").casefold() in (*_PLAIN, "start") else ""
    return found


def of(kind: str, locale: str) -> Callable[[str], str]:
    """The words of a channel of a kind, in a language."""
    return partial(meaning, kind, locale)
