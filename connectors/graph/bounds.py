"""Checks of a limit before anything is sent; each names the field at fault."""

from state.model.wire import BadMessage


def within(field: str, value: str, most: int, least: int = 0) -> str:
    """The value, where its length in characters is within bounds; raises BadMessage."""
    if not least <= len(value) <= most:
        raise BadMessage(field, f"has {len(value)} characters; {least} to {most} are allowed")
    return value


def count(field: str, number: int, most: int, least: int = 1) -> None:
    """Check how many there are; raises BadMessage."""
    if not least <= number <= most:
        raise BadMessage(field, f"are {number}; {least} to {most} are allowed")


def address(field: str, url: str) -> str:
    """A web address; raises BadMessage."""
    if not url.startswith(("https://", "http://")):
        raise BadMessage(field, "is no web address: it must begin with https:// or http://")
    return url
