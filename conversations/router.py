"""The router: which flow answers. The flows are asked in order; the first that matches wins."""

from collections.abc import Iterable, Sequence

from conversations.bot import Bot
from conversations.errors import FlowError
from conversations.loading import Source, add_folder, load
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
        self, flows: Sequence[Source] = (), *, apology: str = APOLOGY, begins_anew: bool = False
    ) -> None:
        self.bots = tuple(compiled(flow) for flow in flows)
        self.apology, self.begins_anew = apology, begins_anew
        self._named: dict[str, Bot] = {}
        for bot in self.bots:
            if self._named.setdefault(bot.name, bot) is not bot:
                raise FlowError(
                    f"two flows are called {bot.name}: conversations know them by name; rename one"
                )

    @classmethod
    def load(cls, bots: Iterable[str], bot_path: str = "", *, begins_anew: bool = False) -> "Router":
        """The flows named `module:Class`, from the bot's folder; raises FlowError saying what is missing."""
        if bot_path:
            add_folder(bot_path)
        return cls([load(each) for each in bots], begins_anew=begins_anew)

    def get(self, name: str) -> Bot | None:
        """A flow by its name, compiled."""
        return self._named.get(name)

    def choose(self, event: Event, customer: Customer) -> Bot | None:
        """The flow that answers an event outside any run, or none; a channel may name its own."""
        if customer.flow:
            return self.get(customer.flow)
        said = plain(event.content).strip().casefold() if isinstance(event, MessageReceived) else None
        return next((bot for bot in self.bots if _matches(bot, said, customer)), None)


def compiled(flow: Source) -> Bot:
    """What a flow compiles to; raises FlowError where it is a base for others."""
    if not isinstance(flow, type):
        return flow
    if not flow.table:
        raise FlowError(f"{flow.__name__} has no table: it is a base for others")
    return flow.plan


def _matches(bot: Bot, said: str | None, customer: Customer) -> bool:
    if bot.channels and not bot.channels & {customer.channel, customer.channel_type}:
        return False
    return not bot.keywords or said in bot.keywords
