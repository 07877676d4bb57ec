"""Files of our own store, as the interface tells of them: what they are, and a link that ends."""

from gateway.api.endpoint import Answer, Call, Nothing
from gateway.files import LINK_SECONDS
from gateway.problems import Problem
from state import media as rows
from state.model.ids import lane_of_id


class FileView(Answer, frozen=True, kw_only=True):
    """A file: its media type, name and size in bytes; `link` can be opened by whoever has it, for a week."""

    id: str
    mime: str
    name: str
    size: int
    link: str


async def read(call: Call[Nothing, None]) -> FileView:
    """A file by its id; raises Problem `not_found`."""
    gateway = call.gateway
    found = await gateway.store.read(rows.ONE, call.id, lane_of_id(call.id))
    if not found:
        raise Problem("not_found", f"there is no file {call.id}")
    mime, name, size = found[0]
    link = gateway.url + gateway.files.link(call.id, LINK_SECONDS)
    return FileView(id=call.id, mime=mime, name=name, size=size, link=link)
