"""WhatsApp as it is on a bad day: slow, refusing, cutting the line, telling statuses early, twice, out of order."""

import asyncio
import itertools
import random
from collections.abc import Callable

from tests.crash.books import Receipt, Taken
from tests.crash.office import Letter, Office
from tests.load import whatsapp
from tests.load.provider import GraphCaller, Send

WORDS = ("sent", "delivered", "read")
RETRY_CODE = 131016
"""Graph's "service unavailable": try again later."""


class BadDay:
    """Takes replies, writes down each before it answers, and sends the statuses of those it took."""

    def __init__(self, office: Office, rng: random.Random) -> None:
        self._office, self._rng = office, rng
        self._ids = itertools.count(1)
        self._due: list[tuple[whatsapp.Part, Receipt]] = []
        self.scheduled = 0
        self.taken: list[Taken] = []
        self.cuts = 0

    def take(self, send: Send, caller: GraphCaller) -> None:
        """One send of the gateway."""
        chance = self._rng.random()
        if chance < 0.02:
            caller.refuse(503, RETRY_CODE)
            return
        wamid = f"wamid.reply.{next(self._ids)}"
        self.taken.append(Taken(send.biz_opaque_callback_data, send.text.body, wamid, send.to))
        cut, slow = chance < 0.04, chance < 0.14
        self._statuses(send, wamid, carried=cut or self._rng.random() < 0.7, early=chance < 0.3)
        if cut:
            self.cuts += 1
            caller.close()
        elif slow:
            self._after(self._rng.uniform(0.02, 0.15), caller.accept, send, wamid)
        else:
            caller.accept(send, wamid)

    def _statuses(self, send: Send, wamid: str, *, carried: bool, early: bool) -> None:
        """Schedule all statuses, now and then one of them twice; `carried` gives our message id along."""
        ours = send.biz_opaque_callback_data
        for word in (*WORDS, *self._rng.sample(WORDS, self._rng.choice((0, 0, 0, 1)))):
            both = (
                whatsapp.status(wamid, send.to, word, ours if carried else ""),
                Receipt(ours, word, carried),
            )
            self.scheduled += 1
            self._after(0 if early else self._rng.uniform(0.0, 0.25), self._due.append, both)

    def _after(self, seconds: float, do: Callable[..., None], *args: object) -> None:
        asyncio.get_running_loop().call_later(seconds, do, *args)

    async def tell(self) -> None:
        """Post the statuses that are due for ever: shuffled, several in one webhook."""
        while True:
            await asyncio.sleep(self._rng.uniform(0.0, 0.02))
            due, self._due[:] = list(self._due), []
            self._rng.shuffle(due)
            while due:
                size = self._rng.randint(1, 8)
                self._office.post(Letter((), due[:size]))
                self.scheduled -= len(due[:size])
                del due[:size]
