"""A row of the outbox as it goes out: what the rules and the connector are shown, and what its end means. Pure."""

import hashlib

import msgspec

from gateway import policy
from gateway.channels import Live
from gateway.degrade import Link, shape
from gateway.wire import Blocked, CutOff, NoAnswer, TooLong
from state.conversations import Taken
from state.model import cause
from state.model.action import Action
from state.model.content import Content, Template
from state.model.exchange import Exchange
from state.model.ids import now_ms
from state.model.message import Decision
from state.model.receipts import Facts, Fault
from state.model.suspension import Target
from state.model.wire import Call, Outbound, Sent, Unclear, Undelivered
from state.outbox import Leased, Letter, Queued, Settled, Talk
from state.parts import Piece

_content: msgspec.json.Decoder[Content] = msgspec.json.Decoder(Content)
_urns = msgspec.json.Decoder(tuple[str, ...])
_encode = msgspec.json.Encoder().encode


class Unknown(Exception):
    """Nobody knows whether the provider took it: cut off before its answer, or the answer was none of its own."""


def leased(item: Queued, taken: Taken) -> Leased:
    """The row of a reply that its turn hands on, as `outbox.take` would give it once it is stored."""
    assert item.message is not None
    heard, said = taken.heard, item.message
    talk = Talk(taken.contact, heard.last_in, heard.last_id, _encode(heard.urns).decode())
    native = _encode(said.native).decode() if said.native else ""
    letter = Letter(_encode(said.content).decode(), said.reply_to, native, taken.told)
    return Leased(
        item.id, item.lane, item.conversation, item.channel, item.kind, "queued", item.body,
        item.expires_at, 0, 1, 0, talk, letter, taken.known,
    )  # fmt: skip


def target(row: Leased, live: Live, teams: tuple[str, ...]) -> Target:
    """What a suspension must cover to stop the row; `teams` are its channel's and all above."""
    why = cause.read(row.body)
    return Target(
        channel=live.channel.id,
        teams=teams,
        sender=live.channel.account,
        contact=row.talk.contact,
        person=row.known.contact if row.known else "",
        flow=why.flow,
        campaign=why.campaign,
        template=template(row.message.content if row.message else ""),
        initiated=policy.initiated(live.terms, row.talk.last_in, now_ms()),
    )


def template(content: str) -> str:
    """The name of the template that a message (JSON) is, or ""."""
    if not content.startswith('{"type":"template"'):
        return ""
    sent = _content.decode(content)
    return sent.name if isinstance(sent, Template) else ""


def urns(row: Leased) -> tuple[str, ...]:
    """The addresses a row goes to."""
    return _urns.decode(row.talk.urns)


def digest(row: Leased) -> str:
    """What tells a message that says the same: the SHA-256 of its content."""
    assert row.message is not None
    return hashlib.sha256(row.message.content.encode()).hexdigest()


class Ready(msgspec.Struct, frozen=True):
    """What of a row goes next: the part, which it is of how many, and the whole, as the rules are shown it.

    `offered` (JSON) are the options the customer sees as words, told before the last part leaves.
    """

    message: Outbound
    content: Content
    part: int = 0
    total: int = 1
    offered: str = ""


def ready(row: Leased, live: Live, link: Link) -> Ready:
    """The next part of a row as its channel can show it; `link` gives the address of a file of our own."""
    assert row.message is not None
    content = _content.decode(row.message.content)
    shaped = shape(content, live.connector.capabilities, link)
    part, total = min(row.part, len(shaped.parts) - 1), len(shaped.parts)
    shown = shaped.parts[part]
    native = msgspec.json.decode(row.message.native) if row.message.native else {}
    message = Outbound(
        id=row.id if total == 1 else f"{row.id}.{part}",
        to=urns(row),
        content=shown,
        reply_to=row.message.reply_to if part == 0 and live.connector.capabilities.reply else "",
        native=native.get(live.channel.type, {}) if native and type(shown) is type(content) else {},
        attempt=row.attempt + 1,
        conversation=row.conversation,
    )
    last = part == total - 1
    offered = _encode(shaped.offer).decode() if shaped.offer and last else ""
    return Ready(message, content, part, total, offered)


def taken(row: Leased, said: Ready, sent: Sent, trace: str) -> Settled:
    """The provider took the part: the row goes on with the next, or is settled."""
    ids = (sent.provider_id, *sent.more)
    piece = Piece(said.part, said.total, ids) if said.total > 1 or sent.more else None
    if said.part + 1 < said.total:
        return Settled(row, again_at=now_ms(), trace=trace, piece=piece)
    facts = Facts(accepted=now_ms(), sent=now_ms() if sent.note == "sent" else 0)
    return Settled(row, facts, sent.provider_id, trace=trace, piece=piece)


def pair(row: Leased) -> str:
    """Whom the pace of a pair is kept for: one customer on one channel."""
    return row.conversation


def without_answer(call: Call, error: NoAnswer) -> Exception:
    """What a call without an answer means: only one that left, and may not be made twice, is unknown."""
    if isinstance(error, Blocked):
        return Undelivered(Action.CONFIG, "blocked_address", str(error))
    if isinstance(error, CutOff) and not call.repeatable:
        return Unknown(str(error))
    if isinstance(error, TooLong):
        return Undelivered(Action.FAIL_MSG, "too_long", str(error))
    return Undelivered(Action.RETRY, "unreachable", str(error))


def unclear(last: Exchange, error: Unclear) -> Exchange:
    """The exchange whose answer says nothing, with the reason before what came."""
    answer = f"{error}: {last.answer}" if last.answer else str(error)
    return msgspec.structs.replace(last, fault=type(error).__name__, answer=answer)


def again(row: Leased, seconds: float) -> Settled:
    """Queued again, without a try being counted."""
    return Settled(row, again_at=now_ms() + int(seconds * 1000), attempt=row.attempt)


def stays(row: Leased, decision: Decision) -> Settled:
    """A row that may not go now: refused, waiting for a time, or held until something is lifted."""
    if decision.verdict == "refuse":
        fault = Fault(decision.code, decision.reason, "", "ours")
        outcome = "expired" if decision.code == "expired" else "refused"
        return Settled(row, Facts(failed=decision.at, fault=fault), outcome=outcome, decision=decision)
    due, held = decision.wait_until or decision.at, not decision.wait_until
    held_by = " ".join(_suspensions(decision)) if held else ""
    return Settled(row, again_at=due, held=held, held_by=held_by, attempt=row.attempt, decision=decision)


def _suspensions(decision: Decision) -> list[str]:
    """The suspensions that a decision to wait names."""
    named = (each.inputs.get("suspensions", ()) for each in decision.rules if each.name == "suspension")
    return list(dict.fromkeys(one for each in named for one in each))


def trace(exchanges: list[Exchange]) -> str:
    """The exchange with the provider as it is kept (JSON), "" where there was none."""
    return _encode(exchanges).decode() if exchanges else ""
