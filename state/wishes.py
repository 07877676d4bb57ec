"""Whose wish a provider tells, and its fact in the ledger: once for each signal."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from state import consent
from state.consent_tables import consent as ledger
from state.model.address import lane_of
from state.model.consent import Consent
from state.model.ids import lane_of_id
from state.statements import Fetch
from state.tables import address, conversation, message
from state.writer import Op

_MESSAGE = Fetch(message, "conversation", "id lane")
_CONVERSATION = Fetch(conversation, "contact urns", "id lane")
_ADDRESS = Fetch(address, "contact lane", "urn team shard")
_NOTED = Fetch(ledger, "id", "id lane")


class Customer(NamedTuple):
    """A contact with its lane, and the address that was written to."""

    contact: str
    lane: int
    address: str


def whose(message_id: str, team: str, addresses: Sequence[str]) -> Op[Customer | None]:
    """The customer a message of ours went to, or who has one of the addresses; None where nobody is known."""
    if message_id:
        lane = lane_of_id(message_id)
        (found,) = yield [(_MESSAGE, (message_id, lane))]
        if found:
            (rows,) = yield [(_CONVERSATION, (found[0][0], lane))]
            urns = msgspec.json.decode(rows[0][1], type=tuple[str, ...]) if rows[0][1] else ()
            return Customer(rows[0][0], lane, urns[0] if urns else "")
    for urn in addresses:
        (found,) = yield [(_ADDRESS, (urn, team, lane_of(urn)))]
        if found:
            return Customer(found[0][0], found[0][1], urn)
    return None


def note(fact: Consent) -> Op[bool]:
    """Record a fact unless one of its id is there; says whether it is new."""
    home = (yield from consent.homes([fact.contact]))[fact.contact]
    (known,) = yield [(_NOTED, (fact.id, lane_of_id(home)))]
    if not known:
        yield from consent.record([fact])
    return not known
