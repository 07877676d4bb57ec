"""What the engine plays and the router chooses from: a flow with a table, a script, or a bot of another framework."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from conversations.describe import Description
from conversations.effects import Declared
from conversations.entry import Entry, Interruption
from conversations.texts import Translations
from conversations.turn import Turn
from state.model.base import Value
from state.model.turn import Snapshot, Step

EXPIRY = "expiry"
"""The timer by which a run ends that nobody goes on with."""

MESSAGES_A_MINUTE = 30
"""What a bot may say to one customer before it is taken for a loop with another machine."""


class Taken(msgspec.Struct, frozen=True):
    """What one event did: the steps (at least one), where the conversation stands after, and a note for the journal."""

    steps: Sequence[Step]
    after: Snapshot
    note: str = ""


class Done(msgspec.Struct, frozen=True):
    """A turn that one flow has played; `mark` is what its timers' names begin with."""

    turn: Turn
    steps: Sequence[Step]
    note: str = ""
    ended: bool = False
    mark: str = ""


class Standing(Value, frozen=True):
    """Where a run stands: the state, the fields as stored, and the version of the flow that stored them."""

    state: str
    data: dict[str, Any] = {}
    version: str = ""


class Bot(Protocol):
    """A compiled bot. `version` is a hash of its content; `files` are those its author wrote it in."""

    version: str

    @property
    def name(self) -> str:
        """What conversations know it by."""

    @property
    def module(self) -> str:
        """The module it is written in."""

    @property
    def entry(self) -> Entry:
        """What begins a run."""

    @property
    def interruption(self) -> Interruption:
        """What it does with another's keyword while it runs."""

    @property
    def refusal(self) -> str:
        """What is said to another's keyword that has to wait, or is refused."""

    @property
    def apology(self) -> str:
        """What the customer is told when it fails; empty: what the router says."""

    @property
    def messages_a_minute(self) -> int:
        """How much it may say to one customer; 0: no limit."""

    @property
    def told(self) -> bool:
        """Whether it is told of its messages that fail."""

    @property
    def files(self) -> frozenset[str]:
        """The files of its functions."""

    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """Its author's functions, by name."""

    @property
    def effects(self) -> Mapping[str, Declared]:
        """Its effects by name."""

    @property
    def translations(self) -> Translations:
        """What its texts are in other languages."""

    def begin(self, run: int) -> Snapshot:
        """Where a new run stands before its first event."""

    def play(self, stands: Snapshot, turn: Turn, *, begins: bool) -> Taken:
        """Play the turn's event; raises what the author's code raises, FlowError, FlowChanged."""

    def moved(self, stands: Snapshot) -> Snapshot:
        """Where a run of another version stands in this one; raises FlowChanged where it cannot go on here."""

    def describe(self) -> Description:
        """The bot as plain data."""
