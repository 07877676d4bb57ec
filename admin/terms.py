"""Accepting a channel's terms."""

from admin.operations import Actor, Refused, Writes
from state import audit, terms
from state.model.channel import Terms
from state.model.ids import now_ms
from state.terms import Acceptance
from state.writer import Op


async def accept(store: Writes, actor: Actor, channel_id: str, version: Terms) -> Acceptance:
    """Accept a version of a channel's terms; gives what stands: who came first. Raises Denied."""
    actor.needs("terms:accept")
    new = Acceptance(channel_id, version.version, actor.name, now_ms())

    def op() -> Op[Acceptance]:
        stands = yield from terms.accept(new)
        if stands is new:
            sources = sorted({point.source for point in version.points})
            yield from audit.note(
                actor.name, "accept_terms", channel_id, version=version.version, sources=sources
            )
        return stands

    return await store.alone(op)


def chosen(versions: tuple[Terms, ...], current: Terms, wanted: str) -> Terms:
    """The version that is to be accepted: the one in force, or one to come. Raises Refused."""
    open_to = [each for each in versions if each.since >= current.since]
    for each in open_to:
        if each.version == (wanted or current.version):
            return each
    names = " or ".join(each.version for each in open_to)
    raise Refused("version", f"{wanted!r} cannot be accepted: it is {names} that counts")
