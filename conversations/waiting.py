"""What comes for a flow that waits: under another one, or for a person.

A timer is stored by its name alone, so that of a flow which another has begun carries a mark of where it stands; an
effect's result says who asked for it. What is not for the flow that runs is held until the one it is for goes on.
"""

from zlib import crc32

from msgspec.structs import replace

from conversations.bot import EXPIRY
from state.model.event import EffectDone, MessageFailed, TimerFired
from state.model.turn import Frame, Snapshot

Awaited = EffectDone | TimerFired | MessageFailed
"""What a flow waits for, and no customer says again."""
AWAITED = (EffectDone, TimerFired, MessageFailed)


def mark(depth: int, flow: str) -> str:
    """What the names of a flow's timers begin with; `depth` counts the flows that wait under it."""
    return f"{depth}\t{crc32(flow.encode()):08x}\t" if depth else ""


def marked(name: str, before: str) -> str:
    """A timer's name as it is stored; the end by silence is of the conversation, whoever runs."""
    return name if name == EXPIRY else f"{before}{name}"


def run_of(event: Awaited) -> int:
    """The run that an event is for; 0: whichever there is."""
    return event.cause.run if isinstance(event, MessageFailed) else event.run


def own(stands: Snapshot, event: Awaited) -> Awaited | None:
    """The event as the flow that runs knows it; None: it is for another."""
    match event:
        case EffectDone(flow=flow) if flow not in ("", stands.flow):
            return None
        case MessageFailed(cause=cause) if cause.flow != stands.flow:
            return None
        case TimerFired(timer=name) if name != EXPIRY:
            before = mark(len(stands.stack), stands.flow)
            there = name.startswith(before) and "\t" not in name[len(before) :]
            return replace(event, timer=name[len(before) :]) if there else None
    return event


def held(stands: Snapshot, event: Awaited) -> Snapshot | None:
    """Where a conversation stands when the flow that waits for an event has got it; None: no flow waits for it."""
    for place, frame in enumerate(stands.stack):
        if _for(event, frame, len(stands.stack) - place - 1):
            waits = replace(frame, held=(*frame.held, event))
            return replace(stands, stack=(*stands.stack[:place], waits, *stands.stack[place + 1 :]))
    return None


def _for(event: Awaited, frame: Frame, depth: int) -> bool:
    if isinstance(event, EffectDone):
        return event.flow == frame.flow
    if isinstance(event, MessageFailed):
        return event.cause.flow == frame.flow
    before = mark(depth, frame.flow)
    return event.timer.startswith(before) and "\t" not in event.timer[len(before) :]
