"""A dry run: what would be decided about a message at the time it is to leave.

It is queued as it would be, in a commit of its own that is taken back: so what is decided on is what would be there.
"""

from typing import NoReturn

import msgspec

from gateway import policy
from gateway.api.queueing import Order, Place, placed
from gateway.app import Gateway
from gateway.voice import Voice
from state.known import of
from state.model import cause
from state.model.ids import new_id
from state.model.message import Decision
from state.outbox import Leased, Letter, Talk
from state.writer import Op

_encode = msgspec.json.Encoder().encode


class _Tried(Exception):
    """Takes back what was written, with what was found."""

    def __init__(self, place: Place, told: str) -> None:
        super().__init__(place)
        self.place, self.told = place, told


async def decided(gateway: Gateway, order: Order) -> Decision:
    """The decision as it would be made at the order's time, on what is known now."""
    try:
        await gateway.store.alone(_try, order, gateway.voice)
    except _Tried as tried:
        row, live = _row(order, tried), order.target.live
        facts = gateway.grounds.facts(row, live, order.say.content, order.due)
        return policy.decide(facts, order.due)
    raise AssertionError("a dry run is always taken back")


def _try(order: Order, voice: Voice) -> Op[NoReturn]:
    place, notice = yield from placed(order, voice)
    people = yield from of([(place.dialogue.contact, place.lane)])
    known = people[place.dialogue.contact]
    raise _Tried(place._replace(known=known), notice.version if notice else place.dialogue.told)


def _row(order: Order, tried: _Tried) -> Leased:
    """The row as its sender would take it."""
    place, say, channel = tried.place, order.say, order.target.live.channel
    native = _encode(say.native).decode() if say.native else ""
    letter = Letter(_encode(say.content).decode(), say.reply_to, native, tried.told)
    talk = Talk(place.dialogue.contact, place.dialogue.last_in, "", _encode(order.target.urns).decode())
    return Leased(
        new_id(place.lane), place.lane, place.conversation, channel.id, "message", "queued",
        cause.written(say.cause), order.expires, 0, 0, 0, talk, letter, place.known,
    )  # fmt: skip
