"""What Twilio has taken a customer's words for, where it answers stop, start and help itself (advanced opt-out)."""

from typing import Literal

from state.model.content import Text
from state.model.event import Event, HelpAsked, MessageReceived, OptedIn, OptedOut

Meaning = Literal["stop", "start", "help"]


def with_meaning(said: MessageReceived, told: Meaning | None) -> tuple[Event, ...]:
    """A message, and the event it is besides where Twilio tells that it is one."""
    common = {"at": said.at, "account": said.account, "addresses": said.addresses}
    word = said.content.text.strip()[:40] if isinstance(said.content, Text) else ""
    key = f"{said.key}:{told}"
    match told:
        case "stop":
            return said, OptedOut(key=key, purpose="marketing", note=word, **common)  # type: ignore[arg-type]
        case "start":
            return said, OptedIn(key=key, purpose="marketing", note=word, **common)  # type: ignore[arg-type]
        case "help":
            return said, HelpAsked(key=key, note=word, **common)  # type: ignore[arg-type]
    return (said,)
