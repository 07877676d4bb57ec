"""The router: which flow answers. The flows are asked in order; the first that matches wins."""

from collections.abc import Iterable, Sequence

from conversations.errors import FlowError
from conversations.flow import Flow
from conversations.loading import add_folder, load
from state.model.content import plain
from state.model.event import Event, MessageReceived
from state.model.turn import Customer

APOLOGY = "Sorry, something went wrong on our side. Somebody will look at it."


class Router:
    """The flows of this process in order; `apology` is what a customer is told where a flow has none of its own.

    With `begins_anew` a conversation whose flow is not served any more begins with one that is, instead of being
    parked: for those who try bots out.

    A flow with `channels` answers on those alone, one with `keywords` only to those words; one with neither answers to
    everything and so belongs last.
    """

    def __init__(
        self, flows: Sequence[type[Flow]] = (), *, apology: str = APOLOGY, begins_anew: bool = False
    ) -> None:
        self.flows, self.apology, self.begins_anew = tuple(flows), apology, begins_anew
        self._named: dict[str, type[Flow]] = {}
        for flow in self.flows:
            if not flow.table:
                raise FlowError(f"{flow.__name__} has no table: it is a base for others")
            if self._named.setdefault(flow.__name__, flow) is not flow:
                raise FlowError(
                    f"two flows are called {flow.__name__}: conversations know them by name; rename one"
                )

    @classmethod
    def load(cls, bots: Iterable[str], bot_path: str = "", *, begins_anew: bool = False) -> "Router":
        """The flows named `module:Class`, from the bot's folder; raises FlowError saying what is missing."""
        if bot_path:
            add_folder(bot_path)
        return cls([load(each) for each in bots], begins_anew=begins_anew)

    def get(self, name: str) -> type[Flow] | None:
        """A flow by its name."""
        return self._named.get(name)

    def choose(self, event: Event, customer: Customer) -> type[Flow] | None:
        """The flow that answers an event outside any run, or none; a channel may name its own."""
        if customer.flow:
            return self.get(customer.flow)
        said = plain(event.content).strip().casefold() if isinstance(event, MessageReceived) else None
        return next((flow for flow in self.flows if _matches(flow, said, customer)), None)


def _matches(flow: type[Flow], said: str | None, customer: Customer) -> bool:
    if flow.channels and not {customer.channel, customer.channel_type} & set(flow.channels):
        return False
    return not flow.plan.keywords or said in flow.plan.keywords
