"""Which keys come often among many, in bounded memory: Misra and Gries, "Finding repeated elements" (1982)."""


class Often:
    """Counts the keys that come most; never too many of one, and too few by at most a `most`-th of all.

    `least` is how often a key has come before it is told by `more`, which tells `most` different ones at most.
    """

    __slots__ = ("_counts", "_least", "_most", "_told")

    def __init__(self, most: int, least: int) -> None:
        self._most, self._least = most, least
        self._counts: dict[str, int] = {}
        self._told: dict[str, int] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._counts

    def add(self, key: str) -> None:
        """A key came."""
        counts = self._counts
        if key in counts:
            counts[key] += 1
        elif len(counts) < self._most:
            counts[key] = 1
        else:  # one of each goes with it, so that what is rare makes place
            self._counts = {each: n - 1 for each, n in counts.items() if n > 1}

    def more(self) -> dict[str, int]:
        """How many more of the frequent keys there are than were told before."""
        told, more = self._told, {}
        for key, n in self._counts.items():
            before = told.get(key, 0)
            if n >= self._least and n > before and (before or len(told) < self._most):
                more[key], told[key] = n - before, n
        return more
