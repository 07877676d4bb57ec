"""What a detector says: what it has found, on which channel, by what numbers, and how bad it is."""

from typing import Literal

from state.model.base import Value
from state.model.suspension import Scope

Severity = Literal["warn", "fraud"]
"""`warn` suspends when it comes again and again; `fraud` is announced, and held where nobody says that all is well."""


class Finding(Value, frozen=True, kw_only=True):
    """What was found. `code` is the detector's name, `reason` is for the team that reads the notice.

    `numbers` are the evidence by name.
    """

    code: str
    scope: Scope
    severity: Severity
    reason: str
    numbers: dict[str, float]
