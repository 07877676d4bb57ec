"""What is held, looked at again: a suspension was lifted, terms were accepted, a team was activated."""

from state import held
from state.model.ids import now_ms
from state.store import Store


async def decide_again(store: Store) -> None:
    """Let each held row be decided again, in order."""
    if rows := [(row[0], row[1]) for row in await store.read(held.HELD)]:
        await store.alone(held.requeue, rows, now_ms())
