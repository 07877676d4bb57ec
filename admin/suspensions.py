"""Suspending and lifting, as operations: with an actor, a permission, a reason, and the fence before they return.

An observer is told of every step, here and nowhere else: what is to be stored for it goes into the same commit.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from admin.operations import Actor, Gate, Refused, Writes
from state import audit, held, signals, suspensions
from state.held import End
from state.model.ids import lane_of_id, now_ms
from state.model.suspension import Held, Order, Suspension
from state.signals import NoEvidence
from state.suspensions import Raised, SameActor
from state.writer import Op

CLOCK = Actor("clock", frozenset({"suspend"}))
"""Who puts in force and lifts what is due."""
GUARD = Actor("guard", frozenset({"suspend"}))
"""Who suspends when a provider's signals ask for it."""
NOTICE_SECONDS = 900
"""Seconds between the notice of a suspected fraud and the hold, unless the setting says otherwise."""

Step = Literal["noticed", "suspended", "withdrawn", "asked", "lifting", "lifted", "proposed"]
"""What an observer is told of."""


class Vetoed(Exception):
    """An observer does not want a suspension; the text says why. Never asked where a channel or the law wants it."""


class Observer:
    """Who is told of suspensions. This one does nothing; hooks put another in its place."""

    async def before(self, order: Order) -> Order:
        """Asked before a suspension is made: may give a wider one, or raise Vetoed. It must answer in bounded time."""
        return order

    def stored(self, step: Step, made: Suspension) -> Op[None]:
        """Part of the commit of a step."""
        yield from ()

    def told(self, step: Step, made: Suspension) -> None:
        """A step is on disk, and the fence has settled where it is about the fence. Must not block."""

    def seen(self, sign: signals.Sign) -> Op[None]:
        """Part of the commit that notes that a sign was judged."""
        yield from ()

    def signal(self, sign: signals.Sign) -> None:
        """A sign that a channel's terms are at stake was judged. Must not block."""


class Means(NamedTuple):
    """What suspending needs: where it is written, the nodes' gate, who is told, and the notice of a suspected fraud
    in seconds."""

    store: Writes
    gate: Gate
    observer: Observer = Observer()
    notice_seconds: int = NOTICE_SECONDS


def _reason(reason: str) -> None:
    if not reason.strip():
        raise Refused("reason", "is needed: who reads the audit wants to know why")


def checked(order: Order, notice_seconds: int) -> Order:
    """An order with the lead that its ground asks for; raises Refused."""
    _reason(order.reason)
    if order.until and order.until <= now_ms():
        raise Refused("until", "is over already")
    if order.lead < 0:
        raise Refused("lead", "cannot be negative")
    if order.ground != "suspected_fraud":
        return order
    if 0 < order.lead < notice_seconds:
        raise Refused("lead", f"a suspected fraud is announced at least {notice_seconds} s before it is held")
    return msgspec.structs.replace(order, lead=order.lead or notice_seconds)


def _step_of(made: Suspension) -> Step:
    if made.stage == "clear":
        return "lifted" if made.lifting_at or not made.due_at else "withdrawn"
    return {"noticed": "noticed", "suspended": "suspended", "lifting": "lifting"}[made.stage]  # type: ignore[return-value]


async def _done(
    means: Means, step: Callable[[Suspension], Step], op: Callable[..., Op[Suspension]], *args: Any
) -> Suspension:
    """Run a step with what the observer stores of it, wait for the fence, and tell the observer."""

    def whole() -> Op[Suspension]:
        made = yield from op(*args)
        yield from means.observer.stored(step(made), made)
        return made

    made = await means.store.aside(whole)
    await means.gate.settled(made.epoch)
    means.observer.told(step(made), made)
    return made


def _raised(observer: Observer, order: Order, actor: str) -> Op[Raised]:
    """Put an order in force or announce it; an observer hears of it once, however often it is given."""
    found = yield from suspensions.raised(order, actor)
    if found.moved:
        yield from observer.stored(_step_of(found.suspension), found.suspension)
    return found


async def suspend(means: Means, actor: Actor, order: Order) -> Suspension:
    """Suspend a scope: when this returns, no new send begins in it on any node; or the notice of it is given.

    A suspected fraud is told before it is held: the money of customers is at stake on both sides of a mistake. Raises
    Refused, Denied, Vetoed.
    """
    actor.needs("suspend")
    order = checked(order, means.notice_seconds)
    wider = await means.observer.before(order)
    moved: list[bool] = []

    def whole() -> Op[Suspension]:  # gives a plain suspension: its caller may keep it as an answer
        found = yield from _raised(means.observer, wider, actor.name)
        moved[:] = [found.moved]
        return found.suspension

    try:
        made = await means.store.aside(whole)
    except NoEvidence as error:
        raise Refused("evidence", str(error)) from error
    await means.gate.settled(made.epoch)
    if moved[0]:
        means.observer.told(_step_of(made), made)
    return made


async def withdraw(means: Means, actor: Actor, suspension_id: str, reason: str) -> Suspension:
    """Take a notice back before its time has come. Raises NotInForce."""
    actor.needs("suspend")
    _reason(reason)
    return await _done(
        means, lambda made: "withdrawn", suspensions.withdraw, suspension_id, actor.name, reason
    )


