"""What a customer's words are besides a message: a stop, a start, a call for help, by the rule pack's words. Pure.

By text message alone, where the words are all a customer has; what they mean for consent is read by the turn.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from gateway import policy
from gateway.opting import meant, words_of
from gateway.policy import Held
from gateway.provider_consent import BY_NUMBER
from state.model.event import Event, HelpAsked, MessageReceived, OptedIn, OptedOut

_KINDS: dict[str, type[HelpAsked | OptedIn | OptedOut]] = {
    "stop": OptedOut,
    "start": OptedIn,
    "help": HelpAsked,
}
_LONGEST = 40


def heard(events: Sequence[Event], channel_type: str, now: int) -> Sequence[Event]:
    """Events as a channel of a type gave them, each with what it is besides right behind it; `now` in ms, UTC.

    Where the provider itself tells what a message is, it has said all.
    """
    if channel_type not in BY_NUMBER:
        return events
    told = {
        each.key.rpartition(":")[0] for each in events if isinstance(each, OptedIn | OptedOut | HelpAsked)
    }
    held = policy.standard().as_of(now)
    found: list[Event] = []
    for each in events:
        found.append(each)
        if isinstance(each, MessageReceived) and not each.part and each.key not in told:
            found += _besides(each, held)
    return found


def _besides(said: MessageReceived, held: Held) -> Iterator[Event]:
    """What a message is; whose language nobody knows yet is read in English and that of their number's country."""
    if not any(map(held.words.may_mean, words_of(said.content))):
        return
    country = held.place(said.addresses, "", "").country
    meaning, words = meant(said.content, partial(policy.meaning, channel="sms", held=held, country=country))
    if meaning:
        common: dict[str, Any] = {"at": said.at, "account": said.account, "addresses": said.addresses}
        note = words.strip()[:_LONGEST]
        yield _KINDS[meaning](key=f"{said.key}:{meaning}", note=note, heard=True, **common)
