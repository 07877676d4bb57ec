"""What the rules look at: plain values gathered before they are asked."""

from collections.abc import Mapping
from typing import NamedTuple

from state.model.cause import ANSWER, Cause
from state.model.channel import Terms
from state.model.consent import Standing
from state.model.content import Content
from state.model.suspension import Suspension, Target
from state.model.team_settings import TeamSettings

DAY = 86_400
"""Seconds in which a customer's message makes ours an answer, on channels whose terms know no reply window."""


class Person(NamedTuple):
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


class Touch(NamedTuple):
    """A message sent to a contact before that answered nothing: when (milliseconds, UTC), what for, what it said."""

    at: int
    purpose: str
    digest: str
    message: str
    campaign: str = ""


class Licence(NamedTuple):
    """A licence for content: what it is for (`template:NAME` or `media:ID`), and when it ends (milliseconds, UTC)."""

    id: str
    subject: str
    ends_at: int


class Facts(NamedTuple):
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
    told: str = ""
    """The version of the notice the customer was given on this channel, of who has access to what; "" before."""
    accepted: Mapping[str, int] = {}
    """The versions of the channel's terms that were accepted, and when."""
    touches: tuple[Touch, ...] = ()
    licences: tuple[Licence, ...] = ()
    digest: str = ""
    """Of what it says, to tell a message that was sent already."""


def initiated(terms: Terms, last_in: int, now: int) -> bool:
    """Whether a send now answers no customer; some providers and suspensions stop only such."""
    return now - last_in >= (terms.reply_window or DAY) * 1000
