"""Times at the border: ISO 8601 outside, milliseconds since 1970 (UTC) inside."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time with its offset from UTC."""
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def moment(ms: int) -> datetime | None:
    """A time in milliseconds as it is shown; none for 0, which means never."""
    return at(ms) if ms else None


def at(ms: int) -> datetime:
    """A time in milliseconds as it is shown."""
    return _BEGIN + ms * _MS


def ms_of(when: datetime) -> int:
    """A time as milliseconds since 1970, UTC."""
    return (when - _BEGIN) // _MS
