"""What Meta's values must be beyond their types: times and ids. What does not fit raises Unfit."""

from connectors.values import LAST_MS, Unfit

LONGEST_ID = 512


def timestamp(value: str | int) -> int:
    """Seconds, sometimes milliseconds, as a number or a string, in milliseconds UTC; raises Unfit."""
    text = value if isinstance(value, str) else str(value)
    if len(text) < 16 and text.isascii() and text.isdigit():
        number = int(text)
        ms = number if number > 100_000_000_000 else number * 1000
        if ms <= LAST_MS:
            return ms
    raise Unfit(f"{text[:40]!r} is no time", ".timestamp")


def at(value: object) -> int:
    """When a change came, in milliseconds UTC; 0 where the webhook does not say so readably."""
    try:
        return timestamp(value) if isinstance(value, str | int) and not isinstance(value, bool) else 0
    except Unfit:
        return 0


def known(value: str, where: str = ".id") -> str:
    """An id of the provider's, as we can keep it; raises Unfit."""
    if not value or len(value) > LONGEST_ID or not value.isprintable():
        raise Unfit("is no id", where)
    return value
