"""A talk as text: what was said, with an arrow a message, and after `~` what happened beside it."""

from state.model.content import Choice, Content, plain

_UNITS = ((3_600_000, "h"), (60_000, "m"), (1000, "s"))
"""Milliseconds, from the largest; days count as hours, as a reader adds them up."""


def line(arrow: str, content: Content) -> str:
    """A message; the options of a question are lines of their own."""
    words = plain(content).replace("\n", "\n  ") or type(content).__name__
    if isinstance(content, Choice):
        words += "".join(f"\n  [{each.title}]" for each in content.options)
    return f"{arrow} {words}"


def passed(span: int) -> str:
    """A time in milliseconds, in the largest unit that it is whole in: `25h`, `90m`."""
    for unit, name in _UNITS:
        if span % unit == 0:
            return f"{span // unit}{name}"
    return f"{span / 1000:g}s"
