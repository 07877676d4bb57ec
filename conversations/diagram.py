"""Diagrams of flows: as Mermaid text, and as an SVG that stands for itself, with how many run in each state."""

from collections.abc import Mapping
from html import escape

from conversations import table
from conversations.describe import Description
from conversations.layout import HIGH, Layout, Line, Place, Point, Route

_AROUND = 28
"""Pixels around a drawing."""
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


def edges(flow: Description) -> list[Line]:
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
    return [Line(*ends, ", ".join(dict.fromkeys(words))) for ends, words in found.items()]


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


def svg(flow: Description, counts: Mapping[str, int] | None = None) -> str:
    """A drawing that needs nothing else, in light and dark."""
    lines = [edge._replace(words=_short(edge.words)) for edge in edges(flow)]
    words = {state: _shown(state, counts) for state in flow.states} | {table.END: "●"}
    wide = {state: max(48, len(each) * _CHARACTER + 24) for state, each in words.items()}
    layout = Layout(flow.states, flow.start, lines, wide)
    left, right = layout.reach(lines)
    width, height = right - left + 2 * _AROUND, layout.high + 2 * _AROUND
    ends = {*flow.final, table.END}
    drawn = [
        *map(_path, layout.routes),
        *(_drawn(each, words[each.state], end=each.state in ends) for each in layout.places.values()),
        *(_label(line.words, route.words) for line, route in zip(lines, layout.routes, strict=True)),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left - _AROUND:.0f} -{_AROUND} {width:.0f} {height:.0f}"'
        f' width="{width:.0f}"'
        f' role="img" aria-label="{escape(flow.name)}"><title>{escape(flow.name)}</title><style>{_STYLE}</style>'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0L8 4L0 8z"/></marker></defs>' + "".join(drawn) + "</svg>\n"
    )


def _short(words: str) -> str:
    return words if len(words) <= _MOST_WORDS else f"{words[: _MOST_WORDS - 1]}…"


def _drawn(place: Place, words: str, *, end: bool) -> str:
    return (
        f'<g class="{"end" if end else "state"}"><rect x="{place.x:.0f}" y="{place.y:.0f}" width="{place.wide:.0f}"'
        f' height="{HIGH}" rx="8"/><text x="{place.middle:.0f}" y="{place.y + 22:.0f}" text-anchor="middle">'
        f"{escape(words)}</text></g>"
    )


def _path(route: Route) -> str:
    begin, *_ = route.curves
    way = "".join(f"C{_at(each.one)} {_at(each.two)} {_at(each.end)}" for each in route.curves)
    return f'<path d="M{_at(begin.begin)}{way}" marker-end="url(#tip)"/>'


def _at(point: Point) -> str:
    return f"{point.x:.0f} {point.y:.0f}"


def _label(words: str, middle: Point) -> str:
    return f'<text class="label" x="{middle.x:.0f}" y="{middle.y:.0f}" text-anchor="middle">{escape(words)}</text>'
