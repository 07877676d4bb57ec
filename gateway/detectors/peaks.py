"""Far more than is usual at that hour: new recipients, messages nobody asked for, one text for many strangers. Pure."""

from collections.abc import Iterator

from gateway.detectors.counts import Counts
from gateway.detectors.finding import Finding
from gateway.detectors.thresholds import Peak, Pumping, Thresholds
from gateway.detectors.usual import Limit, limit
from state.model.suspension import Scope
from state.traffic import DAY, HOUR


def new_recipients(counts: Counts, thresholds: Thresholds, now: int) -> Finding | None:
    """A burst of first messages to people who have never written."""
    words = "people who had never written were sent a first message in this hour"
    return _hourly(counts, now, "new_recipients", thresholds.new_recipients, "new_recipients", words)


def unusual_peak(counts: Counts, thresholds: Thresholds, now: int) -> Finding | None:
    """An hour with far more messages that answer nobody."""
    words = "messages that answer nobody left in this hour"
    return _hourly(counts, now, "unasked", thresholds.unusual_peak, "unusual_peak", words)


def unusual_rise(counts: Counts, thresholds: Thresholds, now: int) -> Finding | None:
    """A day with far more of them: what rises too slowly for a peak."""
    peak, value = thresholds.unusual_rise, counts.within(now, "unasked")
    if value < peak.least:
        return None
    known = (now - counts.first) // DAY if counts.first else 0
    weeks = [counts.day(7 * n) for n in range(1, peak.weeks + 1) if 7 * n < known]
    days = [counts.day(n) for n in range(1, peak.days + 1) if n < known]
    words = "messages that answer nobody left in 24 hours"
    return _finding(counts, "unusual_rise", value, limit(weeks, days, peak), words)


def same_content(counts: Counts, thresholds: Thresholds, now: int) -> Finding | None:
    """The same text for many people who have never written."""
    peak, value = thresholds.same_content, counts.greatest(now, "same")
    if value < peak.least:
        return None
    weeks = [_greatest_beside(counts, hour, peak) for hour in counts.weeks_before(now, peak.weeks)]
    days = [_greatest_beside(counts, hour, peak) for hour in counts.days_before(now, peak.days)]
    words = "people who had never written were sent the same text in this hour"
    return _finding(counts, "same_content", value, limit(weeks, days, peak), words)


def code_pumping(counts: Counts, thresholds: Thresholds, now: int) -> Finding | None:
    """One-time codes to one range of numbers: whoever owns the range earns with each; the worst one is told."""
    peak = thresholds.code_pumping
    found = [_pumped(counts, now, place, peak) for place in counts.alike(now, "code")]
    found += _unused(counts, now, peak)
    return max(
        (each for each in found if each), key=lambda each: (each.numbers["count"], each.reason), default=None
    )


def _pumped(counts: Counts, now: int, place: str, peak: Pumping) -> Finding | None:
    kind, value = f"code:{place}", counts.at(now, f"code:{place}")
    if value < peak.least or counts.at(now, f"answer:{place}") >= peak.answered * value:
        return None
    if counts.at(now, f"used:{place}") >= peak.converted * value:
        return None
    if not _has_grown(counts, now, kind, peak):
        return None
    words = f"one-time codes went to numbers that begin with +{place} in this hour"
    return _finding(counts, "code_pumping", value, _usual(counts, now, kind, peak), words)


def _unused(counts: Counts, now: int, peak: Pumping) -> Iterator[Finding]:
    """Ranges whose codes hardly anybody uses, where uses are told: what is pumped slowly enough to look usual."""
    before = range(1, peak.hours + 1)
    told = counts.before(now, "used", peak.hours)
    places = {place for n in before for place in counts.alike(now - n * HOUR, "code")} if told else set()
    for place in places:
        value = counts.before(now, f"code:{place}", peak.hours)
        answers = counts.before(now, f"answer:{place}", peak.hours)
        used = counts.before(now, f"used:{place}", peak.hours) + counts.at(now, f"used:{place}")
        most = peak.converted * value
        if value >= peak.least and used < most and answers < peak.answered * value:
            words = (
                f"{value} one-time codes went to numbers that begin with +{place} within {peak.hours} hours"
            )
            yield Finding(
                code="code_pumping",
                scope=Scope(channel=counts.channel, direction="business_initiated"),
                severity="fraud",
                reason=f"{words}, and {used} of them were used; {most:.0f} is the least",
                numbers={"count": value, "used": used, "limit": most},
            )


def _has_grown(counts: Counts, now: int, kind: str, peak: Pumping) -> bool:
    """Whether a range gets a larger part of all codes than it used to: when all rise alike, it is a season."""
    before = counts.weeks_before(now, peak.weeks) + counts.days_before(now, peak.days)
    usual, all_codes = (sum(counts.at(hour, each) for hour in before) for each in (kind, "codes"))
    return not usual or counts.at(now, kind) * all_codes > peak.growth * usual * counts.at(now, "codes")


def _hourly(counts: Counts, now: int, kind: str, peak: Peak, code: str, words: str) -> Finding | None:
    value = counts.at(now, kind)
    if value < peak.least:
        return None
    return _finding(counts, code, value, _usual(counts, now, kind, peak), words)


def _usual(counts: Counts, now: int, kind: str, peak: Peak) -> Limit:
    weeks = [counts.beside(hour, kind, peak.beside) for hour in counts.weeks_before(now, peak.weeks)]
    days = [counts.beside(hour, kind, peak.beside) for hour in counts.days_before(now, peak.days)]
    return limit(weeks, days, peak)


def _greatest_beside(counts: Counts, hour: int, peak: Peak) -> int:
    return max(counts.greatest(hour + n * HOUR, "same") for n in range(-peak.beside, peak.beside + 1))


def _finding(counts: Counts, code: str, value: int, usual: Limit, words: str) -> Finding | None:
    if value <= usual.most:
        return None
    known = {"weeks": "after the weeks before", "days": "after the days before", "floor": "without a history"}
    return Finding(
        code=code,
        scope=Scope(channel=counts.channel, direction="business_initiated"),
        severity="fraud",
        reason=f"{value} {words}; {usual.most:.0f} is the most {known[usual.source]}",
        numbers={"count": value, "limit": usual.most},
    )
