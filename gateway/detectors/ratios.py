"""Too many of what was sent in 24 hours failed, was complained about, or was answered with an opt-out. Pure."""

from collections.abc import Callable

from gateway.detectors.counts import Counts
from gateway.detectors.finding import Finding
from gateway.detectors.thresholds import Ratio, Thresholds
from state.model.suspension import Scope

_HOURS = 24


def errors(counts: Counts, thresholds: Thresholds, now: int) -> Finding | None:
    """Messages that failed for good: numbers that do not exist, content that is refused."""
    return _ratio(counts, now, "failed", thresholds.error_ratio, "error_ratio", "of what was sent has failed")


def complaints(counts: Counts, thresholds: Thresholds, now: int) -> Finding | None:
    """Messages that a provider or a carrier filtered, or warned of."""
    words = "of what was sent was filtered or complained about"
    return _ratio(counts, now, "complaints", thresholds.complaint_ratio, "complaint_ratio", words)


def opt_outs(counts: Counts, thresholds: Thresholds, now: int) -> Finding | None:
    """Customers who opted out, by a word or at the provider."""
    words = "of those who were sent to have opted out"
    return _ratio(counts, now, "opt_outs", thresholds.opt_out_ratio, "opt_out_ratio", words)


RATIOS: dict[str, Callable[[Counts, Thresholds, int], Finding | None]] = {
    "error_ratio": errors,
    "complaint_ratio": complaints,
    "opt_out_ratio": opt_outs,
}


def _ratio(counts: Counts, now: int, kind: str, ratio: Ratio, code: str, words: str) -> Finding | None:
    events = counts.within(now, kind, _HOURS)
    sent = counts.within(now, "accepted", _HOURS) + counts.within(now, "failed", _HOURS)
    if sent < ratio.least or events < ratio.events or events <= ratio.share * sent:
        return None
    return Finding(
        code=code,
        scope=Scope(channel=counts.channel, direction="business_initiated"),
        severity="warn",
        reason=f"{events / sent:.1%} {words} in {_HOURS} hours ({events} of {sent}); {ratio.share:.1%} is the limit",
        numbers={kind: events, "sent": sent, "limit": ratio.share},
    )
