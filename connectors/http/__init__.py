"""Short messages by any aggregator: all that has to be known of it is told by settings (docs/http-sms.md)."""

from typing import ClassVar

from connectors.sms.aggregator import Aggregated


class Http(Aggregated):
    """One account at an aggregator."""

    type: ClassVar[str] = "http"
