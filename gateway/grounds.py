"""What the policy is shown of a message on its way: its row, its channel, and what this process holds in memory."""

from typing import Any

import msgspec

from gateway import notices, outgoing, policy
from gateway.channels import Live
from gateway.fence import Fence
from gateway.licences import Licences
from gateway.teams import Teams
from gateway.templates import Templates
from gateway.voice import Voice
from state import known
from state.model import cause
from state.model.content import Content, Template
from state.model.suspension import Target
from state.outbox import Leased, Letter

_native = msgspec.json.Decoder(dict[str, Any]).decode


class Grounds:
    """Gathers the facts of decisions."""

    def __init__(
        self, fence: Fence, voice: Voice, teams: Teams, licences: Licences, templates: Templates
    ) -> None:
        self._fence, self._voice, self._teams, self._licences = fence, voice, teams, licences
        self._templates = templates

    def target(self, row: Leased, live: Live) -> Target:
        """What a suspension must cover to stop the row."""
        return outgoing.target(row, live, self._teams.above(live.channel.team))

    def facts(self, row: Leased, live: Live, content: Content, now: int) -> policy.Facts:
        """All that is known of a message; `now` in milliseconds, UTC."""
        person, letter = row.known or known.NOBODY, row.message
        why = cause.read(row.body)
        target = self.target(row, live)
        urns = outgoing.urns(row)
        unasked = target.initiated or why.purpose == "marketing"
        return policy.Facts(
            target=target,
            content=content,
            terms=live.terms,
            terms_since=max(live.terms.since, live.terms_known),
            accepted=live.accepted,
            team=self._teams.facts(live.channel.team),
            licences=self._licences.of(live.channel.team, content),
            suspensions=self._fence.suspensions,
            last_in=row.talk.last_in,
            expires_at=row.expires_at,
            channel_type=live.channel.type,
            cause=why,
            person=policy.Person(urns, person.country, person.zone, person.born),
            standings=person.standings,
            notice=notices.wording(self._voice.wanted(live, urns, person.country)),
            told=letter.told if letter else "",
            touches=person.touches,
            digest=outgoing.digest(row) if unasked else "",
            message=row.id,
            category=self._templates.category(live.channel.id, content)
            if isinstance(content, Template)
            else "",
            tag=_tag(letter, live),
            by_person=bool(why.actor) and not (why.ours or why.flow or why.campaign),
        )


def _tag(letter: Letter | None, live: Live) -> str:
    """The provider's tag among a message's native options."""
    if letter is None or not letter.native:
        return ""
    options = _native(letter.native).get(live.channel.type)
    return str(options.get("tag", "")) if isinstance(options, dict) else ""


def touch(row: Leased, facts: policy.Facts, now: int) -> known.Touch | None:
    """What is to be remembered of a message that answers nothing, so that customers get few of them."""
    if not facts.digest or facts.cause.tells:
        return None
    return known.Touch(now, facts.cause.purpose, facts.digest, row.id, facts.cause.campaign)
