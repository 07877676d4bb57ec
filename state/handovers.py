"""What hooks are told when a person is to answer in a conversation, and when the bot answers again."""

from collections.abc import Iterable

from state import hooks
from state.model.event import Event, HandedBack
from state.model.occurrence import ConversationData, Occurrence, occurrence, time
from state.model.turn import Snapshot
from state.statements import Row, Statement


def told_asks(
    conversation: tuple[str, str, str, str], before: Snapshot, after: Snapshot, met: Iterable[Event], at: int
) -> list[tuple[Statement, Row]]:
    """The statements that tell it, where a turn has changed who answers.

    `conversation` is its id, its contact, its channel and its team; `at` in milliseconds, UTC.
    """
    was, over = before.mode == "person", after.mode == "person"
    backs = [each.note for each in met if isinstance(each, HandedBack)]
    if after.mode == "parked" or (was == over and not (over and backs)):
        return []
    told = [_occurrence(conversation, before, after, "".join(backs[:1]), at, over=False)] if was else []
    if over:  # again, where what was given back asked for a person at once
        told.append(_occurrence(conversation, before, after, after.reason, at, over=True))
    return hooks.told_asks(*told)


def _occurrence(
    conversation: tuple[str, str, str, str],
    before: Snapshot,
    after: Snapshot,
    reason: str,
    at: int,
    *,
    over: bool,
) -> Occurrence:
    found, contact, channel, team = conversation
    data = ConversationData(
        conversation=found, contact=contact, channel=channel, flow=after.flow or before.flow, state=after.state,
        reason=reason, at=time(at),
    )  # fmt: skip
    kind = "conversation.handed_over" if over else "conversation.handed_back"
    return occurrence(kind, f"conversations/{found}", data, team, at=at)
