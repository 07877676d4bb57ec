"""What flows record of a customer's consent, as facts of the ledger. Pure.

What is given counts on the channel it was asked on, what is taken back on all of the team's.
"""

from collections.abc import Mapping
from typing import Any

from gateway.opting import NOTHING, Opted
from state.conversations import Taken
from state.model.consent import Consent, standing_of
from state.model.content import plain
from state.model.event import Event, MessageReceived
from state.model.ids import new_id
from state.model.turn import Permission, Played


def noted(found: Opted, taken: Taken, played: Played, team: str, now: int) -> Opted:
    """What the events of a turn say of consent, and after it what its flows record; `now` in milliseconds, UTC."""
    if not played.permissions:
        return found
    events = {event.key: (event_id, event) for event_id, event in taken.events}
    locale = played.locale or taken.about[1]
    facts = tuple(_fact(each, events, taken, team, now, locale) for each in played.permissions)
    before = taken.known.standings if found is NOTHING else found.standings
    after = {each[:3]: each for each in (*before, *map(standing_of, facts))}
    return Opted((*found.facts, *facts), found.says, tuple(sorted(after.values())))


def _fact(
    made: Permission, events: Mapping[str, tuple[str, Event]], taken: Taken, team: str, now: int, locale: str
) -> Consent:
    known, evidence = taken.known, dict(made.evidence)
    event_id, event = events.get(made.event, ("", None))
    evidence |= _proof(made, event_id, event)
    return Consent(
        id=new_id(known.lane), team=team, contact=known.contact,
        change="given" if made.given else "withdrawn", purpose=made.purpose, source="flow", at=now,
        actor=f"flow {made.flow}", channel=taken.channel if made.given else "", evidence=evidence, text=made.text,
        text_version=made.version, locale=locale,
    )  # fmt: skip


def _proof(made: Permission, event_id: str, event: Event | None) -> dict[str, Any]:
    """The event that was played: its id and key, and the customer's words where it is a message."""
    found: dict[str, Any] = {"event": event_id, "key": made.event}
    words = plain(event.content).strip() if isinstance(event, MessageReceived) else ""
    return found | ({"words": words[:200]} if words else {})
