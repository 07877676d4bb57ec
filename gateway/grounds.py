"""What the policy is shown of a message on its way: its row, its channel, and what this process holds in memory."""

from gateway import outgoing, policy
from gateway.channels import Live
from gateway.fence import Fence
from gateway.voice import Voice
from state import known
from state.model import cause
from state.model.content import Content
from state.outbox import Leased


class Grounds:
    """Gathers the facts of decisions."""

    def __init__(self, fence: Fence, voice: Voice) -> None:
        self._fence, self._voice = fence, voice

    def facts(self, row: Leased, live: Live, content: Content, now: int) -> policy.Facts:
        """All that is known of a message; `now` in milliseconds, UTC."""
        person, letter = row.known or known.NOBODY, row.message
        why = cause.read(row.body)
        target = outgoing.target(row, live)
        unasked = target.initiated or why.purpose == "marketing"
        return policy.Facts(
            target=target,
            content=content,
            terms=live.connector.terms,
            suspensions=self._fence.suspensions,
            last_in=row.talk.last_in,
            expires_at=row.expires_at,
            channel_type=live.channel.type,
            cause=why,
            person=policy.Person(outgoing.urns(row), person.country, person.zone, person.born),
            standings=person.standings,
            notice=self._voice.version,
            told=letter.told if letter else "",
            touches=person.touches,
            digest=outgoing.digest(row) if unasked else "",
            message=row.id,
        )


def touch(row: Leased, facts: policy.Facts, now: int) -> known.Touch | None:
    """What is to be remembered of a message that answers nothing, so that customers get few of them."""
    if not facts.digest or facts.cause.tells:
        return None
    return known.Touch(now, facts.cause.purpose, facts.digest, row.id, facts.cause.campaign)
