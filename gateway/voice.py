"""What Parley itself says in a turn, around what the flow says: who has access to what, that a customer has stopped."""

from collections.abc import Sequence
from functools import partial

import msgspec

from gateway import notices, permissions, policy
from gateway.channels import Channels, Live
from gateway.notices import ACCESS, Notice, Part
from gateway.opting import NOTHING, Meanings, Opted, opted, words_of
from gateway.policy.places import is_telephone
from gateway.policy.vocabulary import Vocabulary
from gateway.provider_consent import BY_NUMBER
from gateway.teams import Teams
from gateway.tongue import spoken
from state.conversations import Taken
from state.known import NOBODY
from state.model import cause
from state.model.cause import OURS, Cause
from state.model.channel import Channel
from state.model.consent import Consent, Standing, latest
from state.model.content import Text
from state.model.event import (
    AddressChanged,
    Edited,
    Event,
    HelpAsked,
    MessageReceived,
    OptedIn,
    OptedOut,
    Started,
)
from state.model.ids import new_id, now_ms
from state.model.turn import Played, Say
from state.outbox import Leased

_SAID = (MessageReceived, Edited)
_TOLD = (OptedIn, OptedOut, AddressChanged, Started)
_HELPED = ("help", "help_asked")
"""The triggers by which a flow answers a call for help itself."""


class Voiced(msgspec.Struct, frozen=True):
    """All that a turn says, in its order, what it notes of consent, and the notice it begins with, if any."""

    says: tuple[Say, ...]
    opted: Opted = NOTHING
    notice: Notice | None = None

    @property
    def told(self) -> str:
        """The version of the notice that is given with this turn."""
        return self.notice.version if self.notice else ""


class Voice:
    """Speaks for Parley; with `tells` each conversation begins with who has access to what is exchanged in it."""

    def __init__(self, channels: Channels, teams: Teams, *, tells: bool) -> None:
        self._channels, self._teams, self._tells = channels, teams, tells

    def wanted(self, live: Live, urns: Sequence[str], country: str) -> tuple[Part, ...]:
        """What a customer with these addresses is told first, whose own country is `country` ("" where not known)."""
        settings = self._teams.facts(live.channel.team).settings
        found: tuple[Part, ...] = ACCESS if self._tells else ()
        if settings.business and live.channel.type in BY_NUMBER:
            held = policy.standard().as_of(now_ms())
            places = (held.place(tuple(urns), each, "").country for each in ("", country))
            if any(map(held.opens, places)):  # the number's country binds its operators, whoever has it
                found = ("business", *found)
        return ("machine", *found) if settings.automated else found

    def speak(self, taken: Taken, heard: Sequence[Event], played: Played, now: int) -> Voiced:
        """What is said in a turn whose flow has played what was `heard`; `now` in milliseconds, UTC."""
        live, locale = self._channels.get(taken.channel), played.locale or taken.about[1]
        team = live.channel.team if live else taken.team
        met = heard[: len(heard) - played.left]
        found = self.heard(taken, met, now)
        if live is None:
            return Voiced(played.says, permissions.noted(found, taken, played, team, now))
        stopped = _stopped(taken, taken.known.standings if found is NOTHING else found.standings)
        served = not stopped and bool([each for each in played.steps if each.trigger in _HELPED])
        says = (*found.says, *self._helps(live, taken, locale, met, served=served), *played.says)
        first = says and not stopped
        notice = self.notice(live, locale, taken.told, taken.urns, taken.known.country) if first else None
        found = permissions.noted(found, taken, played, team, now)
        return Voiced((say_of(notice, says[0].cause), *says) if notice else says, found, notice)

    def heard(self, taken: Taken, heard: Sequence[Event], now: int) -> Opted:
        """What the first events of a conversation, as they were `heard`, say of consent; `now` in milliseconds, UTC.

        It counts also where the channel they came by does not work any more, or not here yet.
        """
        words = policy.standard().as_of(now).words
        if not [each for each in heard if _may_tell(each, words)]:
            return NOTHING
        events = [(of, each) for (of, _), each in zip(taken.events, heard, strict=False)]
        live = self._channels.get(taken.channel)
        channel = self._channels.named(taken.channel) or Channel(id=taken.channel, type="", team=taken.team)
        named = channel.type in BY_NUMBER  # a short message shows a number alone
        business = self._teams.facts(channel.team).settings.business if named else ""
        tongue = partial(
            spoken, taken.about[1], taken.urns, taken.known.country, policy.standard().as_of(now)
        )
        return opted(taken, events, channel, now, _meanings(live, taken, now), business, tongue)

    def _helps(
        self, live: Live, taken: Taken, locale: str, met: Sequence[Event], *, served: bool
    ) -> tuple[Say, ...]:
        """The answer to HELP by text message, where the provider has given none, and no flow has `served` one."""
        asked = [event.note for event in met if isinstance(event, HelpAsked) and event.heard]
        if not asked:
            return ()
        settings = self._teams.facts(live.channel.team).settings
        if served or not (settings.business and settings.help):
            return ()
        held = policy.standard().as_of(now_ms())
        tongue = spoken(locale, taken.urns, taken.known.country, held, asked[-1])
        words = notices.helps(tongue, settings.business, settings.help)
        return (Say(Text(words), cause=Cause(actor=OURS, helps=True)),)

    def notice(self, live: Live, locale: str, told: str, urns: Sequence[str], country: str) -> Notice | None:
        """What a customer is to be told before anything else, who was told a version of it before ("": none)."""
        parts = self.wanted(live, urns, country)
        if notices.current(told, parts):
            return None
        tongue = spoken(locale, urns, country, policy.standard().as_of(now_ms()))
        return notices.notice(
            live.channel.type, tongue, parts, self._teams.facts(live.channel.team).settings.business
        )

    def afterwards(self, taken: Taken, voiced: Voiced) -> Taken:
        """A conversation as the turn leaves it, for the decision about what it says."""
        if voiced.opted is NOTHING and not voiced.notice:
            return taken
        known = taken.known
        if voiced.opted is not NOTHING:
            known = msgspec.structs.replace(known, standings=voiced.opted.standings)
        return msgspec.structs.replace(taken, known=known, told=voiced.told or taken.told)


