"""Messages that leave in several pieces: what became of each, and what that makes of the whole.

A piece is a message at the provider. The whole is sent, delivered or read when every piece is, and failed when one is.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from state.model.receipts import Facts, Fault, fact, whole
from state.statements import Fetch, Query, Row, Statement, insert, update
from state.tables import Ms, part, receipt
from state.writer import Op

_NEW = insert(part, "message number lane total channel provider_id facts", ignore=True)
_OF = Fetch(part, "number total facts", "message lane", lock="wait", order="number")
_SAVE = update(part, "facts", "message number lane")
_WAITING = Query(
    sa.select(
        receipt.c.provider_id,
        receipt.c.channel,
        receipt.c.status,
        receipt.c.lane,
        receipt.c.at,
        receipt.c.fault,
        part.c.message,
        part.c.number,
        part.c.lane,
    )
    .join(part, sa.and_(part.c.provider_id == receipt.c.provider_id, part.c.channel == receipt.c.channel))
    .where(part.c.provider_id != sa.literal_column("''"), receipt.c.kept_at > sa.bindparam("since", type_=Ms))
    .limit(sa.bindparam("limit", type_=sa.Integer)),
    "since limit",
)
_PIECES = 256
"""Pieces the provider may make of one part of ours."""

_encode = msgspec.json.Encoder().encode
_facts = msgspec.json.Decoder(Facts)
_NONE = _encode(Facts()).decode()


class Piece(NamedTuple):
    """A part of a message that the provider took: its number (from 0) of so many, and the provider's ids of it."""

    number: int
    total: int
    provider_ids: tuple[str, ...]


class Merged(NamedTuple):
    """What receipts made of whole messages, with their channels.

    `receipts` are those that did: provider id, channel, status, lane.
    """

    messages: dict[tuple[str, int], tuple[str, Facts]]
    receipts: list[Row]


def asks(message_id: str, lane: int, channel: str, piece: Piece) -> list[tuple[Statement, Row]]:
    """The statements that note a piece."""
    first = piece.number * _PIECES
    return [
        (_NEW, (message_id, first + n, lane, piece.total, channel, provider_id, _NONE))
        for n, provider_id in enumerate(piece.provider_ids[:_PIECES])
    ]


def sweep(since: int, limit: int) -> Op[Merged]:
    """Merge the receipts waiting since a time that speak of pieces, as part of a larger operation."""
    (found,) = yield [(_WAITING, (since, limit))]
    told: dict[tuple[str, int], dict[int, Facts]] = {}
    for row in found:
        why = msgspec.json.decode(row[5], type=Fault) if row[5] else None
        pieces = told.setdefault((row[6], row[8]), {})
        pieces[row[7]] = pieces.get(row[7], Facts()).merge(fact(row[2], row[4], why))
    channels = {(row[6], row[8]): row[1] for row in found}
    keys = sorted(told)
    known = yield [(_OF, key) for key in keys]
    merged: dict[tuple[str, int], tuple[str, Facts]] = {}
    saves: list[tuple[Statement, Row]] = []
    for key, rows in zip(keys, known, strict=True):
        pieces = {row[0]: _facts.decode(row[2]) for row in rows}
        for number, more in told[key].items():
            pieces[number] = pieces[number].merge(more)
            saves.append((_SAVE, (_encode(pieces[number]).decode(), key[0], number, key[1])))
        merged[key] = channels[key], whole(pieces.values(), complete=_complete(rows))
    if saves:
        yield saves
    return Merged(merged, [tuple(row[:4]) for row in found])


def _complete(rows: Iterable[Row]) -> bool:
    """Whether every part has been taken."""
    numbers = {row[0] // _PIECES for row in rows}
    totals: list[int] = [row[1] for row in rows]
    return len(numbers) == max(totals)
