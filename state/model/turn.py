"""What a turn starts from and what it decides: plain values between flows, the gateway and the store."""

from collections.abc import Mapping
from typing import Any, Literal

from state.model.base import Value
from state.model.cause import ANSWER, Cause
from state.model.consent import PURPOSES, Purpose
from state.model.content import Content
from state.model.event import EffectDone, MessageFailed, MessageReceived, TimerFired
from state.model.receipts import Fault

Mode = Literal["bot", "person", "parked"]


class Frame(Value, frozen=True):
    """A flow that waits until another has ended: the one it began (`begun`), or one that came in between (empty).

    `held` are the results, timers and failures that came for it meanwhile.
    """

    flow: str
    version: str
    state: str
    data: dict[str, Any] = {}
    tries: int = 0
    past: tuple[str, ...] = ()
    begun: str = ""
    held: tuple[EffectDone | TimerFired | MessageFailed, ...] = ()


class Snapshot(Value, frozen=True):
    """Where a conversation stands: its flow run, the state in it and the flow's fields.

    `run` counts the flow runs of this conversation. `mode` says who answers: the bot, a person, or nobody (parked after
    an error of the flow, resumed by an admin). `tries` counts answers that could not be read, `past` are the states to
    go back to; `stack` are the flows that wait, the last to go on first; `later` are messages that wait for the end;
    `paced` is the time (milliseconds, UTC) until which what was said is paid for, at the flow's messages a minute;
    `chain` counts the effects that have set off one another; `held` are results that came while a person answers;
    `failed` is the message that an error has parked it at: it is played first when it goes on; `reason` says why a
    person is to answer.
    """

    flow: str = ""
    version: str = ""
    run: int = 0
    state: str = ""
    data: dict[str, Any] = {}
    mode: Mode = "bot"
    tries: int = 0
    past: tuple[str, ...] = ()
    stack: tuple[Frame, ...] = ()
    later: tuple[MessageReceived, ...] = ()
    paced: int = 0
    chain: int = 0
    held: tuple[EffectDone, ...] = ()
    failed: MessageReceived | None = None
    reason: str = ""


class Customer(Value, frozen=True):
    """Who a turn is with: contact id, channel, addresses on it, name and locale (BCP 47) as far as known.

    `flow` is the one that answers on the channel, where its row names one. `allows` are the purposes they have allowed
    here by facts of the ledger.
    """

    contact: str = ""
    channel: str = ""
    channel_type: str = ""
    addresses: tuple[str, ...] = ()
    name: str = ""
    locale: str = ""
    flow: str = ""
    allows: tuple[Purpose, ...] = ()


class Say(Value, frozen=True):
    """A message the turn wants sent; `reply_to` is a message id of ours or the provider's; `valid` in seconds.

    `cause` is why it is sent.
    """

    content: Content
    reply_to: str = ""
    native: dict[str, Any] = {}
    valid: int = 0
    client_ref: str = ""
    cause: Cause = ANSWER


class Permission(Value, frozen=True):
    """What a customer has allowed or taken back in a turn, to be kept as a fact of the ledger.

    `text` is what they were shown, `evidence` (JSON) what else proves it; `event` is the key of the event that was
    played, `flow` and `version` are those of the flow that recorded it.
    """

    purpose: Purpose
    given: bool
    text: str = ""
    evidence: Mapping[str, Any] = {}
    event: str = ""
    flow: str = ""
    version: str = ""

    def changed(self, allows: tuple[Purpose, ...]) -> tuple[Purpose, ...]:
        """What a customer allows after it, who allowed these before."""
        kept = {*allows, self.purpose} if self.given else {*allows} - {self.purpose}
        return tuple(each for each in PURPOSES if each in kept)


class SetTimer(Value, frozen=True):
    """A timer set by name (an earlier one of that name is replaced); `at` in milliseconds, UTC."""

    name: str
    at: int


class EffectCall(Value, frozen=True):
    """A back-end call the turn asks for: run after the commit, at least once, always with the same `key`.

    `flow`, its `version` and `run` say who asked, since the conversation may have moved on when the result comes.
    """

    name: str
    args: dict[str, Any] = {}
    key: str = ""
    flow: str = ""
    run: int = 0
    version: str = ""


class Step(Value, frozen=True):
    """One trigger in a turn's journal: the event's id or key, the trigger, and the states before and after."""

    event: str
    trigger: str
    source: str
    target: str
    note: str = ""


class Played(Value, frozen=True):
    """All a turn decided: nothing of it has happened until it is committed.

    `left` events at the end were not met: they wait until the conversation, which is parked, goes on. `locale` is the
    customer's from now on, where it is not empty. Of the `permissions` there is one for each purpose: how it was left.
    `codes` are the one-time codes that were used.
    """

    after: Snapshot
    says: tuple[Say, ...] = ()
    timers: tuple[SetTimer, ...] = ()
    cancels: tuple[str, ...] = ()
    effects: tuple[EffectCall, ...] = ()
    steps: tuple[Step, ...] = ()
    fault: Fault | None = None
    left: int = 0
    locale: str = ""
    permissions: tuple[Permission, ...] = ()
    codes: int = 0
