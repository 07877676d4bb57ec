"""The licences for content as this process knows them: read from the store, and again whenever they change."""

from collections.abc import Iterable

from gateway.policy import Licence, subjects
from gateway.wake import Wake
from state import licences
from state.licences import Record
from state.model.content import Content
from state.store import Store


class Licences:
    """All licences that were not removed, in memory: the sender asks for those of each message."""

    def __init__(self, store: Store, wake: Wake) -> None:
        self._store, self._wake = store, wake
        self._found: dict[tuple[str, str], tuple[Licence, ...]] = {}

    async def load(self) -> None:
        """Read the licences again."""
        found: dict[tuple[str, str], tuple[Licence, ...]] = {}
        for row in await self._store.read(licences.LIST):
            each = Record(*row)
            key = each.team, each.subject
            found[key] = (*found.get(key, ()), Licence(each.id, each.subject, each.ends_at))
        self._found = found

    def tell(self) -> None:
        """A licence was added or removed: every node reads them again."""
        self._wake.tell("licences")

    def of(self, team: str, content: Content) -> tuple[Licence, ...]:
        """The licences for what a content uses, also those that ended: a subject with none that holds is blocked."""
        return self._of(team, subjects(content)) if self._found else ()

    def _of(self, team: str, named: Iterable[str]) -> tuple[Licence, ...]:
        return tuple(each for subject in named for each in self._found.get((team, subject), ()))
