"""When to connect again, and what to tell of a bind that was refused."""

from typing import Final

from connectors.smpp import codes
from state.model.action import Action
from state.model.event import Notice

_FIRST, _LONGEST = 1.0, 60.0
_REFUSED, _REFUSED_LONGEST = 60.0, 900.0
"""Seconds after a bind refused for its name or password: an SMSC may lock out who hammers it."""
_HELD: Final = 60.0
"""Seconds a session must have held before the delay begins anew."""
_SUSPECT: Final = 3
"""Refusals in a row after which people must look at it."""


class Reconnect:
    """The delays of one link."""

    def __init__(self) -> None:
        self._failures = 0
        self._refusals = 0
        self._since: float | None = None
        self._wrong = False

    @property
    def delay(self) -> float:
        """Seconds to wait before connecting again."""
        if self._wrong:
            return min(_REFUSED * _doubled(self._refusals), _REFUSED_LONGEST)
        return min(_FIRST * _doubled(self._failures), _LONGEST)

    def bound(self, now: float) -> None:
        """The SMSC has let us in."""
        self._since, self._refusals, self._wrong = now, 0, False

    def ended(self, now: float) -> None:
        """A connection is over, or was none."""
        held = self._since is not None and now - self._since >= _HELD
        self._failures = 1 if held else self._failures + 1
        self._since = None

    def refused(self, status: int, at: int, system_id: str) -> Notice | None:
        """A bind was refused; what to tell of it, where that is for people to mend."""
        rule = codes.RULES.get(status)
        action = rule.action if rule else Action.CONFIG
        self._wrong = action is Action.AUTH
        if action not in (Action.AUTH, Action.CONFIG):
            return None
        self._refusals += 1
        if self._wrong and self._refusals >= _SUSPECT:
            action = Action.SUSPEND
        if not self._wrong and self._refusals != _SUSPECT:
            # "Already bound" passes by itself, once the SMSC has noticed that our last connection broke.
            return None
        return Notice(
            key=f"bind:{at}:{status}",
            at=at,
            code=codes.code_of(status),
            action=action.value,
            reason=f"the SMSC refused our bind {self._refusals} times in a row",
            evidence={"command_status": f"0x{status:08X}", "system_id": system_id},
        )


def _doubled(times: int) -> float:
    """How many times the first delay it is after as many failures; ten doublings are past every longest delay."""
    return 2.0 ** min(max(times - 1, 0), 10)
