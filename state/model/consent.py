"""Consent: facts in an append-only ledger, and what stands of them for one contact.

A fact is never changed; what holds now is derived from the facts about a purpose, an address and a channel: the latest
of them counts, and of two of one time the one that forbids.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple, get_args

from state.model.base import Value

Purpose = Literal["service", "marketing", "one_time_codes", "profiling", "channel_data"]
"""What a customer may allow: answers and news of what they asked for, advertising, codes to sign in with, conclusions
about them, and the use of what a channel tells about them."""
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
MESSAGES: tuple[Purpose, ...] = ("service", "marketing", "one_time_codes")
"""The purposes of messages."""
Subject = Purpose | Literal["messages"]
"""What a fact may be about: a purpose, or all messages. A customer who stops us withdraws those, and one who starts
again gives them: that allows nothing by itself, but what stood before the stop stands again."""

Change = Literal["given", "withdrawn", "expired", "told"]
"""What a fact says. `told`: the customer was told who has access to what is exchanged on a channel."""
Source = Literal["message", "provider", "flow", "api", "import", "app", "admin", "parley", "clock"]
"""Where a fact comes from: the customer's own words, the channel, a bot, a caller, a file, an app, people, us, time."""
Basis = Literal[
    "consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests"
]
"""The legal basis, in the words of GDPR article 6 (1)."""


class Consent(Value, frozen=True, kw_only=True):
    """One fact of the ledger; `at` and `until` in milliseconds, UTC (`until` 0: open-ended).

    An empty `address` means all of the contact's, an empty `channel` all of the team's. `evidence` says what proves it
    (a message id, an address of the network, a form); `text` is what the customer was shown, in `locale` (BCP 47), and
    `text_version` which wording that was. `actor` is who recorded it. A fact `expired` has in its
    evidence the `at` of the one that lapsed, by which it counts: so what was given later stands in whatever order they
    come.
    """

    id: str
    team: str
    contact: str
    change: Change
    purpose: Subject
    source: Source
    at: int
    actor: str
    address: str = ""
    channel: str = ""
    basis: Basis = "consent"
    evidence: Mapping[str, Any] = {}
    text: str = ""
    text_version: str = ""
    locale: str = ""
    until: int = 0


class Standing(NamedTuple):
    """The latest fact about a purpose, an address and a channel (empty: all of them), as rules are shown it.

    `basis` is what a given one rests on.
    """

    purpose: str
    address: str
    channel: str
    change: str
    at: int
    until: int
    fact: str
    basis: str = "consent"

    @property
    def stops(self) -> bool:
        """Whether it is a customer's stop of all messages."""
        return self.purpose == "messages" and self.change == "withdrawn"

    def covers(self, purpose: str, addresses: Iterable[str], channel: str) -> bool:
        """Whether the fact is about a send for a purpose to these addresses on a channel."""
        return (
            (self.purpose == purpose or (self.stops and purpose in MESSAGES))
            and (not self.channel or self.channel == channel)
            and (not self.address or self.address in addresses)
        )


def latest(
    standings: Iterable[Standing], purpose: str, addresses: Iterable[str], channel: str
) -> Standing | None:
    """The fact that counts for a send, or None where there is none; one that lapsed is given back as it is.

    A stop of an address is ended by what is given for that address, not by what is given for all of a contact's, nor
    by the end of that.
    """
    known = tuple(addresses)
    found = [each for each in standings if each.covers(purpose, known, channel)]
    last = max(found, key=rank, default=None)
    if last and last.change != "withdrawn" and not last.address:
        stops = [each for each in found if each.stops and each.address]
        last = max(stops, key=rank, default=last)
    return last


def stands(facts: Iterable[Consent]) -> list[Standing]:
    """What stands of facts about one contact: the latest about each purpose, address and channel.

    What a customer was told allows and forbids nothing, so nothing stands of it.
    """
    found: dict[tuple[str, str, str], Standing] = {}
    for fact in facts:
        if fact.change != "told":
            made = standing_of(fact)
            found[made[:3]] = max(made, found.get(made[:3], made), key=rank)
    return list(found.values())


def standing_of(fact: Consent) -> Standing:
    """A fact as what stands where no later one is known; what expired counts by the time of what lapsed."""
    at = fact.evidence.get("at", fact.at) if fact.change == "expired" else fact.at
    return Standing(
        fact.purpose, fact.address, fact.channel, fact.change, at, fact.until, fact.id, fact.basis
    )


def rank(standing: Standing) -> tuple[int, bool, str]:
    """By which of two facts about the same thing counts: the greater."""
    return standing.at, standing.change != "given", standing.fact


def allowed(
    standings: Iterable[Standing], addresses: Iterable[str], channel: str, now: int
) -> tuple[Purpose, ...]:
    """The purposes that a customer allows on a channel by facts that stand at a time (milliseconds, UTC)."""
    known = tuple(standings)
    if not known:
        return ()
    urns = tuple(addresses)
    found = ((purpose, latest(known, purpose, urns, channel)) for purpose in PURPOSES)
    return tuple(
        purpose
        for purpose, fact in found
        if fact and fact.change == "given" and (not fact.until or now < fact.until)
    )
