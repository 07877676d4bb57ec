"""Media: what is known of each stored file; the bytes lie in a folder under the same id."""

import sqlalchemy as sa

from state.model.address import lane_of
from state.model.ids import new_id
from state.statements import Query, insert
from state.tables import media
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


def add(mime: str, name: str, size: int, sha256: str) -> Op[str]:
    """Note a file; gives its id."""
    lane = lane_of(sha256)
    media_id = new_id(lane)
    yield [(_NEW, (media_id, lane, mime, name, size, sha256))]
    return media_id
