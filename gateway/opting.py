"""What the events of a turn say of a customer's consent: facts for the ledger, and the words that confirm them. Pure.

A stop, typed, tapped or put in the place of other words, counts for the address it came from, on all channels of the
team, and for all that messages are sent for. A start gives back what stood before the stop, and nothing that was not
allowed then; whoever has not stopped says an ordinary word with it. A withdrawal of service that was recorded for a
customer leaves nothing to answer them with, so their START ends it too. What a provider tells of a customer counts on
its channel, for the purpose it names. What was withdrawn for an address follows the customer to a new one.
"""

from collections.abc import Callable, Sequence
from typing import Protocol, cast

import msgspec

from gateway import notices, provider_consent
from gateway.provider_consent import Whom
from state.conversations import Taken
from state.model.cause import OURS, Cause
from state.model.channel import Channel
from state.model.consent import Change, Consent, Standing, Subject, latest, rank, standing_of
from state.model.content import Chosen, Content, Media, Text
from state.model.event import AddressChanged, Edited, Event, MessageReceived, OptedIn, OptedOut, Started
from state.model.ids import new_id
from state.model.turn import Say


class Meanings(Protocol):
    """What a whole message means: stop, start, help, or nothing of the kind; as on its channel, or as on another."""

    def __call__(self, text: str, /, *, channel: str = ...) -> str | None:
        """The meaning of a text."""


START = Text("/start")
"""What a customer typed, or tapped, whose provider's connector tells that they have started."""
_LATE_MS = 60_000
"""By how much the time of a start, as its provider gives it, may lie before that of the stop which was heard before."""


Tongue = Callable[[str], str]
"""The language (BCP 47) to answer a customer's words in."""


class Opted(msgspec.Struct, frozen=True):
    """What follows from a turn's events: facts, what is said to confirm them, and what stands afterwards."""

    facts: tuple[Consent, ...]
    says: tuple[Say, ...]
    standings: tuple[Standing, ...]


NOTHING = Opted((), (), ())
"""Events that say nothing of consent."""


