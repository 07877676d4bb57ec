"""Twilio's addresses and ours: `+1…`, `whatsapp:+1…`, `rcs:…`; a short code has digits alone."""

import re

from state.model.address import kept
from state.model.wire import BadMessage

_SCHEMES = {"": "tel", "whatsapp": "whatsapp", "rcs": "tel", "messenger": "messenger"}
RCS = "rcs:"
"""Stands before a number that is reached by RCS, and before the name of an agent that sends so."""
_NUMBER = re.compile(r"\+?[0-9]{3,15}")
_WORD = re.compile(r"[\w.:+-]{1,64}")


def urn(address: str) -> str:
    """The URN of an address as Twilio writes it; raises ValueError where it is none."""
    prefix, _, rest = address.strip().rpartition(":")
    scheme = _SCHEMES.get(prefix.lower())
    if scheme is None:
        raise ValueError(f"{address[:40]!r} is no address")
    form = _NUMBER if scheme in ("tel", "whatsapp") else _WORD
    if not form.fullmatch(rest):
        raise ValueError(f"{address[:40]!r} is no address")
    return kept(f"{scheme}:{rest}")


def written(addresses: tuple[str, ...], *, rcs: bool = False) -> str:
    """The address Twilio wants for a customer, with `rcs` for an RCS agent's message; raises BadMessage."""
    for each in addresses:
        scheme, _, path = each.partition(":")
        if scheme == "tel" and _NUMBER.fullmatch(path):
            return f"{RCS}{path}" if rcs else path
        if rcs:
            continue
        if scheme == "whatsapp" and path.isdigit():
            return f"whatsapp:+{path}"
        if scheme == "messenger":
            return f"messenger:{path}"
    raise BadMessage("to", "Twilio needs a telephone number")
