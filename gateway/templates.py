"""The categories of message templates as this process knows them: what providers told, else what a caller says."""

from state import templates
from state.model.content import Template
from state.store import Store


class Templates:
    """All that is kept of templates, in memory: the sender asks for the one of each message."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._found: dict[tuple[str, str, str], str] = {}
        self._state: object = None

    async def load(self) -> None:
        """Read them again, where something has changed."""
        (state,) = [tuple(row) for row in await self._store.read(templates.STATE)]
        if state != self._state:
            self._found = {tuple(row[:3]): row[3] for row in await self._store.read(templates.LIST)}
            self._state = state

    def category(self, channel: str, content: Template) -> str:
        """The category of a template on a channel, in capitals; "" where nobody has told it."""
        told = self._found.get((channel, content.name, templates.plain(content.language)), "")
        return told or content.category.upper()
