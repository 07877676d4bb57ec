"""What bot authors import: flows, turns, what messages are made of, and what can happen."""

from conversations import readers as read
from conversations.bot import Standing
from conversations.chat import Chat, chat, moved
from conversations.effects import Effect, effect
from conversations.errors import FlowChanged, FlowError
from conversations.flow import Flow
from conversations.framework import bot_framework
from conversations.hooks import Suspending, Veto, Widen, before_suspend, on_lifted, on_signal, on_suspended
from conversations.operations import EffectFailed, NotUnderstood, TimedOut
from conversations.readers import Reader
from conversations.router import Router
from conversations.script import flow
from conversations.table import BACK, END, EVERYWHERE, RESTART, STAY, WAYS_OUT, On, Question
from conversations.talk import Talk
from conversations.texts import translations
from conversations.turn import Turn
from conversations.walking import walk
from state.model.content import (
    Card,
    Choice,
    Chosen,
    Component,
    ContactCard,
    Email,
    Form,
    Item,
    Link,
    Location,
    Media,
    Option,
    Order,
    Parameter,
    Phone,
    Place,
    Reaction,
    Template,
    Text,
)
from state.model.event import (
    ClientEvent,
    Deleted,
    Edited,
    EffectDone,
    HandedBack,
    MessageFailed,
    MessageReceived,
    OptedIn,
    OptedOut,
    Reacted,
    Referral,
    Started,
    TimerFired,
)
from state.model.occurrence import SignalData, SuspensionData
from state.model.suspension import Scope
from state.model.turn import Customer

__all__ = [
    "BACK", "END", "EVERYWHERE", "RESTART", "STAY", "WAYS_OUT", "Card", "Chat", "Choice", "Chosen", "ClientEvent",
    "Component", "ContactCard", "Customer", "Deleted", "Edited", "Effect", "EffectDone", "EffectFailed", "Email",
    "Flow", "FlowChanged", "FlowError", "Form", "HandedBack", "Item", "Link", "Location", "Media", "MessageFailed",
    "MessageReceived", "NotUnderstood", "On", "OptedIn", "OptedOut", "Option", "Order", "Parameter", "Phone", "Place",
    "Question", "Reacted", "Reaction", "Reader", "Referral", "Router", "Scope", "SignalData", "Standing", "Started",
    "Suspending", "SuspensionData", "Talk", "Template", "Text", "TimedOut", "TimerFired", "Turn", "Veto", "Widen",
    "before_suspend", "bot_framework", "chat", "days", "effect", "flow", "hours", "minutes", "moved", "on_lifted",
    "on_signal", "on_suspended", "read", "translations", "walk",
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
