"""What becomes of suspensions, for hooks: asked before, a row in the commit of each step, and authors told after it."""

from collections.abc import Mapping
from functools import partial

import msgspec

from admin.operations import Writes
from admin.suspensions import Observer, Step, Vetoed
from conversations.hooks import Moment, Suspending
from gateway.hooks.authors import Authors
from gateway.hooks.loop import TOPIC
from gateway.wake import Wake
from state import audit, hooks
from state.model.ids import time_of_id
from state.model.occurrence import SignalData, SuspensionData, occurrence, perhaps, time
from state.model.suspension import Order, Suspension
from state.signals import Sign
from state.writer import Op

_TYPES: Mapping[Step, str] = {
    "noticed": "suspension.noticed",
    "suspended": "suspension.in_force",
    "asked": "suspension.proposed",
    "proposed": "suspension.proposed",
    "lifting": "suspension.lifting",
    "lifted": "suspension.lifted",
    "withdrawn": "suspension.lifted",
}
_MOMENTS: Mapping[Step, Moment] = {"suspended": "suspended", "lifted": "lifted"}
_BINDING = ("channel_requires", "legal")
"""Grounds that no author's hook may veto."""
_SIGNALS = "signals:"
"""What the key of an order begins with that a provider's signal gave."""


class Telling(Observer):
    """Tells hooks of suspensions and of signs."""

    def __init__(self, store: Writes, authors: Authors, wake: Wake) -> None:
        self._store, self._authors, self._wake = store, authors, wake

    async def before(self, order: Order) -> Order:
        """Ask the authors' hooks; what they say is in the audit with their reasons. Raises Vetoed."""
        asked = Suspending(
            scope=order.scope, ground=order.ground, reason=order.reason, evidence=order.evidence,
            may_veto=order.ground not in _BINDING and not order.key.startswith(_SIGNALS),
        )  # fmt: skip
        verdict = await self._authors.ask(asked)
        for said in verdict.said:
            note = partial(audit.note, scope=order.scope, ground=order.ground, counts=said.counts)
            what = f"{said.what}_suspension"
            await self._store.write(note, f"hook {said.name}", what, order.key or "suspension", said.reason)
        if verdict.veto:
            raise Vetoed(f"{verdict.veto.name}: {verdict.veto.reason}")
        return msgspec.structs.replace(order, scope=verdict.scope)

    def stored(self, step: Step, made: Suspension) -> Op[None]:
        """What HTTP hooks are told of a step, as part of its commit."""
        team = made.scope.team or (yield from _team(made.scope.channel))
        yield hooks.told_asks(occurrence(_TYPES[step], f"suspensions/{made.id}", suspension_data(made), team))

    def told(self, step: Step, made: Suspension) -> None:
        """A step is on disk: call the authors' hooks, and let deliveries begin."""
        self._wake.tell(TOPIC)
        if step in _MOMENTS:
            self._authors.tell(_MOMENTS[step], suspension_data(made))

    def seen(self, sign: Sign) -> Op[None]:
        """What HTTP hooks are told of a sign, as part of the commit that notes that it was judged."""
        team = yield from _team(sign.channel)
        yield hooks.told_asks(
            occurrence("signal.received", f"signals/{sign.id}", signal_data(sign), team, id=sign.id)
        )

    def signal(self, sign: Sign) -> None:
        """A sign was judged: call the authors' hooks."""
        self._wake.tell(TOPIC)
        self._authors.tell("signal", signal_data(sign))


def _team(channel: str) -> Op[str]:
    if not channel:
        return ""
    (rows,) = yield [(hooks.TEAM_OF, (channel,))]
    return str(rows[0][0]) if rows else ""


def signal_data(sign: Sign) -> SignalData:
    """A sign as hooks are told of it."""
    at = time(time_of_id(sign.id))
    return SignalData(id=sign.id, channel=sign.channel, action=sign.action, code=sign.code, at=at)


def suspension_data(made: Suspension) -> SuspensionData:
    """A suspension as hooks are told of it."""
    return SuspensionData(
        id=made.id, stage=made.stage, scope=made.scope, ground=made.ground, reason=made.reason, notice=made.notice,
        actor=made.actor, at=time(made.at), due=perhaps(made.due_at), until=perhaps(made.until),
        lifted=perhaps(made.lifted_at), evidence=made.evidence, proposal=made.proposal,
    )  # fmt: skip
