"""Media: what is known of each stored file; the bytes lie in a folder under the same id."""

import msgspec
import sqlalchemy as sa

from state import outbox
from state.model.address import lane_of
from state.model.content import Content, Media
from state.model.ids import lane_of_id, new_id
from state.outbox import Leased
from state.statements import Fetch, Query, insert, update
from state.tables import media, message
from state.writer import Op

_NEW = insert(media, "id lane mime name size sha256")
ONE = Query(
    sa.select(media.c.mime, media.c.name, media.c.size).where(
        media.c.id == sa.bindparam("id", type_=media.c.id.type),
        media.c.lane == sa.bindparam("lane", type_=media.c.lane.type),
    ),
    "id lane",
)
"""One file: media type, name, size in bytes."""


_MESSAGE = Fetch(message, "content", "id lane")
_CONTENT = update(message, "content", "id lane")
_content: msgspec.json.Decoder[Content] = msgspec.json.Decoder(Content)


def attach(row: Leased, message_id: str, media_id: str, mime: str) -> Op[None]:
    """A message's file is stored: the message names it, and the row that fetched it is done. Raises LeaseLost."""
    key = (message_id, lane_of_id(message_id))
    (found,) = yield [(_MESSAGE, key)]
    yield from outbox.finish(row)
    content = _content.decode(found[0][0]) if found else None
    if isinstance(content, Media):
        known = msgspec.structs.replace(content, stored=media_id, mime=content.mime or mime)
        yield [(_CONTENT, (msgspec.json.encode(known).decode(), *key))]


def add(mime: str, name: str, size: int, sha256: str) -> Op[str]:
    """Note a file; gives its id."""
    lane = lane_of(sha256)
    media_id = new_id(lane)
    yield [(_NEW, (media_id, lane, mime, name, size, sha256))]
    return media_id
