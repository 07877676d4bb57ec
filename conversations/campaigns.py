"""Which campaign a customer's message answers: the one whose message it quotes, or the one that has just written."""

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from state.model.event import SLACK, Event, MessageReceived

WINDOW = 72 * 3_600_000
"""Milliseconds within which a customer's first message after a campaign's is an answer to it without quoting it."""


def answering(
    events: Sequence[Event],
    quoted: Mapping[str, str],
    latest: tuple[str, int],
    *,
    running: bool,
    served: Collection[str],
) -> list[Event]:
    """The events, with the campaign that each message answers, where a flow is `served` that begins by it.

    `quoted` are campaigns by the provider's ids of their messages; `latest` is the campaign that wrote in the
    conversation since the customer's last message, and when (milliseconds, UTC). While a flow is `running`, a message
    that quotes nothing is for that flow. What was said before, and waited for its turn, is no answer.
    """
    name, at = latest
    recent = "" if running else name
    told: list[Event] = []
    for event in events:
        if isinstance(event, MessageReceived):
            follows = at - SLACK <= event.at <= at + WINDOW
            answered = quoted.get(event.reply_to) or (recent if follows else "")
            recent = recent if event.at < at - SLACK else ""
            told.append(replace(event, campaign=answered) if answered in served else event)
        else:
            told.append(event)
    return told
