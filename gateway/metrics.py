"""Prometheus metrics of the gateway; children are cached, since looking them up costs more than counting."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """What the gateway counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        counter = self._counter
        self._accepted = counter("parley_events_accepted", "Events stored", "channel")
        self._quarantined = counter("parley_envelopes_quarantined", "Requests kept in quarantine", "channel")
        self._turns = counter("parley_turns", "Turns committed", "channel")
        self._sends = counter("parley_sends", "Sends by outcome", "channel", "outcome")
        self.batch = Gauge("parley_commit_batch", "Operations a commit carries on average", registry=self.registry)
        self._child = cache(lambda metric, *labels: metric.labels(*labels))

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self.registry)

    def accepted(self, channel: str, count: int) -> None:
        """Events were stored."""
        self._child(self._accepted, channel).inc(count)

    def quarantined(self, channel: str) -> None:
        """A request went to quarantine."""
        self._child(self._quarantined, channel).inc()

    def turn(self, channel: str) -> None:
        """A turn was committed."""
        self._child(self._turns, channel).inc()

    def sent(self, channel: str, outcome: str) -> None:
        """A send ended."""
        self._child(self._sends, channel, outcome).inc()

    def render(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)