def say_of(notice: Notice, before: Cause = cause.ANSWER, *, later: bool = False) -> Say:
    """The message that gives a notice before another, whose purpose and campaign are its own: it leaves as that may."""
    why = Cause(
        actor=OURS, tells=notice.version, purpose=before.purpose, campaign=before.campaign, flow=before.flow,
        later=later,
    )  # fmt: skip
    return Say(Text(notice.text), cause=why)


def told(row: Leased, live: Live, text: str, now: int) -> Consent:
    """The fact that a customer was told by a message that its provider took; `now` in milliseconds, UTC."""
    version, known = cause.read(row.body).tells, row.known or NOBODY
    return Consent(
        id=new_id(known.lane), team=live.channel.team, contact=known.contact, change="told", purpose="channel_data",
        source="parley", at=now, actor=OURS, channel=live.channel.id, evidence={"message": row.id}, text=text,
        text_version=version, locale=version.partition("/")[2],
    )  # fmt: skip


def _may_tell(event: Event, words: Vocabulary) -> bool:
    """Whether an event may say something of consent: nearly all are told from those that do by a look."""
    if isinstance(event, _SAID):
        said = event.content
        if isinstance(said, Text):
            return words.may_mean(said.text)
        return any(map(words.may_mean, words_of(said)))
    return isinstance(event, _TOLD)


def _stopped(taken: Taken, standings: Sequence[Standing]) -> bool:
    """Whether what a flow says is refused: its customer has stopped us."""
    found = latest(standings, "service", taken.urns, taken.channel) if standings else None
    return found is not None and found.change == "withdrawn"


def _meanings(live: Live | None, taken: Taken, now: int) -> Meanings:
    """What words mean to a customer on a channel: the whole sets where it sends short messages."""
    kind = live.channel.type if live else ""
    if kind in BY_NUMBER if live else any(map(is_telephone, taken.urns)):
        kind = "sms"
    held = policy.standard().as_of(now)
    return partial(
        policy.meaning, channel=kind, held=held, locale=taken.about[1], country=taken.known.country
    )
