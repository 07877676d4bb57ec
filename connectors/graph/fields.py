"""What Meta's values must be beyond their types: times and ids. What does not fit raises Unfit."""

from connectors.values import LAST_MS, Unfit

LONGEST_ID = 512


def timestamp(value: str | int) -> int:
    """Seconds, sometimes milliseconds, as a number or a string, in milliseconds UTC; raises Unfit."""
    text = str(value) if isinstance(value, int) and value < LAST_MS else value
    if not isinstance(text, str) or not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Unfit(f"{str(value)[:40]!r} is no time", ".timestamp")
    number = int(text)
    ms = number if number > 100_000_000_000 else number * 1000
    if ms > LAST_MS:
        raise Unfit(f"{text!r} is no time", ".timestamp")
    return ms


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
