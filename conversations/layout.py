"""Where the states of a diagram are put, and the ways of the lines between them, so that no line leads through a box.

States stand in rows by their distance from the start. A line over several rows has a place in each row between, as a
state has; all else of it runs in the gaps between two rows, where no box is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

HIGH = 34
"""Pixels of a box, from top to bottom."""
_BESIDE, _THIN, _LOOP = 64, 14, 36
_GAP, _LEVEL = 52, 15
"""Pixels between two rows without words, and that each level of words adds."""
_LETTER = 5.8
_SWEEPS = 4


class Line(NamedTuple):
    """What is drawn from a state to another, with words."""

    source: str
    target: str
    words: str


class Point(NamedTuple):
    """A place of the drawing, in pixels."""

    x: float
    y: float


class Curve(NamedTuple):
    """A cubic Bézier curve."""

    begin: Point
    one: Point
    two: Point
    end: Point

    def at(self, t: float) -> Point:
        """The point at a time between 0 and 1."""
        rest = 1 - t
        weights = (rest**3, 3 * rest * rest * t, 3 * rest * t * t, t**3)
        return Point(
            sum(w * each.x for w, each in zip(weights, self, strict=True)),
            sum(w * each.y for w, each in zip(weights, self, strict=True)),
        )


class Route(NamedTuple):
    """The way of a line: curves that follow one another, and the middle of its words."""

    curves: tuple[Curve, ...]
    words: Point


@dataclass(eq=False)
class Place:
    """A place in a row: a state's, or that of a line that goes through (`state` is empty)."""

    state: str
    rank: int
    wide: float
    more: float = 0
    x: float = 0
    y: float = 0
    up: "list[Place]" = field(default_factory=list)
    down: "list[Place]" = field(default_factory=list)

    @property
    def middle(self) -> float:
        """Where its middle is."""
        return self.x + self.wide / 2


class Layout:
    """The places of states, and the routes of lines, in the order of the lines."""

    def __init__(
        self, states: Sequence[str], start: str, lines: Sequence[Line], wide: Mapping[str, float]
    ) -> None:
        loops = {
            line.source: len(line.words) * _LETTER + _LOOP for line in lines if line.source == line.target
        }
        ranks = _ranks(states, start, lines)
        self.places = {
            state: Place(state, rank, wide[state], loops.get(state, 0)) for state, rank in ranks.items()
        }
        self._ways = [self._way(line) for line in lines]
        self._rows = _rows([*self.places.values(), *(each for way in self._ways for each in way[1:-1])])
        _order(self._rows)
        _spread(self._rows)
        self._sides = self._at_sides()
        levels = [0] * len(lines)
        self._put_down(levels)
        for _ in range(_SWEEPS):  # how high a gap is depends on the words in it, and they on how high it is
            levels = self._levels(lines)
            self._put_down(levels)
        self.routes = [self._route(number, level) for number, level in enumerate(levels)]

    def reach(self, lines: Sequence[Line]) -> tuple[float, float]:
        """How far the drawing reaches to the left and to the right, with its words."""
        half = [len(line.words) * _LETTER / 2 for line in lines]
        middles = [route.words.x for route in self.routes]
        places = [each for row in self._rows for each in row]
        left = min([0.0, *(middle - more for middle, more in zip(middles, half, strict=True))])
        right = max([0.0, *(middle + more for middle, more in zip(middles, half, strict=True))])
        return left, max([right, *(each.x + each.wide for each in places)])

    @property
    def high(self) -> float:
        """How far they reach down, with the room for lines below."""
        return max((each.y + HIGH for each in self.places.values()), default=0) + self._below

    def _way(self, line: Line) -> list[Place]:
        """The places that a line leads through, its ends among them."""
        one, two = self.places[line.source], self.places[line.target]
        step = 1 if two.rank > one.rank else -1
        between = [Place("", rank, _THIN) for rank in range(one.rank + step, two.rank, step)]
        way = [one, *between, two]
        for upper, lower in zip(way[::step], way[step::step], strict=False):
            if upper.rank < lower.rank:
                upper.down.append(lower)
                lower.up.append(upper)
        return way

    def _at_sides(self) -> dict[tuple[int, bool], list[int]]:
        """The lines at the upper and the lower side of each place, from left to right."""
        found: dict[tuple[int, bool], list[tuple[float, int]]] = {}
        for number, way in enumerate(self._ways):
            for here, there in [*pairwise(way), *pairwise(way[::-1])]:
                if here is not there:
                    found.setdefault((id(here), there.rank >= here.rank), []).append((there.middle, number))
        return {side: [number for _, number in sorted(lines)] for side, lines in found.items()}

    def _port(self, number: int, place: Place, *, down: bool) -> float:
        """Where on a side of a place a line ends."""
        lines = self._sides[id(place), down]
        return (
            place.x + place.wide * (lines.index(number) + 1) / (len(lines) + 1)
            if place.state
            else place.middle
        )

    def _levels(self, lines: Sequence[Line]) -> list[int]:
        """On which level of its gap the words of each line stand, so that they do not stand on one another."""
        taken: dict[tuple[int, int], list[tuple[float, float]]] = {}
        found = [0] * len(lines)
        for number, way in enumerate(self._ways):
            half, level = len(lines[number].words) * _LETTER / 2 + 4, 0
            while way[0] is not way[-1]:
                middle = self._route(number, level).words.x
                there = taken.setdefault((_gap(way), level), [])
                if all(middle + half < left or right < middle - half for left, right in there):
                    there.append((middle - half, middle + half))
                    break
                level += 1
            found[number] = level
        return found

    def _put_down(self, levels: Sequence[int]) -> None:
        """Set how far down each row stands: as far as the words of the gap before it need."""
        most: dict[int, int] = {}
        for way, level in zip(self._ways, levels, strict=True):
            most[_gap(way)] = max(most.get(_gap(way), 0), level + 1)
        y = 0.0
        for rank, row in enumerate(self._rows):
            for each in row:
                each.y = y
            y += HIGH + _GAP + _LEVEL * most.get(rank, 0)
        last = len(self._rows) - 1
        self._below = _GAP + _LEVEL * most[last] if last in most else 0

    def _gap_of(self, rank: int) -> float:
        """How high the gap below a row is."""
        rows = self._rows
        return rows[rank + 1][0].y - rows[rank][0].y - HIGH if rank + 1 < len(rows) else self._below

    def _route(self, number: int, level: int) -> Route:
        way = self._ways[number]
        one, two = way[0], way[-1]
        if one is two:
            return _loop(one)
        lift = 20.0 + _LEVEL * level
        if one.rank == two.rank:
            return self._beneath(number, one, two, lift)
        curves = list[Curve]()
        for here, there in pairwise(way):
            down = there.rank > here.rank
            begin = Point(self._port(number, here, down=down), here.y + (HIGH if down else 0))
            end = Point(self._port(number, there, down=not down), there.y + (0 if down else HIGH))
            if curves:
                curves.append(_straight(curves[-1].end, begin))
            half = (begin.y + end.y) / 2
            curves.append(Curve(begin, Point(begin.x, half), Point(end.x, half), end))
        first = curves[0]
        y = first.begin.y + lift if two.rank > one.rank else first.begin.y - lift
        return Route(tuple(curves), _where(first, y))

    def _beneath(self, number: int, one: Place, two: Place, lift: float) -> Route:
        """From a box to one beside it: through the gap below both."""
        y, deep = one.y + HIGH, self._gap_of(one.rank) * 0.9
        begin, end = (
            Point(self._port(number, one, down=True), y),
            Point(self._port(number, two, down=True), y),
        )
        curve = Curve(begin, Point(begin.x, y + deep), Point(end.x, y + deep), end)
        return Route((curve,), Point((begin.x + end.x) / 2, y + min(lift, deep * 0.75)))


