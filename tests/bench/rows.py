"""The rows: ours beside the limit and the peer, as the table prints them and `build/bench.json` keeps them."""

from collections.abc import Iterable

import msgspec

from tests.bench.drive import Measured
from tests.bench.measure import Started


class Row(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One row; `ratio` is how much of the limit was reached (1 is as good), `goal` what it should be."""

    id: str
    what: str
    value: float
    unit: str
    limit: float
    ratio: float
    goal: float
    valid: bool
    peer: float = 0
    peer_ratio: float = 0
    peer_goal: float = 0
    faults: tuple[str, ...] = ()
    ours: Measured | None = None
    bare: Measured | None = None
    others: dict[str, Measured] = {}

    @property
    def met(self) -> bool:
        """Whether the goals are reached."""
        return self.ratio >= self.goal and self.peer_ratio >= self.peer_goal


def rate_row(
    id: str, what: str, ours: Measured, bare: Measured, others: dict[str, Measured], peer_goal: float
) -> Row:
    """A row of messages a second, of which 60 % of the limit are the goal; the first of `others` is the peer."""
    peer = next(iter(others.values()), None)
    return Row(
        id=id,
        what=what,
        value=round(ours.rate),
        unit="messages/s",
        limit=round(bare.rate),
        ratio=round(ours.rate / bare.rate, 3),
        goal=0.6,
        valid=all(one.valid for one in (ours, bare, *others.values())),
        peer=round(peer.rate) if peer else 0,
        peer_ratio=round(ours.rate / peer.rate, 2) if peer else 0,
        peer_goal=peer_goal,
        faults=(*ours.faults, *(f"limit: {fault}" for fault in bare.faults)),
        ours=ours,
        bare=bare,
        others=others,
    )


def start_rows(ours: Started, bare: Started) -> list[Row]:
    """Start and memory; less is better, the ratio is the bare server's share of ours, the goals are absolute."""
    figures = (
        ("process start to ready", ours.seconds, "s", bare.seconds, 1.0),
        ("idle resident memory", ours.megabytes, "MB", bare.megabytes, 90.0),
    )
    return [
        Row(
            id="P6",
            what=what,
            value=round(value, 2),
            unit=unit,
            limit=round(least, 2),
            ratio=round(least / value, 3),
            goal=round(least / most, 3),
            valid=True,
        )
        for what, value, unit, least, most in figures
    ]


def table(rows: Iterable[Row]) -> str:
    """What the command prints."""
    lines = [f"{'':4}{'':30}{'ours':>9} {'limit':>9} {'ratio':>6} {'goal':>6} {'peer':>7} {'times':>6}"]
    for row in rows:
        peer = f"{row.peer:>7.0f} {row.peer_ratio:>6.2f}" if row.peer else ""
        figures = f"{row.value:>9g} {row.limit:>9g} {row.ratio:>6.2f} {row.goal:>6.2f} {peer}"
        lines.append(f"{row.id:4}{row.what + ', ' + row.unit:30}{figures} {_remark(row)}")
    lines.append("")
    lines.append(
        f"{'':34}{'rate/s':>9} {'CPU us':>8} {'p50 ms':>8} {'p99 ms':>8} {'busy':>6} {'core':>6} {'load':>6}"
    )
    lines += [_detail(name, one) for row in rows for name, one in _runs(row)]
    return "\n".join(lines)


def _runs(row: Row) -> Iterable[tuple[str, Measured]]:
    named = {"ours": row.ours, "bare limit": row.bare, **row.others}
    return [(f"{row.id} {name}", one) for name, one in named.items() if one]


def _detail(name: str, one: Measured) -> str:
    shares = f"{one.busy:>6.1%} {one.core_busy:>6.1%} {one.load_busy:>6.1%}"
    return f"{name:34}{one.rate:>9.0f} {one.cpu_us:>8.1f} {one.p50_ms:>8.2f} {one.p99_ms:>8.2f} {shares}"


def _remark(row: Row) -> str:
    if row.faults:
        return f"WRONG: {'; '.join(row.faults)}"
    if not row.valid:
        return "not valid: the server's core was not busy with it"
    return "" if row.met else "below the goal"
