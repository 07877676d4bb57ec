"""Suspensions through their life: each verb is one step of the machine in `state.model.stages`, in one commit.

Every change locks the fence's row first, so changes follow one another on all nodes, and raises its epoch with what it
writes. Run them by `store.aside`.
"""

from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from state import audit, fences, signals
from state.consent_tables import suspension
from state.model import stages
from state.model.ids import new_id, now_ms
from state.model.stages import NotPossible
from state.model.suspension import MOST_EVIDENCE, Ask, Held, Order, Suspension
from state.statements import Query, Row, insert, update
from state.tables import Id
from state.writer import Op

_C = suspension.c
_NEW = insert(suspension, "id epoch scope body created_at stage key due_at lifted_at")
_SAVE = update(suspension, "epoch body stage due_at lifted_at", "id")
_ONE = Query(sa.select(_C.body, _C.stage).where(_C.id == sa.bindparam("id", type_=Id)), "id")
_OPEN = _C.stage != sa.literal_column("'clear'")
_OF_KEY = Query(
    sa.select(_C.body, _C.stage)
    .where(_OPEN, _C.key == sa.bindparam("key", type_=_C.key.type))
    .order_by(_C.id),
    "key",
)
OPEN = Query(sa.select(_C.body, _C.stage).where(_OPEN).order_by(_C.id), "")
"""The suspensions that are noticed, in force or being lifted: body (JSON) and stage."""
ONE = _ONE
"""One suspension: body (JSON) and stage."""
LIFTED = Query(
    sa.select(sa.func.max(_C.lifted_at)).where(_C.key == sa.bindparam("key", type_=_C.key.type)), "key"
)
"""When the latest suspension of a key was lifted (milliseconds, UTC), or null."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Suspension).decode


class NotInForce(Exception):
    """There is no such suspension, or it is in a stage in which this cannot be done; the text says which."""


class SameActor(NotInForce):
    """Whoever asked for a lift that needs two cannot be the second as well."""


def read(row: Row) -> Suspension:
    """A suspension from its row (body and stage)."""
    return msgspec.structs.replace(_decode(row[0]), stage=row[1])


class Raised(NamedTuple):
    """What an order came to; `moved` is false where it was but more evidence for what is there."""

    suspension: Suspension
    moved: bool = True


def suspend(order: Order, actor: str) -> Op[Suspension]:
    """Put a suspension in force, or announce it where its order has a lead; it binds a node that has seen its epoch.

    Raises NoEvidence.
    """
    return (yield from raised(order, actor)).suspension


def raised(order: Order, actor: str) -> Op[Raised]:
    """The same; one that is there with the order's key, and includes its scope, gets the order's evidence instead."""
    yield from signals.exist(order.evidence)
    epoch = yield from fences.coming_epoch()
    if order.key and (old := (yield from _including(order))):
        made = yield from _more(old, order, actor, epoch)
        return Raised(made, made.stage != old.stage)
    made = _made(order, actor, epoch)
    scope = _encode(order.scope).decode()
    row = (made.id, epoch, scope, _encode(made).decode(), made.at, made.stage, order.key, made.due_at, None)
    yield [(_NEW, row), fences.changed(epoch)]
    yield from audit.note(
        actor, "suspend" if made.in_force else "notice", made.id, order.reason, suspension=made
    )
    return Raised(made)


def _made(order: Order, actor: str, epoch: int) -> Suspension:
    at = now_ms()
    told = at if order.notice or order.lead else 0
    return Suspension(
        id=new_id(0),
        epoch=epoch,
        scope=order.scope,
        ground=order.ground,
        reason=order.reason,
        actor=actor,
        at=at,
        evidence=order.evidence[:MOST_EVIDENCE],
        count=len(order.evidence),
        notice=order.notice or (order.reason if order.lead else ""),
        noticed_at=told,
        stage=stages.after("clear", "notice" if order.lead else "suspend"),
        due_at=at + order.lead * 1000 if order.lead else 0,
        until=order.until,
        condition=order.condition,
        two=order.two,
        key=order.key,
    )


def _including(order: Order) -> Op[Suspension | None]:
    """The one that is there of an order's key and includes its scope."""
    (rows,) = yield [(_OF_KEY, (order.key,))]
    return next((each for each in map(read, rows) if each.scope.includes(order.scope)), None)


def _more(old: Suspension, order: Order, actor: str, epoch: int) -> Op[Suspension]:
    """More evidence; what was only announced comes into force where the order has no lead."""
    fresh = [each for each in order.evidence if each not in old.evidence]
    at_once = old.stage == "noticed" and not order.lead
    if not fresh and not at_once:
        return old
    changes: dict[str, Any] = {
        "evidence": (*old.evidence, *fresh)[:MOST_EVIDENCE],
        "count": old.count + len(fresh),
        "until": max(old.until, order.until),
    }
    if not at_once:
        return (yield from _save(old, changes, old.epoch))
    changes |= {"stage": stages.after(old.stage, "suspend"), "due_at": 0}
    made = yield from _save(old, changes, epoch)
    yield from audit.note(actor, "suspend", old.id, order.reason, before=old, suspension=made)
    return made


def _save(old: Suspension, changes: dict[str, Any], epoch: int) -> Op[Suspension]:
    """Write a suspension with changes; nodes are told where the epoch is a new one."""
    made = msgspec.structs.replace(old, epoch=epoch, **changes)
    row = (epoch, _encode(made).decode(), made.stage, made.due_at, made.lifted_at or None, made.id)
    yield [(_SAVE, row), *([fences.changed(epoch)] if epoch != old.epoch else [])]
    return made


