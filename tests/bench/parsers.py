"""What reading costs by size: a megabyte of each channel's webhooks against ten kilobytes of the same.

`python -m tests.bench.parsers` measures these rows alone.
"""

from timeit import repeat

from tests.bench.rows import Row, table
from tests.connectors.grown import BODIES, reader

SMALL, LARGE = 10_000, 1_000_000
GOAL = 0.67
"""A kilobyte of the large one may cost half as much again: memory is further away."""
_ROUNDS = {SMALL: 100, LARGE: 5}


def rows() -> list[Row]:
    """A row for each channel: microseconds a kilobyte of the large one, beside the small one's."""
    return [_row(kind) for kind in sorted({*BODIES, "smpp"})]


def _row(kind: str) -> Row:
    small, large = _cost(kind, SMALL), _cost(kind, LARGE)
    return Row(
        id="P7",
        what=f"reading 1 MB, {kind}",
        value=round(large, 1),
        unit="µs/kB",
        limit=round(small, 1),
        ratio=round(small / large, 2),
        goal=GOAL,
        valid=True,
    )


def _cost(kind: str, size: int) -> float:
    """Microseconds a kilobyte, the best of some rounds."""
    octets, read = reader(kind, size)
    return min(repeat(read, number=1, repeat=_ROUNDS[size])) * 1e9 / octets


if __name__ == "__main__":
    print(table(rows()))
