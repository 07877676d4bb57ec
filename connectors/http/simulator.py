"""The end of whatever aggregator the settings describe."""

from connectors.sms.aggregator.simulator import AggregatorSimulator


class HttpSimulator(AggregatorSimulator):
    """Plays it."""
