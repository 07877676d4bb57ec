"""What the bodies of requests hold."""

from typing import Annotated, Any, Literal

import msgspec

from gateway.api.endpoint import Asked, Id, Reason, Word
from gateway.api.moments import Moment, ms_of
from state.model.consent import Basis
from state.model.content import Content
from state.model.suspension import MOST_EVIDENCE, Held, Order, Scope

Ground = Literal["terms_breached", "channel_requires", "suspected_fraud", "legal", "operator"]
Note = Annotated[str, msgspec.Meta(max_length=2000)]
SentFor = Literal["service", "marketing", "one_time_codes"]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=30 * 24 * 3600)]
To = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=255,
        pattern=r"^[^\x00]*$",
        description="an address (`scheme:path`), or the id of a contact or a conversation",
    ),
]


class Allowed(Asked, frozen=True, kw_only=True):
    """What the customer has allowed, as the caller knows it: the legal basis (GDPR article 6), and what proves it.

    It is noted where nothing is known of the customer and the purpose; it takes back no withdrawal.
    """

    basis: Basis
    evidence: Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]
    text: Note = ""
    text_version: Word = ""


class SendMessage(Asked, frozen=True, kw_only=True):
    """A message to send: `channel` may be left out where `to` is a conversation.

    `at` schedules it; `valid` is for how many seconds from then it is worth sending; `reply_to` quotes a message by
    our id or the provider's; `client_ref` is the caller's own name for it; `native` holds options of the channel's
    type alone, under that type's name. `purpose` is what it is for, which the customer must have allowed; `consent`
    tells that they have, where it was not recorded before. `campaign` is what it is a part of.
    """

    to: To
    content: Content
    channel: Word = ""
    at: Moment | None = None
    valid: Seconds = 24 * 3600
    reply_to: Word = ""
    client_ref: Word = ""
    native: dict[str, dict[str, Any]] = {}
    purpose: SentFor = "service"
    campaign: Annotated[str, msgspec.Meta(max_length=128, pattern=r"^[^\x00]*$")] = ""
    consent: Allowed | None = None


class PreviewMessage(Asked, frozen=True, kw_only=True):
    """A message to look at on several channels; `channels` are their ids, all of them where it is left out."""

    content: Content
    channels: Annotated[tuple[Word, ...], msgspec.Meta(max_length=100)] = ()
    native: dict[str, dict[str, Any]] = {}


class HandBack(Asked, frozen=True, kw_only=True):
    """The bot is to answer again; `note` tells it what the person did."""

    note: Note = ""


class Resume(Asked, frozen=True, kw_only=True):
    """A parked conversation is to go on where it stands, or with `restart` from the start of a flow."""

    reason: Reason
    restart: bool = False


Lead = Annotated[int, msgspec.Meta(ge=0, le=30 * 24 * 3600)]


class Suspend(Asked, frozen=True, kw_only=True):
    """Nothing more is to leave within a scope; every field of it that is filled must match.

    `evidence` are ids of signals, messages and decisions. With `lead` (seconds) it is announced first, with `notice` as
    the words; a suspected fraud always is. `until` and `condition` say when it may end; with `second_actor` a lift has
    to be confirmed by another actor.
    """

    scope: Scope
    reason: Reason
    ground: Ground = "operator"
    evidence: Annotated[tuple[Id, ...], msgspec.Meta(max_length=MOST_EVIDENCE)] = ()
    notice: Note = ""
    lead: Lead = 0
    until: Moment | None = None
    condition: Note = ""
    second_actor: bool = False

    @property
    def order(self) -> Order:
        """The same as the operations take it."""
        return Order(
            scope=self.scope, reason=self.reason, ground=self.ground, evidence=self.evidence, notice=self.notice,
            lead=self.lead, until=ms_of(self.until) if self.until else 0, condition=self.condition,
            two=self.second_actor,
        )  # fmt: skip


class PreviewSuspension(Asked, frozen=True, kw_only=True):
    """What a suspension of a scope would do; `until` as it would be given."""

    scope: Scope
    until: Moment | None = None


class Lift(Asked, frozen=True, kw_only=True):
    """A suspension is to end; `held` says what becomes of the messages it holds."""

    reason: Reason
    held: Held = "resume"


class AcceptTerms(Asked, frozen=True, kw_only=True):
    """A channel's terms are to be accepted: the version in force, or another that is to come."""

    version: Word = ""


class Because(Asked, frozen=True, kw_only=True):
    """Why it is done."""

    reason: Reason


class Discard(Asked, frozen=True, kw_only=True):
    """Messages that a suspension holds are to end, while it goes on: `messages`, or all that it holds now."""

    reason: Reason
    held: Literal["discard", "expire"] = "discard"
    messages: Annotated[tuple[Id, ...], msgspec.Meta(max_length=1000)] = ()
