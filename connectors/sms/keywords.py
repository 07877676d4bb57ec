"""The words by which customers of short messages stop, start and ask for help (CTIA, Messaging Principles, 5.1).

These are the words every sender must know; a test finds each of them in the gateway's rule pack, which has those of
other languages and countries besides, with their sources.
"""

import re
from typing import Literal

from state.model.content import Content, Text
from state.model.event import Event, HelpAsked, MessageReceived, OptedIn, OptedOut

Meaning = Literal["stop", "start", "help"]
_STOP = "stop|stopall|stop all|unsubscribe|cancel|end|quit|revoke|optout|opt out|opt-out|remove"
_START = "start|yes|unstop|subscribe|join"
_HELP = "help|info"
_WORDS: dict[str, Meaning] = {
    **dict.fromkeys(_STOP.split("|"), "stop"),
    **dict.fromkeys(_START.split("|"), "start"),
    **dict.fromkeys(_HELP.split("|"), "help"),
}
STOP_WORDS = tuple(word.upper() for word in _STOP.split("|"))
_EDGES = re.compile(r"^[\s\W_]+|[\s\W_]+$")


def meaning(text: str) -> Meaning | None:
    """What a whole message means, apart from case and punctuation around it; None where it is none of the words."""
    return _WORDS.get(_EDGES.sub("", text[:40]).casefold()) if len(text) <= 40 else None


def with_meaning(said: MessageReceived, told: Meaning | None = None) -> tuple[Event, ...]:
    """A message, and the event it is besides where it is one of the words; `told` is the provider's own reading."""
    content: Content = said.content
    found = told or (meaning(content.text) if isinstance(content, Text) else None)
    if found is None:
        return (said,)
    common = {"at": said.at, "account": said.account, "addresses": said.addresses}
    word = content.text.strip()[:40] if isinstance(content, Text) else ""
    key = f"{said.key}:{found}"
    match found:
        case "stop":
            return said, OptedOut(key=key, purpose="marketing", note=word, **common)  # type: ignore[arg-type]
        case "start":
            return said, OptedIn(key=key, purpose="marketing", note=word, **common)  # type: ignore[arg-type]
        case "help":
            return said, HelpAsked(key=key, note=word, **common)  # type: ignore[arg-type]
