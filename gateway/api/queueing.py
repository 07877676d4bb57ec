"""Queueing a message: its contact and conversation, what it brings of consent, the notice before it, its place."""

from typing import NamedTuple

import msgspec

from gateway.api.aim import Aim
from gateway.notices import Notice
from gateway.policy import initiated
from gateway.voice import Voice, say_of
from state import consent, contacts, outbox
from state.known import Dialogue, Known, conversation_of, locked, of
from state.model import cause
from state.model.consent import Basis, Consent, Purpose, latest
from state.model.content import Template
from state.model.ids import new_id, now_ms
from state.model.turn import Say
from state.outbox import Queued, queue_asks, told_ask
from state.turned import message_ask
from state.writer import Op

PRIORITY: dict[Purpose, int] = {"one_time_codes": outbox.URGENT, "marketing": outbox.BULK}
"""Codes overtake conversation, and conversation overtakes campaigns."""


class Permission(NamedTuple):
    """What a caller says the customer has allowed, and what proves it."""

    basis: Basis
    evidence: str
    text: str = ""
    text_version: str = ""


class Order(NamedTuple):
    """A message to queue, checked; `due` and `expires` in milliseconds, UTC. `actor` is who asks for it."""

    target: Aim
    say: Say
    due: int
    expires: int
    actor: str
    permission: Permission | None = None


class Place(NamedTuple):
    """Where a message goes: the conversation, its lane, and who is known to be there."""

    conversation: str
    lane: int
    dialogue: Dialogue
    known: Known


def enqueue(order: Order, voice: Voice) -> Op[Queued]:
    """Queue a message, behind the notice where its customer was not given it; what is allowed with it is noted first.

    What stood before is read under the contact's lock, and what the customer was told under the conversation's.
    """
    place, notice = yield from placed(order, voice)
    asks = []
    if notice:
        tells = _queued(order, place, say_of(notice, order.say.cause))
        if _goes_first(tells):
            tells = msgspec.structs.replace(tells, priority=outbox.URGENT)  # else a code would overtake it
            asks.append(told_ask(place.conversation, place.lane, notice.version))
        else:
            tells = _queued(order, place, say_of(notice, order.say.cause, later=True))
        asks += [message_ask(tells), *queue_asks(tells)]
    queued = _queued(order, place, order.say)
    yield [*asks, message_ask(queued), *queue_asks(queued)]
    return queued


def placed(order: Order, voice: Voice) -> Op[tuple[Place, Notice | None]]:
    """Where a message goes, with what is allowed with it noted, and the notice that goes before it, if any."""
    place = yield from _place(order.target)
    if order.permission:
        yield from _allow(order, order.permission, place)
    if not _notice(order, voice, place):
        return place, None
    dialogue = yield from conversation_of(place.conversation, place.lane, lock=True)
    place = place._replace(dialogue=dialogue)  # two at once: the second finds that the first has told
    return place, _notice(order, voice, place)


def _place(target: Aim) -> Op[Place]:
    """The contact and its conversation, made where there are none."""
    conversation, lane, channel = target.conversation, target.lane, target.live.channel
    if not conversation and target.contact:
        conversation = yield from contacts.open_conversation(target.contact, lane, channel.id, target.urns)
    elif not conversation:
        who = yield from contacts.find(channel.team, channel.id, target.urns)
        conversation, lane = who.conversation, who.lane
    dialogue = yield from conversation_of(conversation, lane)
    people = yield from of([(dialogue.contact, lane)])
    return Place(conversation, lane, dialogue, people[dialogue.contact])


def _allow(order: Order, given: Permission, place: Place) -> Op[None]:
    """Note what the caller says is allowed, where nothing stands: it never takes back what a customer withdrew."""
    known = yield from locked(place.known.contact)
    purpose, channel = order.say.cause.purpose, order.target.live.channel
    if latest(known.standings, purpose, order.target.urns, channel.id):
        return
    fact = Consent(
        id=new_id(known.lane), team=channel.team, contact=known.contact, change="given", purpose=purpose, source="api",
        at=now_ms(), actor=order.actor, channel=channel.id, basis=given.basis, evidence={"told": given.evidence},
        text=given.text, text_version=given.text_version,
    )  # fmt: skip
    yield consent.asks([fact], known.lane)


def _notice(order: Order, voice: Voice, place: Place) -> Notice | None:
    """The notice that comes first; a template outside the reply window goes before it."""
    live, dialogue = order.target.live, place.dialogue
    outside = live.terms.reply_window and initiated(live.terms, dialogue.last_in, order.due)
    if outside and isinstance(order.say.content, Template):
        return None
    return voice.notice(live, dialogue.locale, dialogue.told, order.target.urns, place.known.country)


def _goes_first(notice: Queued) -> bool:
    """Whether nothing can overtake a notice: one for later, or in bulk, counts no sooner than it is given."""
    return notice.priority != outbox.BULK and notice.due_at <= now_ms()


def _queued(order: Order, place: Place, say: Say) -> Queued:
    return Queued(
        new_id(place.lane), place.lane, place.conversation, order.target.live.channel.id, "message",
        cause.written(say.cause), order.due, order.expires, PRIORITY.get(say.cause.purpose, outbox.NORMAL), say,
    )  # fmt: skip
