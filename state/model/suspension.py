"""Suspensions: what must not be sent, since when, on what ground, and whom a scope covers."""

from collections.abc import Sequence
from typing import Literal

from state.model.base import Value
from state.model.stages import CLOSED, Stage

Reach = Literal["business_initiated", "outbound", "both"]
"""How far a suspension reaches, each including the one before: sends the customer did not ask for, all sends, all
sends and what comes in."""

_REACHES: Sequence[Reach] = ("business_initiated", "outbound", "both")

GROUNDS = ("terms_breached", "channel_requires", "suspected_fraud", "legal", "operator")
"""Why a suspension may be put in force."""


class Target(Value, frozen=True, kw_only=True):
    """What a scope is asked about: one message on its way. `teams` are its own team and all above it.

    `contact` is whom its conversation was begun with, `person` who they are since they were merged. `initiated`
    is true for a send that answers no customer, `inbound` for a message that comes in.
    """

    channel: str
    teams: tuple[str, ...] = ()
    sender: str = ""
    contact: str = ""
    person: str = ""
    flow: str = ""
    campaign: str = ""
    template: str = ""
    initiated: bool = False
    inbound: bool = False


class Scope(Value, frozen=True, kw_only=True):
    """What a suspension is about: every field that is filled must match, so an empty scope covers everything."""

    channel: str = ""
    team: str = ""
    sender: str = ""
    contact: str = ""
    flow: str = ""
    campaign: str = ""
    template: str = ""
    direction: Reach = "outbound"

    def covers(self, target: Target) -> bool:
        """Whether the target lies in this scope."""
        return (
            (not self.channel or self.channel == target.channel)
            and (not self.contact or self.contact in (target.contact, target.person))
            and (not self.team or self.team in target.teams)
            and (not self.sender or self.sender == target.sender)
            and (not self.flow or self.flow == target.flow)
            and (not self.campaign or self.campaign == target.campaign)
            and (not self.template or self.template == target.template)
            and self._reaches(target)
        )

    def _reaches(self, target: Target) -> bool:
        if target.inbound:
            return self.direction == "both"
        return target.initiated or self.direction != "business_initiated"

    def includes(self, other: "Scope") -> bool:
        """Whether this scope covers all that the other does."""
        names = ("channel", "team", "sender", "contact", "flow", "campaign", "template")
        return all(
            not getattr(self, each) or getattr(self, each) == getattr(other, each) for each in names
        ) and (_REACHES.index(self.direction) >= _REACHES.index(other.direction))


Held = Literal["resume", "discard", "expire"]
"""What a lift does with what is held: it goes on (each message is decided again, in order), is canceled, or is let
expire."""

MOST_EVIDENCE = 200
"""Ids kept as evidence; what comes after them is counted."""


class Order(Value, frozen=True, kw_only=True):
    """A suspension that is asked for: what, why, on what evidence, and for how long.

    `lead` is how many seconds the notice comes before the hold (0: as the ground has it). `until` (milliseconds, UTC)
    and `condition` (in words) say when it may end. With `two`, another actor than the one who asks for the lift has to
    confirm it. What has a `key` is raised by a signal or a detector: as long as one of that key and scope is there,
    another order is more evidence for it.
    """

    scope: Scope
    reason: str
    ground: str = "operator"
    evidence: tuple[str, ...] = ()
    notice: str = ""
    lead: int = 0
    until: int = 0
    condition: str = ""
    two: bool = False
    key: str = ""


class Ask(Value, frozen=True, kw_only=True):
    """Somebody asked for a lift that another has to confirm; `at` in milliseconds, UTC."""

    actor: str
    reason: str
    held: Held
    at: int


class Suspension(Value, frozen=True, kw_only=True):
    """A suspension through its life; times in milliseconds, UTC, 0 where it never happened.

    `epoch` is the fence's count at its last change, `ground` one of GROUNDS; `evidence` are ids of signals, messages
    and decisions (`count` says how many there were), `notice` is what the team was told at `noticed_at`. `due_at` is
    when a notice comes into force. `proposal` says why it might be lifted, where only a human may. `held` is what the
    lift did with what was held, `settled` how many messages that were.
    """

    id: str
    epoch: int
    scope: Scope
    ground: str
    reason: str
    actor: str
    at: int
    evidence: tuple[str, ...] = ()
    notice: str = ""
    lifted_at: int = 0
    stage: Stage = "suspended"
    key: str = ""
    count: int = 0
    noticed_at: int = 0
    due_at: int = 0
    until: int = 0
    condition: str = ""
    two: bool = False
    asked: Ask | None = None
    proposal: str = ""
    proposed_at: int = 0
    held: Held = "resume"
    lifting_at: int = 0
    lifted_by: str = ""
    lifted_for: str = ""
    settled: int = 0

    @property
    def in_force(self) -> bool:
        """Whether the fence is closed for its scope."""
        return self.stage in CLOSED and not self.lifted_at

    @property
    def by_human(self) -> bool:
        """Whether it never ends by itself: the channel asked for it, a signal did, or somebody has to look first."""
        return bool(self.ground == "channel_requires" or self.key or self.two or self.condition)
