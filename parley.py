"""What bot authors import: flows, turns, and what messages are made of."""

from conversations.effects import Effect, effect
from conversations.flow import STAY, Flow, On
from conversations.router import Router
from conversations.turn import Turn
from state.model.content import (
    Card,
    Choice,
    Chosen,
    ContactCard,
    Form,
    Location,
    Media,
    Option,
    Reaction,
    Template,
    Text,
)

__all__ = [
    "STAY", "Card", "Choice", "Chosen", "ContactCard", "Effect", "Flow", "Form", "Location", "Media", "On", "Option",
    "Reaction", "Router", "Template", "Text", "Turn", "days", "effect", "hours", "minutes",
]  # fmt: skip


def minutes(count: float) -> float:
    """Minutes in seconds."""
    return count * 60


def hours(count: float) -> float:
    """Hours in seconds."""
    return count * 3600


def days(count: float) -> float:
    """Days in seconds."""
    return count * 86400
