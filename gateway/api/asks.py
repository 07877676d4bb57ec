"""What the bodies of requests hold."""

from typing import Annotated, Any, Literal

import msgspec

from gateway.api.endpoint import Asked, Reason, Word
from gateway.api.moments import Moment
from state.model.content import Content
from state.model.suspension import Scope

Ground = Literal["terms_breached", "channel_requires", "suspected_fraud", "legal", "operator"]
Note = Annotated[str, msgspec.Meta(max_length=2000)]
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


class SendMessage(Asked, frozen=True, kw_only=True):
    """A message to send: `channel` may be left out where `to` is a conversation.

    `at` schedules it; `valid` is for how many seconds from then it is worth sending; `reply_to` quotes a message by
    our id or the provider's; `client_ref` is the caller's own name for it; `native` holds options of the channel's
    type alone, under that type's name.
    """

    to: To
    content: Content
    channel: Word = ""
    at: Moment | None = None
    valid: Seconds = 24 * 3600
    reply_to: Word = ""
    client_ref: Word = ""
    native: dict[str, dict[str, Any]] = {}


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


class Suspend(Asked, frozen=True, kw_only=True):
    """Nothing more is to leave within a scope; every field of it that is filled must match."""

    scope: Scope
    reason: Reason
    ground: Ground = "operator"


class Lift(Asked, frozen=True, kw_only=True):
    """A suspension is to end."""

    reason: Reason


class AcceptTerms(Asked, frozen=True, kw_only=True):
    """A channel's terms are to be accepted: the version in force, or another that is to come."""

    version: Word = ""