def _gap(way: list[Place]) -> int:
    """The row below which the words of a line stand."""
    return way[0].rank if way[-1].rank >= way[0].rank else way[0].rank - 1


def _ranks(states: Sequence[str], start: str, lines: Iterable[Line]) -> dict[str, int]:
    """By state its distance from the start; those that nothing leads to come last."""
    lines = list(lines)
    every = dict.fromkeys([*states, *(line.target for line in lines)])
    start = start or next(iter(every), "")
    ranks, todo = ({start: 0} if start else {}), [start]
    while todo:
        state = todo.pop(0)
        for line in lines:
            if line.source == state and line.target not in ranks:
                ranks[line.target] = ranks[state] + 1
                todo.append(line.target)
    last = max(ranks.values(), default=0) + 1
    return {state: ranks.get(state, last) for state in every}


def _rows(places: Iterable[Place]) -> list[list[Place]]:
    rows: dict[int, list[Place]] = {}
    for each in places:
        rows.setdefault(each.rank, []).append(each)
    return [rows[rank] for rank in sorted(rows)]


def _order(rows: list[list[Place]]) -> None:
    """Sort each row by where its neighbours stand, downwards and upwards in turn: that leaves few crossings."""
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        at = {id(each): float(n) for row in rows for n, each in enumerate(row)}
        for row in rows if down else rows[::-1]:
            mean = {
                id(each): _mean([at[id(n)] for n in (each.up if down else each.down)], at[id(each)])
                for each in row
            }
            row.sort(key=lambda each: mean[id(each)])
            at |= {id(each): float(n) for n, each in enumerate(row)}


def _spread(rows: list[list[Place]]) -> None:
    """Set how far right each place stands: below what leads to it, where there is room."""
    for row in rows:
        edge = 0.0
        for each in row:
            wanted = _mean([above.middle for above in each.up], edge + each.wide / 2) - each.wide / 2
            each.x = max(edge, wanted)
            edge = each.x + each.wide + each.more + _BESIDE


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise


def _straight(begin: Point, end: Point) -> Curve:
    half = Point((begin.x + end.x) / 2, (begin.y + end.y) / 2)
    return Curve(begin, half, half, end)


def _where(curve: Curve, y: float) -> Point:
    """Where a curve that goes up or down is at a height."""
    low, high = 0.0, 1.0
    rises = curve.end.y < curve.begin.y
    for _ in range(24):
        middle = (low + high) / 2
        if (curve.at(middle).y > y) == rises:
            low = middle
        else:
            high = middle
    return Point(curve.at(low).x, y)


def _loop(place: Place) -> Route:
    """From a box to itself, at its right side."""
    right, y = place.x + place.wide, place.y + HIGH / 2
    curve = Curve(
        Point(right, y - 8), Point(right + 30, y - 20), Point(right + 30, y + 20), Point(right, y + 8)
    )
    return Route((curve,), Point(right + 28 + (place.more - _LOOP) / 2, y + 4))
