"""Suspensions: what must not be sent, since when, on what ground, and whom a scope covers."""

from typing import Literal

from state.model.base import Value

Reach = Literal["business_initiated", "outbound", "both"]
"""How far a suspension reaches, each including the one before: sends the customer did not ask for, all sends, all
sends and what comes in."""

GROUNDS = ("terms_breached", "channel_requires", "suspected_fraud", "legal", "operator")
"""Why a suspension may be put in force."""


class Target(Value, frozen=True, kw_only=True):
    """What a scope is asked about: one message on its way. `teams` are its own team and all above it.

    `initiated` is true for a send that answers no customer, `inbound` for a message that comes in.
    """

    channel: str
    teams: tuple[str, ...] = ()
    sender: str = ""
    contact: str = ""
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
            and (not self.contact or self.contact == target.contact)
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


class Suspension(Value, frozen=True, kw_only=True):
    """A suspension; in force while `lifted_at` is 0. Times in milliseconds, UTC.

    `epoch` is the fence's count at its last change, `ground` one of GROUNDS; `evidence` are ids of signals, messages
    and decisions, and `notice` is what the team was told.
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
