"""How times and purposes are said in a rule's reason."""

from datetime import UTC, datetime

_PURPOSES = {
    "service": "service messages",
    "marketing": "marketing",
    "one_time_codes": "one-time codes",
    "profiling": "profiling",
    "messages": "all messages",
    "channel_data": "the use of what the channel tells",
}


def day(at: int) -> str:
    """The day of a time in milliseconds, UTC."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d}"


def minute(at: int) -> str:
    """The minute of a time in milliseconds, UTC."""
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def purpose(name: str) -> str:
    """A purpose in words."""
    return _PURPOSES.get(name, name)
