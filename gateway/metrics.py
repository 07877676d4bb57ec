"""What the gateway counts, in plain sums; Prometheus' library is loaded when somebody first asks for them.

A sum costs a fifth of a counter of the library, and its import (25 ms) does not hold up the start.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from gateway.traffic import Traffic

if TYPE_CHECKING:
    from prometheus_client import Metric

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

Labels = tuple[str, ...]
Reading = Callable[[], float | Mapping[Labels, float]]


class _Watched(NamedTuple):
    meaning: str
    labels: Labels
    read: Reading


class _Sums:
    """A counter: one sum for each combination of labels."""

    def __init__(self, meaning: str, *labels: str) -> None:
        self.meaning, self.labels = meaning, labels
        self.sums: defaultdict[Labels, int] = defaultdict(int)


class _Spread:
    """A histogram of seconds for each combination of labels: how many fell below each bound, and their sum."""

    def __init__(self, meaning: str, *labels: str) -> None:
        self.meaning, self.labels = meaning, labels
        self.cells: defaultdict[Labels, list[float]] = defaultdict(lambda: [0] * (len(_SECONDS) + 2))

    def add(self, labels: Labels, seconds: float) -> None:
        """Count one duration."""
        cells = self.cells[labels]
        cells[bisect_left(_SECONDS, seconds)] += 1
        cells[-1] += seconds


class Metrics:
    """The gateway's metrics; counted in the event loop, read from any thread. What detectors look at is `traffic`."""

    def __init__(self) -> None:
        self.traffic = Traffic()
        self._counters = {
            "parley_events_accepted": _Sums("Events stored", "channel"),
            "parley_events_duplicate": _Sums("Events that had been stored before", "channel"),
            "parley_envelopes_quarantined": _Sums("Requests kept in quarantine", "channel"),
            "parley_turns": _Sums("Turns committed", "channel"),
            "parley_sends": _Sums("Sends by outcome", "channel", "outcome"),
            "parley_hook_deliveries": _Sums("Tries to tell a hook by outcome", "hook", "outcome"),
        }
        accepted, duplicate, quarantined, turns, sends, told = self._counters.values()
        self._accepted, self._duplicate, self._quarantined = accepted.sums, duplicate.sums, quarantined.sums
        self._turns, self._sends, self._told = turns.sums, sends.sums, told.sums
        self._turn_seconds = _Spread("Time from the lease of a conversation to its commit", "channel")
        self._send_seconds = _Spread("Time a provider took to answer a send", "channel")
        self._spreads = {"parley_turn_seconds": self._turn_seconds, "parley_send_seconds": self._send_seconds}
        self._watched: dict[str, _Watched] = {}

    def accepted(self, channel: str, count: int = 1) -> None:
        """Events were stored."""
        self._accepted[channel,] += count

    def duplicate(self, channel: str, count: int = 1) -> None:
        """Events came again."""
        self._duplicate[channel,] += count

    def quarantined(self, channel: str) -> None:
        """A request went to quarantine."""
        self._quarantined[channel,] += 1

    def turn(self, channel: str, seconds: float | None = None) -> None:
        """A turn was committed."""
        self._turns[channel,] += 1
        if seconds is not None:
            self._turn_seconds.add((channel,), seconds)

    def sent(self, channel: str, outcome: str, seconds: float | None = None) -> None:
        """A send ended."""
        self._sends[channel, outcome] += 1
        self.traffic.ended(channel, outcome)
        if seconds is not None:
            self._send_seconds.add((channel,), seconds)

    def told(self, hook: str, outcome: str) -> None:
        """A hook was told something: `delivered`, `retried`, `failed`, and `disabled` where that disabled it."""
        self._told[hook, outcome] += 1

    def watch(self, name: str, meaning: str, read: Reading, *labels: str) -> None:
        """A value that is read when it is asked for: a number, or one for each combination of the labels."""
        self._watched[name] = _Watched(meaning, labels, read)

    def render(self) -> bytes:
        """All metrics in Prometheus' text format."""
        from prometheus_client import generate_latest

        return generate_latest(self)

    def collect(self) -> "Iterator[Metric]":
        """All metrics as Prometheus' library knows them."""
        yield from self._collect_counters()
        yield from self._collect_spreads()
        yield from self._collect_watched()

    def _collect_counters(self) -> "Iterator[Metric]":
        from prometheus_client.core import CounterMetricFamily

        for name, counter in self._counters.items():
            family = CounterMetricFamily(name, counter.meaning, labels=counter.labels)
            for labels, total in dict(counter.sums).items():
                family.add_metric(labels, total)
            yield family

    def _collect_spreads(self) -> "Iterator[Metric]":
        from prometheus_client.core import HistogramMetricFamily

        bounds = [*map(str, _SECONDS), "+Inf"]
        for name, spread in self._spreads.items():
            family = HistogramMetricFamily(name, spread.meaning, labels=spread.labels)
            for labels, cells in dict(spread.cells).items():
                below = [sum(cells[: end + 1]) for end in range(len(bounds))]
                family.add_metric(labels, list(zip(bounds, below, strict=True)), cells[-1])
            yield family

    def _collect_watched(self) -> "Iterator[Metric]":
        from prometheus_client.core import GaugeMetricFamily

        for name, watched in dict(self._watched).items():
            family = GaugeMetricFamily(name, watched.meaning, labels=watched.labels)
            value = watched.read()
            for labels, number in (value if isinstance(value, Mapping) else {(): value}).items():
                family.add_metric(labels, number)
            yield family
