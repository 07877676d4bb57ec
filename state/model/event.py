"""What happens to us: events, as connectors read them from the wire and the gateway makes them itself.

`key` is unique within a channel and is what duplicates are told by; `at` is the provider's time in milliseconds, UTC
(0 where it tells none: the gateway puts the time it came);
`account` is which of our senders it came to (empty: the channel's own); `addresses` are the customer's URNs; `locale`
is the customer's language (BCP 47) where the channel tells it.
"""

from typing import Any, Literal

from state.model.base import Value
from state.model.cause import ANSWER, Cause
from state.model.consent import Purpose
from state.model.content import Content
from state.model.receipts import Fault, ReceiptStatus


class Referral(Value, frozen=True):
    """What brought a customer: an advert, a link, a shop page."""

    source: str = ""
    id: str = ""
    url: str = ""
    headline: str = ""
    body: str = ""
    click_id: str = ""


class Part(Value, frozen=True):
    """Which piece of a long short message this is: `number` of `total`, from 1; `ref` is one message's own."""

    ref: str
    number: int
    total: int


class Happened(Value, frozen=True, kw_only=True, tag_field="event"):
    """What all events share."""

    key: str
    at: int
    account: str = ""
    addresses: tuple[str, ...] = ()
    name: str = ""
    locale: str = ""


class MessageReceived(Happened, frozen=True, kw_only=True, tag="message"):
    """A customer said something. `reply_to` is a provider's message id; `product` names a product quoted.

    Where `part` is set, the content is a piece of a text whose pieces come in requests of their own: the gateway
    joins them. It also says which `campaign` it answers.
    """

    provider_id: str
    content: Content
    reply_to: str = ""
    forwarded: bool = False
    group: str = ""
    product: str = ""
    referral: Referral | None = None
    client_ref: str = ""
    part: Part | None = None
    campaign: str = ""


class MessageEchoed(Happened, frozen=True, kw_only=True, tag="echo"):
    """Somebody of ours wrote to the customer outside Parley, in the provider's own app.

    `target` is the earlier message (a provider's id) that this one changes, or takes back where `deleted` is set.
    """

    provider_id: str
    content: Content
    target: str = ""
    deleted: bool = False


class Receipt(Happened, frozen=True, kw_only=True, tag="receipt"):
    """What became of a message we sent; `message_id` is ours where the provider carried it along.

    `of_part`: it may be of one of several parts that the provider made of the message, as its `provider_id` tells.
    """

    provider_id: str
    status: ReceiptStatus
    message_id: str = ""
    of_part: bool = False
    fault: Fault | None = None
    category: str = ""
    billable: bool | None = None


class MessageFailed(Happened, frozen=True, kw_only=True, tag="message_failed"):
    """A flow's message, sent for this cause, did not get to the customer: made where its flow has asked to be told."""

    message_id: str
    fault: Fault | None = None
    cause: Cause = ANSWER


class Reacted(Happened, frozen=True, kw_only=True, tag="reaction"):
    """A customer put an emoji on a message (a provider's id), or took it back (empty)."""

    provider_id: str
    target: str
    emoji: str = ""


class Edited(Happened, frozen=True, kw_only=True, tag="edit"):
    """A customer changed an earlier message; `content` is the whole new content."""

    provider_id: str
    target: str
    content: Content


class Deleted(Happened, frozen=True, kw_only=True, tag="delete"):
    """A customer took an earlier message back."""

    provider_id: str
    target: str


class OptedIn(Happened, frozen=True, kw_only=True, tag="opt_in"):
    """A customer allowed messages of a purpose, in the channel's own words.

    `heard`: it was read from the customer's words here, and the provider has told nothing.
    """

    purpose: Purpose = "marketing"
    note: str = ""
    heard: bool = False


class OptedOut(Happened, frozen=True, kw_only=True, tag="opt_out"):
    """A customer stopped messages of a purpose; `heard` as in OptedIn."""

    purpose: Purpose = "marketing"
    note: str = ""
    heard: bool = False


class Started(Happened, frozen=True, kw_only=True, tag="started"):
    """A customer opened the conversation without saying anything yet."""

    referral: Referral | None = None


class AddressChanged(Happened, frozen=True, kw_only=True, tag="address_changed"):
    """A customer has a new address: `addresses` are the old ones, `new` what holds from now on."""

    new: tuple[str, ...]
    note: str = ""


class HelpAsked(Happened, frozen=True, kw_only=True, tag="help_asked"):
    """A customer sent a channel's word for help, as a rule binds us to answer it; `note` is the word.

    `heard` as in OptedIn: where a provider tells it, it has answered.
    """

    note: str = ""
    heard: bool = False


class ReceiptUpTo(Happened, frozen=True, kw_only=True, tag="receipt_up_to"):
    """What became of every message we sent the customer until a time (milliseconds, UTC): a watermark."""

    status: Literal["delivered", "read", "played"]
    until: int


class ControlPassed(Happened, frozen=True, kw_only=True, tag="control_passed"):
    """Another application of ours took or gave up the thread (Messenger, hand-over protocol); apps are their ids.

    Where the thread comes back to us it is a HandedBack.
    """

    change: Literal["passed", "taken", "requested", "roles"]
    new_app: str = ""
    old_app: str = ""
    note: str = ""


class Notice(Happened, frozen=True, kw_only=True, tag="notice"):
    """The provider tells us about our account; `action` is an action word or `info`; evidence is the provider's JSON.

    `scope` says what is meant: a direction (`Reach`), `template:<name>`, or all where it is empty; `until` is in
    milliseconds, UTC (0: open). `business` is the provider's id of the business account, where it has several senders.
    `category` is that of the template that is meant, in `language`, where the provider tells it.
    """

    name: str = ""
    business: str = ""
    code: str
    action: str = "info"
    reason: str = ""
    scope: str = ""
    until: int = 0
    category: str = ""
    language: str = ""
    evidence: dict[str, Any] = {}


class Typing(Happened, frozen=True, kw_only=True, tag="typing"):
    """A customer is writing. Ephemeral: not stored."""


class ClientEvent(Happened, frozen=True, kw_only=True, tag="client_event"):
    """A named event that is no message: an app's over its in-app channel, or what only one channel has."""

    event_name: str
    value: Any = None


class EffectDone(Happened, frozen=True, kw_only=True, tag="effect_result"):
    """An effect ended: `result` where `fault` is none. `effect` is its name in the flow's `run` (0: any).

    `call` is the key that the effect was called with, `flow` the one that asked (empty: the one that runs).
    """

    effect: str
    effect_id: str
    result: Any = None
    fault: Fault | None = None
    run: int = 0
    call: str = ""
    flow: str = ""


class TimerFired(Happened, frozen=True, kw_only=True, tag="timer"):
    """A timer of the conversation is due."""

    timer: str
    run: int = 0


SLACK = 60_000
"""Milliseconds by which a provider's clock may be behind ours: what was said by then may be an answer to us."""
RESUMED = "\tresumed"
"""The name of a timer that no flow can set: somebody lets a parked conversation go on."""


class HandedBack(Happened, frozen=True, kw_only=True, tag="handed_back"):
    """A person gave the conversation back to the bot."""

    note: str = ""


Event = (
    MessageReceived
    | MessageEchoed
    | Receipt
    | MessageFailed
    | Reacted
    | Edited
    | Deleted
    | OptedIn
    | OptedOut
    | Started
    | AddressChanged
    | HelpAsked
    | ReceiptUpTo
    | ControlPassed
    | Notice
    | Typing
    | ClientEvent
    | EffectDone
    | TimerFired
    | HandedBack
)
