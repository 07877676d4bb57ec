"""Telephone numbers as providers write them, and as addresses of ours (`tel:`)."""

import re
from typing import Literal

from state.model.wire import BadMessage

Form = Literal["plus", "zeros", "digits"]
"""How a provider wants an international number: `+44…`, `0044…` or `44…`."""
_PREFIX: dict[str, str] = {"plus": "+", "zeros": "00", "digits": ""}
_ODD = re.compile(r"[^!-~]|[()./-]")
_INTERNATIONAL = re.compile(r"[1-9][0-9]{6,14}")
_OURS = re.compile(r"\+[1-9][0-9]{6,14}|[0-9]{3,15}")


def urn(written: str) -> str:
    """The address of a sender: an international number with its plus, a short code or a name as it is.

    Digits without a plus count as international from eight on. Raises ValueError where nothing is left.
    """
    bare = _ODD.sub("", written)[:64]
    if not bare:
        raise ValueError("there is no sender")
    marked = bare.startswith(("+", "00"))
    digits = bare.removeprefix("+").removeprefix("00") if marked else bare
    if _INTERNATIONAL.fullmatch(digits) and (marked or len(digits) >= 8):
        return f"tel:+{digits}"
    return f"tel:{bare}"


def dialled(addresses: tuple[str, ...], form: Form = "digits") -> str:
    """The number of a customer as the provider wants it; raises BadMessage where there is none."""
    for each in addresses:
        scheme, _, path = each.partition(":")
        if scheme == "tel" and _OURS.fullmatch(path):
            return _PREFIX[form] + path[1:] if path.startswith("+") else path
    raise BadMessage("to", "a short message needs a telephone number")
