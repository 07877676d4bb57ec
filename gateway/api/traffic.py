"""What our own traffic looks like, hour by hour, as detectors see it."""

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Annotated

import msgspec

from gateway.api.endpoint import Answer, Asked, Call, Word
from gateway.api.moments import at
from state import traffic
from state.model.ids import now_ms
from state.traffic import HOUR


class TrafficOf(Asked, frozen=True, kw_only=True):
    """The last `hours`, of one channel or of all."""

    channel: Word = ""
    hours: Annotated[int, msgspec.Meta(ge=1, le=168)] = 24


class HourView(Answer, frozen=True, kw_only=True):
    """One hour of a channel, by its beginning: how many of each kind."""

    channel: str
    hour: datetime
    counts: Mapping[str, int]


class TrafficView(Answer, frozen=True, kw_only=True):
    """The hours with traffic, the newest first."""

    items: tuple[HourView, ...]


async def read(call: Call[TrafficOf, None]) -> TrafficView:
    """Counts of the last hours, added up over all nodes."""
    since = traffic.hour_of(now_ms()) - (call.query.hours - 1) * HOUR
    rows = await call.gateway.store.read(traffic.LATEST, since)
    wanted = [row for row in rows if call.query.channel in ("", row[0])]
    return TrafficView(
        items=tuple(
            HourView(channel=channel, hour=at(hour), counts={row[2]: row[3] for row in group})
            for (channel, hour), group in groupby(wanted, lambda row: (row[0], row[1]))
        )
    )
