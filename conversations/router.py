"""The router: which flow answers. The flows are asked in order; the first that matches wins."""

from collections.abc import Iterable, Sequence

from conversations.bot import Bot
from conversations.errors import FlowError
from conversations.loading import Source, add_folder, load
from state.model.event import ClientEvent, Event, MessageReceived, Started
from state.model.turn import Customer

APOLOGY = "Sorry, something went wrong on our side. Somebody will look at it."


class Router:
    """The flows of this process in order; `apology` is what a customer is told where a flow has none of its own.

    `campaigns` are those whose answers begin a flow.

    With `begins_anew` a conversation whose flow is not served any more begins with one that is, instead of being
    parked: for those who try bots out.

    What begins a flow is its entry; one that fits everything belongs last.
    """

    def __init__(
        self, flows: Sequence[Source] = (), *, apology: str = APOLOGY, begins_anew: bool = False
    ) -> None:
        self.bots = tuple(compiled(flow) for flow in flows)
        self.apology, self.begins_anew = apology, begins_anew
        self.campaigns = _campaigns(self.bots)
        self._named: dict[str, Bot] = {}
        self._older: dict[tuple[str, str], Bot] = {}
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
        return cls([load(each, bot_path) for each in bots], begins_anew=begins_anew)

    def get(self, name: str, version: str = "") -> Bot | None:
        """A flow by its name, compiled: of a version that is kept, else as it is served now."""
        found = self._named.get(name)
        if not version or found is None or found.version == version:
            return found
        return self._older.get((name, version), found)

    def knows(self, name: str, version: str) -> bool:
        """Whether it has just this version of a flow, or does not serve the flow at all."""
        found = self._named.get(name)
        return found is None or found.version == version or (name, version) in self._older

    @property
    def known(self) -> tuple[Bot, ...]:
        """What is served, and the older versions that runs go on in."""
        return *self.bots, *self._older.values()

    def keep(self, bot: Bot) -> None:
        """Have an older version for the runs that began under it."""
        self._older[bot.name, bot.version] = bot

    def serve(self, bot: Bot) -> None:
        """Begin runs with this version of a flow; the one that did is kept for its runs."""
        old = self._named[bot.name]
        if old.version != bot.version:
            self._older[old.name, old.version] = old
            self._older.pop((bot.name, bot.version), None)
        self._named[bot.name] = bot
        self.bots = tuple(bot if each.name == bot.name else each for each in self.bots)
        self.campaigns = _campaigns(self.bots)

    def choose(self, event: Event, customer: Customer) -> Bot | None:
        """The flow that an event outside any run begins, or none; a channel may name the one that answers messages."""
        if customer.flow and not isinstance(event, ClientEvent):
            return self.get(customer.flow) if isinstance(event, MessageReceived | Started) else None
        return next((bot for bot in self.bots if bot.entry.fits(event, customer)), None)

    def named(self, event: Event, customer: Customer) -> Bot | None:
        """The flow that a message asks for: by a keyword, or since it quotes the message of a campaign."""
        if customer.flow:
            return None
        asked = (bot for bot in self.bots if bot.entry.keywords or bot.entry.campaigns)
        return next((bot for bot in asked if bot.entry.fits(event, customer)), None)


def _campaigns(bots: Iterable[Bot]) -> frozenset[str]:
    return frozenset[str]().union(*(bot.entry.campaigns for bot in bots))


def compiled(flow: Source) -> Bot:
    """What a flow compiles to; raises FlowError where it is a base for others."""
    if isinstance(flow, list | tuple):
        raise FlowError("flows are named one by one, as in chat(Booking, Menu): this is a list of them")
    if not isinstance(flow, type):
        if not hasattr(flow, "entry"):
            raise FlowError(f"{getattr(flow, '__name__', repr(flow))} is no flow: put @flow before a script")
        return flow
    if not hasattr(flow, "table"):
        raise FlowError(f"{flow.__name__} is no flow: derive it from Flow")
    if not flow.table:
        raise FlowError(f"{flow.__name__} has no table: it is a base for others")
    return flow.plan
