"""Diagrams of flows: as Mermaid text, and as an SVG that stands for itself, with how many run in each state."""

from collections.abc import Iterable, Mapping
from html import escape
from typing import NamedTuple

from conversations import table
from conversations.describe import Description

_HIGH, _GAP, _RANK, _ASIDE = 34, 28, 110, 150
_CHARACTER = 7.4
_MOST_WORDS = 34
_STYLE = """
  svg { --ink: #1c2733; --line: #66788a; --box: #eef3f8; --end: #dfe9df; --paper: #ffffff; background: var(--paper); }
  @media (prefers-color-scheme: dark) {
    svg { --ink: #e6edf3; --line: #8b9bab; --box: #1f2a36; --end: #22352a; --paper: #0f1720; }
  }
  text { font: 13px system-ui, sans-serif; fill: var(--ink); }
  .label { font-size: 11px; paint-order: stroke; stroke: var(--paper); stroke-width: 4px; }
  rect { fill: var(--box); stroke: var(--line); }
  .end rect { fill: var(--end); }
  path { fill: none; stroke: var(--line); }
  marker path { fill: var(--line); stroke: none; }
"""


class Edge(NamedTuple):
    """What leads from one state to another; several triggers share a line."""

    source: str
    target: str
    words: str


def edges(flow: Description) -> list[Edge]:
    """The lines of a flow; rows that hold everywhere and stay where they are, are left out."""
    found: dict[tuple[str, str], list[str]] = {}
    everywhere = {state for state in flow.states if state not in flow.final}
    for row in flow.rows:
        if set(row.sources) == everywhere and len(everywhere) > 1 and row.target in table.MOVES:
            continue
        for source in row.sources:
            target = _target(flow, source, row.target)
            guard = f" [{row.guard}]" if row.guard else ""
            found.setdefault((source, target), []).append(f"{row.trigger}{guard}")
    return [Edge(*ends, ", ".join(dict.fromkeys(words))) for ends, words in found.items()]


def _target(flow: Description, source: str, target: str) -> str:
    match target:
        case table.STAY | table.BACK:
            return source
        case table.RESTART:
            return flow.start
    return target


def mermaid(flow: Description, counts: Mapping[str, int] | None = None) -> str:
    """A state diagram in Mermaid's words."""
    names = {state: f"s{place}" for place, state in enumerate(flow.states)} | {table.END: "[*]"}
    lines = ["stateDiagram-v2"]
    lines += [f'    state "{_shown(state, counts)}" as {names[state]}' for state in flow.states]
    lines += [f"    [*] --> {names[flow.start]}"] if flow.start in names else []
    for edge in edges(flow):
        words = edge.words.replace(":", "-").replace(";", ",")
        lines.append(f"    {names[edge.source]} --> {names[edge.target]}: {words}")
    lines += [f"    {names[state]} --> [*]" for state in flow.final]
    return "\n".join(lines) + "\n"


def _shown(state: str, counts: Mapping[str, int] | None) -> str:
    count = (counts or {}).get(state, 0)
    return f"{state} ({count})" if count else state


class _Box(NamedTuple):
    x: float
    y: float
    wide: float
    words: str
    end: bool


def svg(flow: Description, counts: Mapping[str, int] | None = None) -> str:
    """A drawing that needs nothing else, in light and dark."""
    lines = edges(flow)
    boxes = _placed(flow, lines, counts)
    width = max((box.x + box.wide for box in boxes.values()), default=0) + 320
    height = max((box.y for box in boxes.values()), default=0) + _HIGH + _GAP
    paths = [_line(edge, boxes, place) for place, edge in enumerate(lines)]
    drawn = (
        [path for path, _ in paths] + [_drawn(box) for box in boxes.values()] + [words for _, words in paths]
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}"'
        f' role="img" aria-label="{escape(flow.name)}"><title>{escape(flow.name)}</title><style>{_STYLE}</style>'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker></defs>' + "".join(drawn) + "</svg>\n"
    )


