"""Messages and conversations as the interface shows them: times in ISO 8601, never a secret."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from gateway.api.endpoint import Answer
from gateway.api.moments import at, moment
from gateway.logs import redactor
from state.model.cause import Cause
from state.model.content import Content
from state.model.exchange import Exchange
from state.model.ids import time_of_id
from state.model.message import Decision, Message, Rule, Verdict
from state.model.receipts import Fault, Status
from state.model.turn import Mode, Snapshot
from state.statements import Row

Direction = Literal["in", "out"]
Outcome = Literal["", "unknown", "refused", "expired", "canceled"]
QueueState = Literal["queued", "later", "sending", "held"]


class FactsView(Answer, frozen=True, kw_only=True):
    """When each thing was first known to have happened; `fault` is why it failed."""

    accepted: datetime | None
    sent: datetime | None
    delivered: datetime | None
    read: datetime | None
    played: datetime | None
    failed: datetime | None
    fault: Fault | None


class MessageView(Answer, frozen=True, kw_only=True):
    """A message. `status` is the highest fact there is evidence for; without any it is the outcome, or `queued`.

    `cause` is why it is sent: its purpose, the flow or the caller that asked for it, and its campaign.
    """

    id: str
    conversation: str
    channel: str
    direction: Direction
    at: datetime
    content: Content
    status: Status | Literal["unknown", "refused", "expired", "canceled"]
    outcome: Outcome
    facts: FactsView
    provider_id: str
    reply_to: str
    client_ref: str
    native: Mapping[str, Any]
    cause: Cause


class QueueView(Answer, frozen=True, kw_only=True):
    """Where a message waits: `later` is scheduled, `held` is suspended; `attempts` are those made so far.

    `behind` is the message of its conversation that has to leave first, where there is one: why that one waits is why
    this one does.
    """

    state: QueueState
    due: datetime
    expires: datetime
    attempts: int
    behind: str = ""


class RuleView(Answer, frozen=True, kw_only=True):
    """One rule that was asked: what it said, why in words, its code, and what it read."""

    name: str
    verdict: Verdict
    reason: str
    code: str
    inputs: Mapping[str, Any]


class DecisionView(Answer, frozen=True, kw_only=True):
    """What was decided at the moment of sending, with the rules asked, and the versions of terms and rule pack."""

    at: datetime
    verdict: Verdict
    code: str
    reason: str
    wait_until: datetime | None
    terms: str
    pack: str
    rules: tuple[RuleView, ...]


class ExchangeView(Answer, frozen=True, kw_only=True):
    """One call to the provider and its answer; sizes in bytes, `status` 0 where no whole answer came."""

    attempt: int
    at: datetime
    name: str
    method: str
    url: str
    status: int
    took_ms: int
    sent: int
    received: int
    answer: str
    fault: str


class MessageDetail(MessageView, frozen=True, kw_only=True):
    """A message with all that was decided about it and all that was said with the provider, oldest first."""

    queue: QueueView | None
    decisions: tuple[DecisionView, ...]
    exchanges: tuple[ExchangeView, ...]


class ConversationView(Answer, frozen=True, kw_only=True):
    """A conversation: who answers in it (`mode`), its flow and the state it stands in, and its last times."""

    id: str
    contact: str
    channel: str
    mode: Mode
    flow: str
    flow_version: str
    state: str
    run: int
    last_in: datetime | None
    updated: datetime


class ConversationDetail(ConversationView, frozen=True, kw_only=True):
    """A conversation with its customer's name, locale and addresses on this channel, as far as known.

    `reason` is why a person is to answer, `fault` the error that has parked it; `kept` is what the flow has kept: the
    fields of a table, the journal of a script.
    """

    name: str
    locale: str
    addresses: tuple[str, ...]
    reason: str
    fault: Fault | None
    kept: dict[str, Any]


def message(found: Message) -> MessageView:
    """A message as it is shown."""
    return MessageView(**_message(found))


def _message(found: Message) -> dict[str, Any]:
    names = ("id", "conversation", "channel", "direction", "content", "outcome", "provider_id", "reply_to")
    status = found.facts.status
    return {name: getattr(found, name) for name in (*names, "client_ref", "native", "cause")} | {
        "at": at(found.at),
        "status": found.outcome if found.outcome and status == "queued" else status,
        "facts": _facts(found),
    }


def _facts(found: Message) -> FactsView:
    facts = found.facts
    names = ("accepted", "sent", "delivered", "read", "played", "failed")
    times = {name: moment(getattr(facts, name)) for name in names}
    return FactsView(**times, fault=_fault(facts.fault))


def _fault(fault: Fault | None) -> Fault | None:
    """A fault's reason may be a provider's words, and providers have been seen to quote tokens."""
    return msgspec.structs.replace(fault, reason=redactor.hide(fault.reason)) if fault else None


def message_detail(
    found: Message,
    queue: Row | None,
    decided: list[Decision],
    traces: list[dict[str, Any]],
    behind: str = "",
) -> MessageDetail:
    """A message with its row in the outbox (state, due, expires, attempt), its decisions and exchanges."""
    return MessageDetail(
        **_message(found),
        queue=_queue(queue, behind) if queue else None,
        decisions=tuple(decision(each) for each in decided),
        exchanges=tuple(_exchange(each["attempt"], call) for each in traces for call in each["calls"]),
    )


def _queue(row: Row, behind: str) -> QueueView:
    return QueueView(state=row[0], due=at(row[1]), expires=at(row[2]), attempts=row[3], behind=behind)


def decision(made: Decision) -> DecisionView:
    """A decision as it is shown."""
    return DecisionView(
        at=at(made.at), verdict=made.verdict, code=made.code, reason=made.reason,
        wait_until=moment(made.wait_until), terms=made.terms, pack=made.pack,
        rules=tuple(_rule(each) for each in made.rules),
    )  # fmt: skip


def _rule(asked: Rule) -> RuleView:
    return RuleView(
        name=asked.name, verdict=asked.verdict, reason=asked.reason, code=asked.code, inputs=asked.inputs
    )


def _exchange(attempt: int, call: dict[str, Any]) -> ExchangeView:
    trace = msgspec.convert(call, Exchange)
    values = {name: getattr(trace, name) for name in Exchange.__struct_fields__}
    return ExchangeView(**{**values, "at": at(trace.at), "attempt": attempt})


def conversation(row: Row) -> ConversationView:
    """A conversation from a row of `messages.conversations`."""
    return ConversationView(**_conversation(row, stands(row)))


def stands(row: Row) -> Snapshot:
    """Where a conversation stands, from such a row."""
    return msgspec.json.decode(row[4], type=Snapshot) if row[4] else Snapshot()


def _conversation(row: Row, stood: Snapshot) -> dict[str, Any]:
    return {
        "id": row[0], "contact": row[1], "channel": row[2], "mode": row[3], "flow": stood.flow,
        "flow_version": stood.version, "state": stood.state, "run": stood.run, "last_in": moment(row[5]),
        "updated": at(row[6]),
    }  # fmt: skip


def conversation_detail(
    row: Row, name: str, locale: str, addresses: tuple[str, ...], fault: Fault | None
) -> ConversationDetail:
    """A conversation with who it is with."""
    stood = stands(row)
    return ConversationDetail(
        **_conversation(row, stood), name=name, locale=locale, addresses=addresses, reason=stood.reason,
        fault=_fault(fault), kept=stood.data,
    )  # fmt: skip


def time_of(row_id: str) -> datetime:
    """When a row was made, as its id tells."""
    return at(time_of_id(row_id))
