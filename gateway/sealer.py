"""The sealer: gives what was written to the ledgers its place in their chains, apart from the turns that wrote it."""

import asyncio
import logging

from state import ledger
from state.seal import Seal
from state.signing import Signer
from state.store import Store
from state.writer import Unavailable

log = logging.getLogger("parley.sealer")
_BATCH = 200
"""Rows sealed in one commit: a turn that comes at that moment waits for so many updates at most."""
_REST = 1.0
"""Seconds between two looks for what has no place yet."""
_BREATH = 0.02
"""Seconds between two batches, for the turns."""


class Sealer:
    """Chains the rows of all ledgers. Any number may run: the lock on a chain's head lets one work at a time.

    Each batch is a commit of its own: two of one process would hold the same lock.
    """

    def __init__(self, store: Store, seal: Seal | None, batch: int = _BATCH) -> None:
        self._store, self._batch = store, batch
        self.signer = Signer(seal) if seal else None

    async def run(self) -> None:
        """Seal what comes, for ever; begins with the heads, which a key in use now may not have signed."""
        if not self.signer:
            log.warning("the ledgers of consent and of acts are chained but not signed: there is no seal_key")
        try:
            for head in await ledger.heads(self._store):
                await self._store.alone(ledger.seal, head.name, [], self.signer)
        except Unavailable as error:
            log.warning("the heads of the ledgers wait for the database: %s", error)
        while True:
            try:
                sealed = await self.round()
            except Unavailable as error:
                log.warning("sealing waits for the database: %s", error)
                sealed = 0
            await asyncio.sleep(_BREATH if sealed >= self._batch else _REST)

    async def round(self) -> int:
        """Seal at most a batch of each ledger; gives how many rows got their place."""
        found = await ledger.pending(self._store, self._batch)
        return sum(
            [await self._store.alone(ledger.seal, name, keys, self.signer) for name, keys in found.items()]
        )

    async def all(self) -> None:
        """Seal whatever waits now, or what another sealer leaves."""
        while await self.round():
            pass
