"""The router: which flow answers. An explicit order: a channel's own flow, then keywords, then the first flow."""

import importlib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from conversations.errors import FlowError
from conversations.flow import Flow
from state.model.event import Event, MessageReceived
from state.model.turn import Customer

_ROOMS = ("gateway", "connectors", "conversations", "admin", "state", "parley")


class Hidden(FlowError):
    """A module of the bot project that hides one of ours."""


class Router:
    """The flows of this process in order. `keywords` of a flow class, in lower case, start it by a word."""

    def __init__(self, flows: Sequence[type[Flow]] = (), by_channel: dict[str, str] | None = None) -> None:
        self.flows = tuple(flows)
        self._by_name = {flow.name: flow for flow in flows}
        self._by_channel = by_channel or {}

    @classmethod
    def load(cls, bots: Iterable[str], bot_path: str = "") -> "Router":
        """The flows named `module:Class`, from the bot's folder; raises FlowError saying what is missing."""
        if bot_path:
            add_folder(bot_path)
        return cls([load(each) for each in bots])

    def get(self, name: str) -> type[Flow] | None:
        """A flow by its name."""
        return self._by_name.get(name)

    def choose(self, event: Event, customer: Customer) -> type[Flow] | None:
        """The flow that answers an event outside any run, or none."""
        own = self._by_name.get(self._by_channel.get(customer.channel, ""))
        if own:
            return own
        if isinstance(event, MessageReceived):
            from state.model.content import plain

            word = plain(event.content).strip().lower()
            for flow in self.flows:
                if word in getattr(flow, "keywords", ()):
                    return flow
        return self.flows[0] if self.flows else None


def add_folder(folder: str) -> None:
    """Put a bot project's folder last on the import path; raises Hidden where a module of it would hide one of ours."""
    path = Path(folder).resolve()
    ours = Path(__file__).resolve().parent.parent
    for room in _ROOMS:
        if path != ours and any((path / name).exists() for name in (room, f"{room}.py")):
            raise Hidden(f"{path / room} hides Parley's own module {room!r}: rename it")
    if str(path) not in sys.path:
        sys.path.append(str(path))


def load(name: str) -> type[Flow]:
    """The flow class `module:Class`."""
    module_name, _, class_name = name.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise FlowError(f"bots: {name!r}: {error}; is bot_path set to the folder of the bot?") from error
    flow = getattr(module, class_name, None)
    if not (isinstance(flow, type) and issubclass(flow, Flow)):
        raise FlowError(f"bots: {name!r}: {module_name} has no flow {class_name!r}")
    return flow
