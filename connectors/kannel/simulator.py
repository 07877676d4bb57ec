"""Kannel's end of the wire."""

from collections.abc import Mapping
from typing import ClassVar

from connectors.kannel import FIXED
from connectors.sms.aggregator.simulator import AggregatorSimulator


class KannelSimulator(AggregatorSimulator):
    """Plays one smsbox."""

    fixed: ClassVar[Mapping[str, str]] = FIXED
