"""What must be so before anything is sent: terms are accepted, and teams are active. Where a test is not about that,
its house makes it so in one place, right after it has connected its channels."""

from admin import operations
from gateway.teams import open_without_country
from gateway.terms import accept_all
from state.store import Store


async def allow(store: Store) -> None:
    """Accept the terms of every channel there is, and let the first team send."""
    await accept_all(store, operations.OPERATOR)
    await open_without_country(store, operations.OPERATOR)
