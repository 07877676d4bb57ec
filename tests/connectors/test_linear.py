"""Reading costs in proportion to what there is to read: four times as much is four times the work, on every channel.

Work is counted in lines of Python, not in time, so the outcome is the same on every machine; the time of what C does
is a row of `make bench`.
"""

import sys
from types import FrameType
from typing import Any

import pytest

from connectors import registry
from connectors.contract import Connector
from tests.connectors.grown import BODIES, Read, reader

SIZE = 4_000
KINDS = sorted({*BODIES, "smpp"})


def lines(read: Read) -> int:
    """How many lines of Python a reading takes."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    read()  # what is made once is made now
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        read()
    finally:
        sys.settrace(before)
    return count


def test_every_channel_that_reads_is_measured() -> None:
    reads = {kind for kind in registry.TYPES if registry.connector(kind).receive is not Connector.receive}
    assert reads - {"inapp"} == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_four_times_as_much_is_no_more_than_four_times_the_work(kind: str) -> None:
    (small, few), (large, many) = reader(kind, SIZE), reader(kind, 4 * SIZE)
    assert 3.5 < large / small < 4.5
    assert lines(many) <= 4.5 * lines(few)
