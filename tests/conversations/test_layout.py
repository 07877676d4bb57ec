"""The lines of a diagram lead around its boxes, whatever leads to what."""

from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.diagram import edges
from conversations.layout import HIGH, Layout, Line, Place, Point
from conversations.router import compiled
from examples.orders import Orders
from examples.showcase import Showcase
from tests.conversations.test_diagram import Tea, dinner

STATES = tuple("abcdefgh")
LINES = st.lists(
    st.builds(
        Line, st.sampled_from(STATES), st.sampled_from((*STATES, ".")), st.sampled_from(("x", "x" * 30))
    ),
    max_size=25,
    unique_by=lambda line: line[:2],
)
_EDGE = 0.5
_POINTS = [n / 60 for n in range(61)]


def inside(point: Point, place: Place) -> bool:
    """Whether a point is within a box, and not on its edge."""
    across = place.x + _EDGE < point.x < place.x + place.wide - _EDGE
    return across and place.y + _EDGE < point.y < place.y + HIGH - _EDGE


def crossed(layout: Layout) -> list[tuple[int, str]]:
    """The lines, by number, that lead through a box."""
    return [
        (number, place.state)
        for number, route in enumerate(layout.routes)
        for place in layout.places.values()
        if any(inside(curve.at(t), place) for curve in route.curves for t in _POINTS)
    ]


def made(states: tuple[str, ...], lines: list[Line]) -> Layout:
    wide = {state: 48 + 8.0 * len(state) for state in (*states, ".")}
    return Layout(states, states[0], lines, wide)


@given(LINES)
@settings(max_examples=150, deadline=None)
def test_no_line_leads_through_a_box(lines: list[Line]) -> None:
    layout = made(STATES, lines)
    assert crossed(layout) == []
    for line, route in zip(lines, layout.routes, strict=True):
        ends = layout.places[line.source], layout.places[line.target]
        for place, point in zip(ends, (route.curves[0].begin, route.curves[-1].end), strict=True):
            assert place.x <= point.x <= place.x + place.wide
            assert place.y <= point.y <= place.y + HIGH


@given(LINES)
@settings(max_examples=50, deadline=None)
def test_boxes_stand_apart_and_no_line_leaves_the_drawing(lines: list[Line]) -> None:
    layout = made(STATES, lines)
    places = list(layout.places.values())
    for place in places:
        corners = (Point(place.x + dx, place.y + dy) for dx in (0, place.wide) for dy in (0, HIGH))
        assert not any(inside(corner, other) for corner in corners for other in places if other is not place)
    left, right = layout.reach(lines)
    points = [curve.at(t) for route in layout.routes for curve in route.curves for t in _POINTS]
    assert all(left - 31 <= each.x <= right + 31 and -1 <= each.y <= layout.high + 1 for each in points)


def test_the_diagrams_of_our_bots_have_no_line_through_a_box() -> None:
    for bot in (Tea, dinner, Orders, Showcase):
        flow = compiled(bot).describe()
        assert crossed(made(flow.states, edges(flow))) == []
