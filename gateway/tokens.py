"""Access tokens that run out: got in good time by one node for all, and at once when a provider refuses the old one."""

import asyncio
import logging

import msgspec

from gateway import calls
from gateway.calls import Perform
from gateway.channels import Channels, Live
from gateway.logs import redactor
from state import tokens
from state.model.ids import now_ms
from state.model.wire import Undelivered
from state.seal import Seal
from state.store import Store
from state.writer import Unavailable

log = logging.getLogger("parley.tokens")
_EARLY_MS = 5 * 60_000
_LOOK = 20.0
"""Seconds between two looks for tokens that are about to end."""
_FIRM_MS = 60_000
"""A token that is refused so soon after it was got is not replaced again: something else is wrong."""
_REST = 30.0
"""Seconds until another try where the provider gave none."""


class Tokens:
    """Keeps the tokens of all channels whose provider's run out."""

    def __init__(self, store: Store, channels: Channels, seal: Seal | None, perform: Perform) -> None:
        self._store, self._channels, self._seal, self._perform = store, channels, seal, perform

    async def run(self) -> None:
        """Get fresh tokens before the old ones end, for ever."""
        while True:
            for live in list(self._channels):
                if self._due(live):
                    await self.renew(live)
            await self._channels.changed.wait(_LOOK)

    def _due(self, live: Live) -> bool:
        """Whether the last tenth of a token's life has begun, at most its last five minutes."""
        if not hasattr(live.connector, "refresh"):
            return False
        early = min(_EARLY_MS, (live.token.expires_at - live.token.made_at) // 10)
        return now_ms() >= live.token.expires_at - early

    def refused(self, live: Live) -> bool:
        """Whether a fresh token may help where the provider refuses the one in use."""
        old_enough = now_ms() - live.token.made_at > _FIRM_MS
        return hasattr(live.connector, "refresh") and old_enough

    async def renew(self, live: Live) -> bool:
        """Get a fresh token unless another node has, or is at it; says whether there is a newer one now."""
        name = live.channel.id
        try:
            claim = await self._store.alone(tokens.claim, name, live.token.made_at)
            if claim == "ours":
                await self._get(live)
            elif claim == "wait":
                await asyncio.sleep(0.2)
            await self._channels.load()
        except Unavailable as error:
            log.warning("channel %s: a fresh token waits for the database: %s", name, error)
        found = self._channels.get(name)
        return found is not None and found.token.made_at > live.token.made_at

    async def _get(self, live: Live) -> None:
        name = live.channel.id
        try:
            token = await calls.ask(live.connector.refresh(), self._perform)  # type: ignore[attr-defined]
        except Undelivered as error:
            await self._store.write(tokens.give_up, name, max(_REST, error.retry_after))
            await self._channels.failed(name, f"{error.action} {error.code}: {redactor.hide(error.reason)}")
            log.warning("channel %s: there is no fresh token: %s", name, redactor.hide(str(error)))
            return
        if self._seal is None:
            raise RuntimeError("there is no seal key")
        plain = msgspec.json.encode({"access_token": token.access, "refresh_token": token.refresh})
        await self._store.write(tokens.keep, name, self._seal.seal(plain, name), token.seconds)
        self._channels.tell()
