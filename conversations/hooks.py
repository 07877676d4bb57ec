"""Hooks of authors: functions that are asked before something is suspended, or told of it and of its signs.

Declared here and found in modules, called by the gateway. They may wait and call; what they say is audited.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

from conversations.errors import FlowError
from conversations.loading import add_folder, module_of
from state.model.base import Value
from state.model.suspension import Scope

Moment = Literal["signal", "before_suspend", "suspended", "lifted"]
"""When a hook is called."""
Function = Callable[[Any], Any]
"""Plain or async; a plain one runs in a thread of its own, so that it may block."""


class Suspending(Value, frozen=True, kw_only=True):
    """A suspension that somebody asks for: what it would cover, on what ground, why, and on what evidence.

    `may_veto` is false where the channel or the law asks for it, or a provider's sign: then a veto counts for nothing.
    """

    scope: Scope
    ground: str
    reason: str
    evidence: tuple[str, ...] = ()
    may_veto: bool = True


class Veto(Value, frozen=True):
    """The suspension is not wanted; raises ValueError where no reason is given."""

    reason: str

    def __post_init__(self) -> None:
        _needed(self.reason)


class Widen(Value, frozen=True):
    """The suspension is to cover this as well; raises ValueError where no reason is given."""

    scope: Scope
    reason: str

    def __post_init__(self) -> None:
        _needed(self.reason)


def _needed(reason: str) -> None:
    if not reason.strip():
        raise ValueError("a reason is needed: who reads the audit wants to know why")


@dataclass(frozen=True)
class Hook:
    """A function with the moment it is for; it can still be called, as in a test."""

    moment: Moment
    function: Function

    def __call__(self, value: Any) -> Any:
        """Call the function."""
        return self.function(value)

    @property
    def name(self) -> str:
        """Its module and its name there."""
        return f"{self.function.__module__}.{self.function.__qualname__}"


def on_signal(function: Function, /) -> Hook:
    """Have a function told of each sign that a channel's terms are at stake: `def seen(signal: SignalData)`."""
    return _declared("signal", function)


def before_suspend(function: Function, /) -> Hook:
    """Have a function asked before a suspension is made: `def asked(suspending: Suspending)`, within one second.

    It gives None, a Veto or a Widen.
    """
    return _declared("before_suspend", function)


def on_suspended(function: Function, /) -> Hook:
    """Have a function told that a suspension is in force: `def told(suspension: SuspensionData)`."""
    return _declared("suspended", function)


def on_lifted(function: Function, /) -> Hook:
    """Have a function told that a suspension is over: `def told(suspension: SuspensionData)`."""
    return _declared("lifted", function)


def _declared(moment: Moment, function: Function) -> Hook:
    try:
        inspect.signature(function).bind(None)
    except TypeError as error:
        place = f"{function.__code__.co_filename}:{function.__code__.co_firstlineno}"
        raise FlowError(f"the hook {function.__name__} must take one value ({place})") from error
    return Hook(moment, function)


def hooks_of(module: ModuleType) -> Iterator[Hook]:
    """The hooks that a module has, its own and those it imports."""
    return (each for each in vars(module).values() if isinstance(each, Hook))


def load(names: Sequence[str], bots: Sequence[str] = (), bot_path: str = "") -> tuple[Hook, ...]:
    """The hooks of the modules that a setting names, then of those the bots are in, each once. Raises FlowError."""
    if bot_path:
        add_folder(bot_path)
    modules = [module_of(each, each, "hooks", bot_path) for each in names]
    modules += [module_of(each.rpartition(":")[0] or each, each, folder=bot_path) for each in bots]
    return tuple(dict.fromkeys(each for module in modules for each in hooks_of(module)))