def _placed(flow: Description, lines: Iterable[Edge], counts: Mapping[str, int] | None) -> dict[str, _Box]:
    """The states in rows by how far they are from the start, each near those that lead to it."""
    ranks = _ranks(flow, lines)
    boxes: dict[str, _Box] = {}
    for rank in range(max(ranks.values(), default=0) + 1):
        row = [state for state, each in ranks.items() if each == rank]
        row.sort(key=lambda state: _above(state, lines, boxes))
        x = float(_GAP)
        for state in row:
            words = "●" if state == table.END else _shown(state, counts)
            wide = max(48, len(words) * _CHARACTER + 24)
            boxes[state] = _Box(
                x, _GAP + rank * _RANK, wide, words, state in flow.final or state == table.END
            )
            x += wide + _ASIDE
    return boxes


def _ranks(flow: Description, lines: Iterable[Edge]) -> dict[str, int]:
    states = [*flow.states, *({edge.target for edge in lines} - set(flow.states))]
    start = flow.start or (states[0] if states else "")
    ranks, todo = ({start: 0} if start else {}), [start]
    while todo:
        state = todo.pop(0)
        for edge in lines:
            if edge.source == state and edge.target not in ranks:
                ranks[edge.target] = ranks[state] + 1
                todo.append(edge.target)
    last = max(ranks.values(), default=0) + 1
    return {state: ranks.get(state, last) for state in states}


def _above(state: str, lines: Iterable[Edge], boxes: Mapping[str, _Box]) -> float:
    found = [boxes[edge.source].x for edge in lines if edge.target == state and edge.source in boxes]
    return sum(found) / len(found) if found else 0.0


def _drawn(box: _Box) -> str:
    middle = box.x + box.wide / 2
    return (
        f'<g class="{"end" if box.end else "state"}"><rect x="{box.x:.0f}" y="{box.y:.0f}" width="{box.wide:.0f}"'
        f' height="{_HIGH}" rx="8"/><text x="{middle:.0f}" y="{box.y + 22:.0f}" text-anchor="middle">'
        f"{escape(box.words)}</text></g>"
    )


def _line(edge: Edge, boxes: Mapping[str, _Box], place: int) -> tuple[str, str]:
    """A line and its words: straight down, around all boxes where it leads up, a loop where it stays."""
    one, two = boxes[edge.source], boxes[edge.target]
    words = edge.words if len(edge.words) <= _MOST_WORDS else f"{edge.words[: _MOST_WORDS - 1]}…"
    if edge.source == edge.target:
        right, y = one.x + one.wide, one.y + _HIGH / 2
        curve = (right, y - 8, right + 30, y - 20, right + 30, y + 20, right, y + 8)
        at = (right + 27, y + 4)
    elif two.y > one.y:
        x1, y1, x2, y2 = one.x + one.wide / 2, one.y + _HIGH, two.x + two.wide / 2, two.y
        middle = (y1 + y2) / 2
        curve = (x1, y1, x1, middle, x2, middle, x2, y2)
        at = ((x1 + x2) / 2 - len(words) * 2.6, middle + (place % 3 - 1) * 14)
    else:
        x1, y1, x2, y2 = one.x + one.wide, one.y + _HIGH / 2 + 6, two.x + two.wide, two.y + _HIGH / 2 - 6
        between = [box.x + box.wide for box in boxes.values() if two.y <= box.y <= one.y]
        bend = max(between) + 90 + (place % 5) * 34
        curve = (x1, y1, bend, y1, bend, y2, x2, y2)
        at = ((x1 + x2) / 8 + bend * 0.75 - len(words) * 2.6, (y1 + y2) / 2 + (place % 3 - 1) * 12)
    numbers = [f"{each:.0f}" for each in curve]
    path = f"M{' '.join(numbers[:2])}C{' '.join(numbers[2:])}"
    return (
        f'<path d="{path}" marker-end="url(#tip)"/>',
        f'<text class="label" x="{at[0]:.0f}" y="{at[1]:.0f}">{escape(words)}</text>',
    )
