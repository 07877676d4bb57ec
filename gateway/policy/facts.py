"""What the rules look at: plain values gathered before they are asked."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from state.known import Touch
from state.model.cause import ANSWER, Cause
from state.model.channel import Terms
from state.model.consent import Standing
from state.model.content import Content
from state.model.suspension import Suspension, Target
from state.model.team_settings import TeamSettings

DAY = 86_400
"""Seconds in which a customer's message makes ours an answer, on channels whose terms know no reply window."""


class Person(msgspec.Struct, frozen=True):
    """Whom a message is for: their addresses on the channel, and what is known of them.

    `country` (ISO 3166, two letters) and `zone` (IANA) are the contact's own; "" where only the address can tell.
    `born` is YYYY, YYYY-MM or YYYY-MM-DD; "" where it is not known.
    """

    addresses: tuple[str, ...] = ()
    country: str = ""
    zone: str = ""
    born: str = ""


class Team(NamedTuple):
    """The sending team: its country (ISO 3166; "" for a team without one), whether it is active, what it has set."""

    country: str = ""
    active: bool = True
    settings: TeamSettings = TeamSettings()


class Licence(NamedTuple):
    """A licence for content: what it is for (`template:NAME` or `media:ID`), and when it ends (ms, UTC; 0: never)."""

    id: str
    subject: str
    ends_at: int


class Facts(msgspec.Struct, frozen=True):
    """One message about to leave. Times in milliseconds, UTC; 0: never."""

    target: Target
    content: Content
    terms: Terms
    suspensions: tuple[Suspension, ...] = ()
    last_in: int = 0
    """When the customer last wrote on this channel."""
    expires_at: int = 0
    """When the message is of no use any more."""
    channel_type: str = ""
    cause: Cause = ANSWER
    person: Person = Person()
    team: Team = Team()
    standings: tuple[Standing, ...] = ()
    """What stands of the contact's consent."""
    notice: str = ""
    """The version of the notice (who has access to what) that comes first on this channel; "" where none is asked."""
    told: str = ""
    """The version of the notice the customer was given on this channel; "" before."""
    terms_since: int = 0
    """Since when this gateway knows the version of the channel's terms; 0 where there is nothing to accept."""
    accepted: Mapping[str, int] = {}
    """The versions of the channel's terms that were accepted, and when."""
    touches: tuple[Touch, ...] = ()
    licences: tuple[Licence, ...] = ()
    digest: str = ""
    """Of what it says, to tell a message that was sent already; "" where that is not asked."""
    message: str = ""
    """Its own id: what was sent of it before (its other parts) is not held against it."""
    category: str = ""
    """The provider's category of the template it uses; "" where it is none, or none is known."""
    tag: str = ""
    """The provider's tag it goes under, as Meta's HUMAN_AGENT."""
    by_person: bool = False
    """Whether no flow and no campaign wrote it, but a caller: who tags it as a person's answers for that."""


def initiated(terms: Terms, last_in: int, now: int) -> bool:
    """Whether a send now answers no customer; some providers and suspensions stop only such."""
    return now - last_in >= (terms.reply_window or DAY) * 1000
