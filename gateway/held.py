"""What is held, looked at again: a suspension was lifted, terms were accepted, a team was activated."""

from state import outbox
from state.model.ids import now_ms
from state.store import Store


async def decide_again(store: Store) -> None:
    """Let each held row be decided again, in order."""
    lanes = [row[0] for row in await store.read(outbox.HELD_LANES)]
    if lanes:
        await store.write(outbox.requeue, lanes, now_ms())
