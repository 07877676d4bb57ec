"""What providers tell of customers' wishes: an error that says a customer wants nothing is a fact of consent.

It is noted once for each signal, since the fact has the signal's id.
"""

import msgspec

from gateway import provider_consent
from gateway.provider_consent import Whom
from state import signals, wishes
from state.model.channel import Channel
from state.model.event import Event, Notice, Receipt
from state.model.ids import ID_PATTERN, now_ms
from state.signals import Sign, floor
from state.store import Store
from state.wishes import Customer

_WITHIN_MS = 30 * 86_400_000
"""How far back errors about the same customer are counted, in milliseconds."""
_MOST = 500
_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def message_of(event: Event) -> str:
    """The id of the message of ours that a signal is about, "" where it is about none."""
    found = ""
    if isinstance(event, Receipt):
        found = event.message_id
    elif isinstance(event, Notice) and event.name == "send" and event.key.count(":"):
        found = event.key.split(":")[1]
    return found if ID_PATTERN.fullmatch(found) else ""


class Wishes:
    """Turns signals that ask for consent to be withdrawn into facts."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def note(self, sign: Sign, event: Event, channel: Channel) -> None:
        """Note what a signal tells."""
        found = await self._whose(event, channel)
        if found is None or not await self._often(sign, found, channel):
            return
        whom = Whom(found.contact, found.lane, channel.team, channel.id, channel.type, found.address)
        fact = provider_consent.fact(event, whom, sign.id)
        if fact:
            await self._store.write(wishes.note, msgspec.structs.replace(fact, id=sign.id))

    async def _whose(self, event: Event, channel: Channel) -> Customer | None:
        return await self._store.write(wishes.whose, message_of(event), channel.team, event.addresses)

    async def _often(self, sign: Sign, found: Customer, channel: Channel) -> bool:
        """Whether the error was told often enough of this customer to be their wish."""
        needed = provider_consent.counts_from(channel.type, sign.code)
        if needed <= 1:
            return True
        rows = await self._store.read(signals.SINCE, sign.channel, floor(now_ms() - _WITHIN_MS), _MOST)
        alike = [each for each in (Sign(*row) for row in rows) if each.code == sign.code]
        people = [await self._whose(_event.decode(each.body), channel) for each in alike]
        return sum(each is not None and each.contact == found.contact for each in people) >= needed