async def lift(
    means: Means, actor: Actor, suspension_id: str, reason: str, what_is_held: Held = "resume"
) -> Suspension:
    """Lift a suspension, or ask for it where a second has to confirm it. Raises NotInForce.

    With `resume` what was held is decided again, in order. With `discard` or `expire` the fence stays closed until all
    of it has ended that way.
    """
    actor.needs("suspend")
    _reason(reason)
    named = actor.named
    made = await _done(
        means, _lifted, suspensions.lift, suspension_id, actor.name, reason, what_is_held, named
    )
    return await _resumed(means, made)


async def confirm(means: Means, actor: Actor, suspension_id: str, reason: str) -> Suspension:
    """Be the second who wants a suspension lifted. Raises NotInForce, SameActor."""
    actor.needs("suspend")
    _reason(reason)
    if not actor.named:
        raise SameActor("who confirms a lift has to be told from who asked for it: send an API key")
    made = await _done(means, _lifted, suspensions.confirm, suspension_id, actor.name, reason)
    return await _resumed(means, made)


def _lifted(made: Suspension) -> Step:
    return {"clear": "lifted", "lifting": "lifting"}.get(made.stage, "asked")  # type: ignore[return-value]


async def _resumed(means: Means, made: Suspension) -> Suspension:
    """Once a suspension is over, let what is held be decided again."""
    rows = [(row[0], row[1]) for row in await means.store.read(held.HELD)] if made.stage == "clear" else []
    if rows:
        await means.store.alone(held.requeue, rows, now_ms())
    return made


async def enforce(means: Means, suspension_id: str) -> Suspension:
    """Put in force what was announced, since its time has come. Raises NotInForce where another node was first."""
    return await _done(means, _step_of, suspensions.enforce, suspension_id, CLOCK.name)


async def over(means: Means, made: Suspension) -> Suspension:
    """The time of a suspension is over: it is lifted, or that is proposed where only a human may. Raises NotInForce."""
    if made.by_human:
        return await propose(means, made.id, "the time that was set for it is over")
    return await lift(means, CLOCK, made.id, "its time is over")


async def propose(means: Means, suspension_id: str, why: str, evidence: tuple[str, ...] = ()) -> Suspension:
    """Note that a suspension might be lifted. Raises NotInForce."""
    return await _done(means, lambda made: "proposed", suspensions.propose, suspension_id, why, evidence)


async def clear(means: Means, suspension_id: str, settled: int) -> Suspension:
    """All that was held is settled. Raises NotInForce where another node was first."""
    made = await _done(means, lambda made: "lifted", suspensions.clear, suspension_id, CLOCK.name, settled)
    return await _resumed(means, made)


async def discard(
    means: Means, actor: Actor, made: Suspension, messages: Sequence[str], reason: str, how: Held = "discard"
) -> int:
    """End some of the messages that a suspension holds, while it goes on; gives how many. Raises Refused."""
    actor.needs("suspend")
    _reason(reason)
    if how == "resume":
        raise Refused("held", "is discard or expire; what is to go on waits for the lift")
    keys = [(each, lane_of_id(each)) for each in messages]

    def whole() -> Op[int]:
        count = yield from held.settle(keys, ending(made, reason, how, now_ms()))
        yield from audit.note(actor.name, how, made.id, reason, messages=list(messages), ended=count)
        return count

    return await means.store.alone(whole)


def ending(made: Suspension, reason: str, how: Held, at: int) -> End:
    """How messages end that a suspension held; `at` in milliseconds, UTC."""
    outcome: Literal["canceled", "expired"] = "expired" if how == "expire" else "canceled"
    done = "let expire" if how == "expire" else "discarded"
    return End(outcome, f"{done} when the suspension was dealt with ({made.ground}): {reason}", made.id, at)


class Finding(NamedTuple):
    """What was made of a signal: an order, or a proposal to lift what there is of a key, or nothing."""

    sign: signals.Sign
    order: Order | None = None
    key: str = ""
    proposal: str = ""


async def judge(means: Means, findings: Sequence[Finding]) -> list[Suspension]:
    """Note that signals were judged, with what follows from each, in one commit; gives what was made or grew."""
    ready = []
    for each in findings:
        order = each.order and await means.observer.before(checked(each.order, means.notice_seconds))
        ready.append(each._replace(order=order))
    steps = await means.store.aside(_judge, means.observer, ready)
    await means.gate.settled(max((made.epoch for _, made in steps), default=0))
    for finding in findings:
        means.observer.signal(finding.sign)
    for step, made in steps:
        if step:
            means.observer.told(step, made)
    return [made for _, made in steps]


_Judged = tuple[Step | None, Suspension]


def _judge(observer: Observer, findings: Sequence[Finding]) -> Op[list[_Judged]]:
    """Another node may have judged a signal in the meantime: then nothing follows from it here."""
    fresh = yield from signals.unjudged([(each.sign.id, each.sign.lane) for each in findings])
    mine = [each for each in findings if each.sign.id in fresh]
    made: list[_Judged] = []
    for each in mine:
        yield from observer.seen(each.sign)
        if each.order:
            found = yield from _raised(observer, each.order, GUARD.name)
            made.append((_step_of(found.suspension) if found.moved else None, found.suspension))
        elif each.proposal:
            made += yield from _proposals(observer, each)
    if mine:
        yield signals.judged_asks([(each.sign.id, each.sign.lane) for each in mine])
    return made


def _proposals(observer: Observer, finding: Finding) -> Op[list[_Judged]]:
    made: list[_Judged] = []
    for old in (yield from suspensions.of_key(finding.key)):
        if old.in_force and old.proposal != finding.proposal:
            one = yield from suspensions.propose(old.id, finding.proposal, (finding.sign.id,))
            yield from observer.stored("proposed", one)
            made.append(("proposed", one))
    return made
