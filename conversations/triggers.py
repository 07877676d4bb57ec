"""Which triggers an event may set off, the most special first. The first that passes in the current state wins."""

from state.model.content import Chosen, Location, Media
from state.model.event import ClientEvent, EffectDone, Event, MessageReceived, TimerFired


def of(event: Event) -> tuple[str, ...]:
    """The triggers of an event: `chosen_<id>`, `chosen` and `message` for a choice, and so on."""
    match event:
        case MessageReceived(content=Chosen(id=chosen)):
            return (f"chosen_{chosen}", "chosen", "message")
        case MessageReceived(content=Media(kind=kind)):
            return (kind, "media", "message")
        case MessageReceived(content=Location()):
            return ("location", "message")
        case MessageReceived():
            return ("message",)
        case EffectDone(fault=None, effect=name):
            return (f"done_{name}",)
        case EffectDone(effect=name):
            return (f"failed_{name}",)
        case TimerFired(timer=name):
            return (f"timer_{name}",)
        case ClientEvent(event_name=name):
            return (f"event_{name}",)
    return (event.__struct_config__.tag,)  # type: ignore[return-value]