class Found(NamedTuple):
    """A suspension with the fence's row locked, and the epoch that a change of it makes."""

    suspension: Suspension
    epoch: int


def _found(suspension_id: str) -> Op[Found]:
    epoch = yield from fences.coming_epoch()
    (rows,) = yield [(_ONE, (suspension_id,))]
    if not rows:
        raise NotInForce("there is no such suspension: it is not in force any more, or never was")
    return Found(read(rows[0]), epoch)


def _step(
    suspension_id: str, trigger: str, actor: str, action: str, reason: str, changes: dict[str, Any]
) -> Op[Suspension]:
    """One step of the machine, with its audit entry; raises NotInForce."""
    old, epoch = yield from _found(suspension_id)
    made = yield from _save(old, {"stage": _after(old, trigger), **changes}, epoch)
    yield from audit.note(actor, action, suspension_id, reason, before=old, suspension=made)
    return made


def _after(old: Suspension, trigger: str) -> stages.Stage:
    try:
        return stages.after(old.stage, trigger)
    except NotPossible as error:
        what = (
            "is not in force any more" if old.stage == "clear" else f"is {old.stage}: this cannot be done now"
        )
        raise NotInForce(f"this suspension {what}") from error


def enforce(suspension_id: str, actor: str) -> Op[Suspension]:
    """What was announced comes into force; raises NotInForce where another node was first, or it was withdrawn."""
    old, epoch = yield from _found(suspension_id)
    if old.stage != "noticed":
        raise NotInForce(f"the suspension is {old.stage}, not noticed")
    made = yield from _save(old, {"stage": _after(old, "suspend"), "due_at": 0}, epoch)
    yield from audit.note(actor, "suspend", suspension_id, old.reason, before=old, suspension=made)
    return made


def withdraw(suspension_id: str, actor: str, reason: str) -> Op[Suspension]:
    """Take a notice back before it comes into force; raises NotInForce."""
    changes = {"lifted_at": now_ms(), "lifted_by": actor, "lifted_for": reason, "due_at": 0}
    return (yield from _step(suspension_id, "withdraw", actor, "withdraw", reason, changes))


def lift(
    suspension_id: str, actor: str, reason: str, held: Held = "resume", named: bool = True
) -> Op[Suspension]:
    """Lift a suspension, or ask for it where another actor has to confirm it. Raises NotInForce.

    With `resume` it is over; with `discard` or `expire` it is `lifting`, in force until what is held is settled. Who is
    not `named` cannot ask for what another has to confirm: nobody could tell the two apart (SameActor).
    """
    old, epoch = yield from _found(suspension_id)
    if old.two and not named:
        raise SameActor("who asks for this lift has to be told from who confirms it: send an API key")
    if old.two:
        asked = Ask(actor=actor, reason=reason, held=held, at=now_ms())
        made = yield from _save(old, {"stage": _after(old, "ask"), "asked": asked}, epoch)
        yield from audit.note(actor, "ask_lift", suspension_id, reason, before=old, suspension=made)
        return made
    return (yield from _end(old, epoch, actor, reason, held))


def confirm(suspension_id: str, actor: str, reason: str) -> Op[Suspension]:
    """Be the second who wants it lifted; raises NotInForce where nobody has asked, SameActor."""
    old, epoch = yield from _found(suspension_id)
    if old.asked is None or old.stage != "suspended":
        raise NotInForce("nobody has asked to lift this suspension")
    if old.asked.actor == actor:
        raise SameActor(f"{actor} asked for it: another actor has to confirm it")
    return (yield from _end(old, epoch, actor, reason, old.asked.held))


def _end(old: Suspension, epoch: int, actor: str, reason: str, held: Held) -> Op[Suspension]:
    at = now_ms()
    over = {"lifted_at": at} if held == "resume" else {"lifting_at": at}
    changes = {"held": held, "lifted_by": actor, "lifted_for": reason, **over}
    stage = _after(old, "resume" if held == "resume" else "settle")
    made = yield from _save(old, {"stage": stage, **changes}, epoch)
    yield from audit.note(actor, "lift", old.id, reason, before=old, suspension=made)
    return made


def clear(suspension_id: str, actor: str, settled: int) -> Op[Suspension]:
    """What was held is settled (so many by this node): the suspension is over. Raises NotInForce."""
    changes = {"lifted_at": now_ms(), "settled": settled}
    return (yield from _step(suspension_id, "clear", actor, "clear", "", changes))


def propose(suspension_id: str, why: str, evidence: tuple[str, ...] = ()) -> Op[Suspension]:
    """Note, once for each reason, that a suspension might be lifted, where only a human may. Raises NotInForce."""
    old, _ = yield from _found(suspension_id)
    if not old.in_force:
        raise NotInForce(f"the suspension is {old.stage}")
    if old.proposal == why:
        return old
    kept = tuple(dict.fromkeys((*old.evidence, *evidence)))[:MOST_EVIDENCE]
    changes = {"proposal": why, "proposed_at": now_ms(), "evidence": kept}
    made = yield from _save(old, changes, old.epoch)
    yield from audit.note("clock", "propose_lift", suspension_id, why, before=old, suspension=made)
    return made


def of_key(key: str) -> Op[list[Suspension]]:
    """The suspensions of a key that are not over."""
    (rows,) = yield [(_OF_KEY, (key,))]
    return [read(row) for row in rows]
