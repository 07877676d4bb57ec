"""The journal of conversations: what playing a turn again needs, and what came of it."""

import msgspec

from state.model.consent import Purpose
from state.model.event import Event
from state.model.receipts import Fault
from state.model.turn import EffectCall, SetTimer, Snapshot, Step


class Turn(msgspec.Struct, omit_defaults=True):
    """A turn as the journal keeps it: all that playing it again needs, and what came of it.

    `events` and `replies` are ids; `at` is in milliseconds, UTC; with the conversation's id, `revision` is its seed.
    """

    events: list[str]
    steps: tuple[Step, ...]
    replies: list[str]
    after: Snapshot
    fault: Fault | None = None
    at: int = 0
    revision: int = 0
    name: str = ""
    locale: str = ""
    heard: dict[str, Event] = {}
    allows: tuple[Purpose, ...] = ()
    effects: tuple[EffectCall, ...] = ()
    timers: tuple[SetTimer, ...] = ()
    cancels: tuple[str, ...] = ()
