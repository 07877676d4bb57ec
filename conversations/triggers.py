"""Which triggers an event may set off, the most special first; the first with a row that passes wins."""

from functools import cache
from typing import get_args

from state.model.content import Chosen, Content, Media, MediaKind, Text
from state.model.event import ClientEvent, EffectDone, Event, MessageReceived, TimerFired

_MADE = {"timer", "effect_result", "client_event"}
_KEPT = {"receipt", "receipt_up_to", "notice", "typing"}
"""What is written down where it belongs, and opens no turn."""


def of(event: Event) -> tuple[str, ...]:
    """The triggers of an event; those without a rule of their own are called by their kind (`reaction`, `edit`, …)."""
    match event:
        case MessageReceived(content=content):
            return of_message(content)
        case EffectDone(effect=name, fault=fault):
            return (f"failed_{name}",) if fault else (f"done_{name}",)
        case TimerFired(timer=name):
            return (f"timer_{name}",)
        case ClientEvent(event_name=name):
            return (f"event_{name}",)
    return (str(event.__struct_config__.tag),)


@cache
def known() -> frozenset[str]:
    """The triggers that have a fixed name; others are made of the name of an effect, timer, option or app's event."""
    events = {str(each.__struct_config__.tag) for each in get_args(Event)} - _MADE - _KEPT
    contents = {str(each.__struct_config__.tag) for each in get_args(Content)}
    return frozenset({*events, *contents, *get_args(MediaKind), "answered", "not_understood"})


def special(content: Content) -> tuple[str, ...]:
    """The triggers of a message that come before a question's reader."""
    return (f"chosen_{content.id}",) if isinstance(content, Chosen) else ()


def of_message(content: Content) -> tuple[str, ...]:
    """The triggers of a message."""
    match content:
        case Text():
            return ("message",)
        case Chosen(id=chosen):
            return (f"chosen_{chosen}", "chosen", "message")
        case Media(kind=kind):
            return (kind, "media", "message")
    return (str(content.__struct_config__.tag), "message")
