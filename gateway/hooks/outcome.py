"""What follows from the answer of a hook: delivered, tried again and when, or given up. Pure."""

from email.utils import parsedate_to_datetime

import msgspec

from gateway.wire import NoAnswer, trace
from state.deliveries import End, Leased
from state.model.wire import Call, Reply

DAY_MS = 24 * 3600 * 1000
PAUSES = (5, 30, 120, 600, 3600, 3 * 3600, 5 * 3600)
"""Seconds until the next try; the last stands for all that follow."""
_SPREAD = 0.2
"""How much earlier or later a try may come than its pause says, as a share of it."""
_GONE = 410
_encode = msgspec.json.Encoder().encode


def end_of(row: Leased, call: Call, started: int, outcome: Reply | NoAnswer, now: int, chance: float) -> End:
    """What came of a try that began then (milliseconds, UTC); `chance` from 0 to 1 spreads the next one."""
    answer = _encode(trace(call, started, outcome)).decode()
    if isinstance(outcome, Reply) and 200 <= outcome.status < 300:
        return End("delivered", answer)
    if isinstance(outcome, Reply) and outcome.status == _GONE:
        return End("failed", answer, disables="it answered 410: it wants nothing more")
    ends = row.began_at + DAY_MS
    if now >= ends:
        return End("failed", answer, disables=f"it took nothing for a day: {said(outcome)}", idle=True)
    return End("waiting", answer, min(now + _wait(row.attempt, outcome, now, chance), ends))


def said(outcome: Reply | NoAnswer) -> str:
    """An outcome in a few words."""
    if isinstance(outcome, Reply):
        moved = ", and redirects are not followed" if 300 <= outcome.status < 400 else ""
        return f"the last answer was {outcome.status}{moved}"
    return f"the last try had no answer ({type(outcome).__name__})"


def _wait(attempt: int, outcome: Reply | NoAnswer, now: int, chance: float) -> int:
    """Milliseconds until the next try: what the receiver asks for, where that is longer."""
    pause = PAUSES[min(attempt, len(PAUSES)) - 1] * 1000
    spread = int(pause * (1 - _SPREAD + 2 * _SPREAD * chance))
    asked = asked_for(outcome.headers.get("retry-after", ""), now) if isinstance(outcome, Reply) else 0
    return max(spread, asked)


def asked_for(text: str, now: int) -> int:
    """What `Retry-After` (RFC 9110, 10.2.3) asks for in milliseconds; 0 where it says nothing that can be read."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]) * 1000, DAY_MS)
    try:
        until = parsedate_to_datetime(text).timestamp() * 1000
    except (ValueError, TypeError, OverflowError):
        return 0
    return min(max(int(until) - now, 0), DAY_MS)
