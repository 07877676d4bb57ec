"""A hook's loop on a real database, with a clock of the test's own and a key that signs."""

import base64
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from admin import hooks as operations
from admin.hooks import NewHook
from admin.operations import OPERATOR
from gateway.hooks.loop import Hooks
from gateway.wake import Wake
from gateway.wire import Wire
from state import deliveries, hooks
from state.hooks import Delivery, Hook
from state.model.ids import now_ms
from state.model.occurrence import Occurrence, SignalData, TermsData, occurrence, time
from state.model.wire import Call, Reply
from state.seal import Seal
from state.store import Store

SEAL = Seal(base64.b64encode(bytes(32)).decode())
LAST = "f" * 32
HOUR = 3600 * 1000


def terms(channel: str = "wa", team: str = "", **more: Any) -> Occurrence:
    """Something that has happened."""
    data = TermsData(channel=channel, type="whatsapp", version="2", due=None)
    return occurrence("terms.waiting", f"channels/{channel}", data, team, **more)


def signal() -> Occurrence:
    """Something else that has happened."""
    data = SignalData(id="0" * 32, channel="wa", action="SUSPEND", code="131031", at=time(0))
    return occurrence("signal.received", "signals/0", data)


class Stand:
    """Hooks of one node. `later` moves its clock; `chance` is 0.5, so that pauses are as the table says."""

    def __init__(self, store: Store, *, node: str = "one", private: bool = True) -> None:
        self.store, self.wire, self.at = store, Wire(allow_private=private), now_ms()
        self.perform: Callable[[Call], Awaitable[Reply]] = self.wire.perform
        self.counted: Counter[str] = Counter()
        self.loop = Hooks(
            store, self._perform, Wake(), SEAL, node, lambda: "urn:parley",
            clock=lambda: self.at, chance=lambda: 0.5, told=lambda hook, outcome: self.counted.update([outcome]),
        )  # fmt: skip

    async def _perform(self, call: Call) -> Reply:
        return await self.perform(call)

    async def hook(self, url: str, *events: str, team: str = "") -> Hook:
        """Make a hook."""
        new = NewHook(url, events or ("*",), team, private=True)
        return await operations.add(self.store, SEAL, OPERATOR, new)

    async def tell(self, *each: Occurrence) -> None:
        """Let something happen, and all that is due for it be tried once."""
        await self.store.write(hooks.told, *each)
        await self.once()

    async def once(self) -> None:
        """Try all that is due."""
        while await self.loop.round():
            await self.loop.idle()

    async def later(self, seconds: float) -> None:
        """Let time pass, and try what is due then."""
        self.at += int(seconds * 1000)
        await self.once()

    async def deliveries(self, hook: Hook) -> list[Delivery]:
        """What a hook was told, the newest first."""
        return [Delivery(*row) for row in await self.store.read(deliveries.OF_HOOK, hook.id, LAST, 100)]

    async def only(self, hook: Hook) -> Delivery:
        """The one thing that a hook was told."""
        (found,) = await self.deliveries(hook)
        return found

    async def now(self, hook: Hook) -> Hook:
        """A hook as it is now."""
        (found,) = [Hook(*row) for row in await self.store.read(hooks.ALL) if row[0] == hook.id]
        return found

    async def close(self) -> None:
        """End what is on its way."""
        await self.loop.stop(0)
        await self.wire.close()
        await self.store.close()


def answer(made: Delivery) -> Any:
    """What is kept of the last try."""
    return msgspec.json.decode(made.answer)