class _Reader:
    """Reads the events of one turn, each on what the one before has left."""

    def __init__(
        self, taken: Taken, channel: Channel, now: int, meaning: Meanings, business: str, tongue: Tongue
    ) -> None:
        self._taken, self._channel, self._now, self._meaning = taken, channel, now, meaning
        self._business, self._tongue = business, tongue
        self._locale = taken.about[1]
        self._standings = {each[:3]: each for each in taken.known.standings}
        self.facts: list[Consent] = []
        self.says: list[Say] = []

    @property
    def standings(self) -> tuple[Standing, ...]:
        """What stands now."""
        return tuple(sorted(self._standings.values()))

    def read(self, events: Sequence[tuple[str, Event]]) -> None:
        """Take in the events in their order."""
        words = {event.key for _, event in events if isinstance(event, MessageReceived)}
        stops = {
            event.key.rpartition(":")[0]
            for _, event in events
            if isinstance(event, OptedOut) and not event.heard
        }
        for event_id, event in events:
            if isinstance(event, MessageReceived):
                self._word(event_id, event, provider_stops=event.key in stops)
            elif isinstance(event, Edited):
                self._word(event_id, event, provider_stops=False)
            elif isinstance(event, Started) and event.referral is None:
                self._started(event_id, event, *meant(START, self._meaning))
            elif isinstance(event, OptedIn | OptedOut):
                if not event.heard and event.key.rpartition(":")[0] not in words:
                    self._told(event_id, event)
            elif isinstance(event, AddressChanged):
                self._moved(event_id, event)

    def _moved(self, event_id: str, event: AddressChanged) -> None:
        """What was withdrawn for an address is withdrawn for the one that takes its place."""
        channel, known = self._channel, self._taken.known
        before = [
            each for each in self.standings if each.change == "withdrawn" and each.address in event.addresses
        ]
        for old in before:
            for address in sorted(set(event.new) - set(event.addresses)):
                self._add(Consent(
                    id=new_id(known.lane), team=channel.team, contact=known.contact, change="withdrawn",
                    purpose=cast(Subject, old.purpose), source="provider", at=self._now,
                    actor=f"channel {channel.id}", address=address, channel=old.channel,
                    evidence={"event": event_id, "key": event.key, "fact": old.fact},
                ))  # fmt: skip

    def _told(self, event_id: str, event: OptedIn | OptedOut) -> None:
        """What the provider tells; whoever lets it begin again ends what it told of a stop."""
        channel, known = self._channel, self._taken.known
        address = (event.addresses or self._taken.urns or ("",))[0]
        whom = Whom(known.contact, known.lane, channel.team, channel.id, channel.type, address)
        fact = provider_consent.fact(event, whom, event_id)
        assert fact is not None
        self._add(fact)
        stopped = self._standings.get(("messages", fact.address, fact.channel))
        if fact.change == "given" and stopped is not None and stopped.stops:
            self._add(msgspec.structs.replace(fact, id=new_id(known.lane), purpose="messages"))

    def _word(self, event_id: str, said: MessageReceived | Edited, *, provider_stops: bool) -> None:
        """A stop in our words, or in those that the account has agreed with its provider; a start in ours."""
        meaning, text = meant(said.content, self._meaning)
        if provider_stops and not meaning:
            meaning = "stop"
        addresses = said.addresses or self._taken.urns
        if meaning == "stop" and (heard := [each for each in addresses if not self._has_stopped(each)]):
            self._all("withdrawn", heard, said, event_id, text)
            self._say(
                notices.stopped(self._tongue(text), self._business),
                Cause(actor=OURS, confirms=self.facts[-1].id),
            )
        elif meaning == "start":
            self._started(event_id, said, meaning, text)

    def _started(
        self, event_id: str, said: MessageReceived | Edited | Started, meaning: str | None, text: str
    ) -> None:
        """A start, where it is one here: it ends stops, and what of service was withdrawn for its customer."""
        if meaning != "start":
            return
        addresses = said.addresses or self._taken.urns
        stopped = [each for each in addresses if self._ends(said, each)]
        plain = (
            self._meaning(text.strip().lstrip("/"), channel="chat") == "start"
        )  # YES may answer something else
        served = [each for each in addresses if plain and self._serves(said, each)]
        self._all("given", stopped, said, event_id, text)
        self._all("given", served, said, event_id, text, "service")
        if stopped or served:
            self._say(notices.started(self._tongue(text), self._business), Cause(actor=OURS))

    def _ends(self, said: Event, address: str) -> bool:
        """Whether a start ends the stop of an address: one that was written before it and came late ends nothing."""
        stop = self._standings.get(("messages", address, ""))
        return stop is not None and stop.stops and not self._late(said, stop)

    def _serves(self, said: Event, address: str) -> bool:
        """Whether a start gives service again: a withdrawal of it is what counts for the address here."""
        about = [each for each in self.standings if each.purpose == "service"]
        found = latest(about, "service", (address,), self._channel.id)
        return found is not None and found.change == "withdrawn" and not self._late(said, found)

    def _late(self, said: Event, withdrawn: Standing) -> bool:
        known_late = 0 < said.at <= withdrawn.at - _LATE_MS
        return known_late and all(each.id != withdrawn.fact for each in self.facts)

    def _has_stopped(self, address: str) -> bool:
        standing = self._standings.get(("messages", address, ""))
        return standing is not None and standing.stops

    def _all(
        self, change: Change, addresses: Sequence[str], said: Event, event_id: str, words: str,
        purpose: Subject = "messages",
    ) -> None:  # fmt: skip
        """All messages to these addresses, or those for a purpose, on all channels of the team."""
        for address in addresses:
            evidence = {"event": event_id, "key": said.key, "words": words[:200]}
            known = self._taken.known
            self._add(Consent(
                id=new_id(known.lane), team=self._channel.team, contact=known.contact, change=change,
                purpose=purpose, source="message", at=self._now, actor="the customer", address=address,
                evidence=evidence, locale=self._locale,
            ))  # fmt: skip

    def _add(self, fact: Consent) -> None:
        self.facts.append(fact)
        standing = standing_of(fact)
        before = self._standings.get(standing[:3], standing)
        self._standings[standing[:3]] = max(before, standing, key=rank)

    def _say(self, words: str, why: Cause) -> None:
        self.says.append(Say(Text(words), cause=why))


def words_of(content: Content) -> tuple[str, ...]:
    """The words in which a customer may have stopped or started: those they typed, or those of a button they tapped.

    They may be typed under a picture: telephones add one as a signature.
    """
    match content:
        case Text(text=text) | Media(caption=text) if text:
            return (text,)
        case Chosen(id=chosen, title=title):
            return tuple(dict.fromkeys(filter(None, (title, chosen))))
    return ()


def meant(content: Content, meaning: Meanings) -> tuple[str | None, str]:
    """What a content means, and the words that mean it; else nothing, and its first words.

    The id of a button is its bot's word, to whom `end` or `cancel` is something else: it stops by those words alone
    that do so in any chat.
    """
    words = words_of(content)
    for each in words:
        found = meaning(each)
        unseen = isinstance(content, Chosen) and each != content.title
        if found and not (unseen and found == "stop" and meaning(each.lstrip("/"), channel="chat") != "stop"):
            return found, each
    return None, words[0] if words else ""


def opted(
    taken: Taken,
    events: Sequence[tuple[str, Event]],
    channel: Channel,
    now: int,
    meaning: Meanings,
    business: str = "",
    tongue: Tongue | None = None,
) -> Opted:
    """What the events (id and event) of a turn say of consent; `now` in milliseconds, UTC.

    They are as they were heard: a number that chooses an option is that option. What confirms them begins with the
    name of the `business`, where there is one, in the language that `tongue` tells, else in the customer's own locale.
    """
    reader = _Reader(taken, channel, now, meaning, business, tongue or (lambda _: taken.about[1]))
    reader.read(events)
    if not reader.facts:
        return NOTHING
    return Opted(tuple(reader.facts), tuple(reader.says), reader.standings)
