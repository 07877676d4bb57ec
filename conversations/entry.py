"""What begins a run of a flow: which messages and events, on which channels, from whom. All that is given must fit."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from conversations.errors import FlowError
from conversations.languages import folded, language
from state.model.content import plain
from state.model.event import ClientEvent, Event, MessageReceived, Started
from state.model.turn import Customer

Interruption = Literal["ignore", "interrupt", "queue", "refuse"]
"""What a flow that runs does with another's keyword: hear it as any word, let the other in between, later, or not."""


@dataclass(frozen=True)
class Entry:
    """What begins a run; what is empty fits everything. Words are folded, channels are ids or types.

    `referrals` are sources or ids of what brought the customer, `campaigns` those whose message is answered, `locales`
    languages or locales, `events` names of an app's events: a flow with `events` begins by those alone.
    """

    keywords: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    locales: frozenset[str] = frozenset()
    referrals: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    campaigns: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        keywords: Iterable[str] = (),
        channels: Iterable[str] = (),
        locales: Iterable[str] = (),
        referrals: Iterable[str] = (),
        events: Iterable[str] = (),
        campaigns: Iterable[str] = (),
    ) -> "Entry":
        """From what an author wrote; raises FlowError where a string stands for a tuple of them."""
        for value in (keywords, channels, locales, referrals, events, campaigns):
            if isinstance(value, str):
                raise FlowError(f"{value!r} is one string: write a tuple of strings, as in ({value!r},)")
        words = frozenset(map(folded, keywords))
        rest = map(frozenset, (channels, locales, referrals, events, campaigns))
        return cls(words, *rest)

    def fits(self, event: Event, customer: Customer) -> bool:
        """Whether the event begins a run."""
        match event:
            case ClientEvent(event_name=name):
                begins = name in self.events
            case MessageReceived(content=content):
                begins = not self.events and (not self.keywords or folded(plain(content)) in self.keywords)
            case Started():
                begins = not self.events and not self.keywords
            case _:
                return False
        brought = not self.referrals or self._brought(event)
        return begins and brought and self._from(customer) and (not self.campaigns or self._answers(event))

    def _from(self, customer: Customer) -> bool:
        if self.channels and not self.channels & {customer.channel, customer.channel_type}:
            return False
        return not self.locales or not self.locales.isdisjoint((customer.locale, language(customer.locale)))

    def _brought(self, event: Event) -> bool:
        referral = event.referral if isinstance(event, MessageReceived | Started) else None
        return referral is not None and not self.referrals.isdisjoint((referral.source, referral.id))

    def _answers(self, event: Event) -> bool:
        return isinstance(event, MessageReceived) and event.campaign in self.campaigns
