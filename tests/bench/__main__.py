"""`python -m tests.bench`: measure every row, print the table, write build/bench.json; 1 where counts are wrong."""

import argparse
import gc
import os
import sys
from collections.abc import Mapping

import msgspec

from tests.bench import decisions, parsers, stored, suspensions, turns
from tests.bench.drive import Measured
from tests.bench.measure import measure, start
from tests.bench.rows import Row, rate_row, start_rows, table
from tests.bench.targets import Bare, Botbuilder, Parley, Target
from tests.load.process import LOAD_CORE, ROOT

REPORT = ROOT / "build" / "bench.json"


def best(targets: Mapping[str, Target], *, replies: bool, rounds: int) -> dict[str, Measured]:
    """The best valid measurement of each target; the rounds take turns, so that a disturbance meets all alike."""
    found: dict[str, list[Measured]] = {name: [] for name in targets}
    for number in range(rounds + 1):
        for name, target in targets.items():
            if number < rounds or not any(one.valid for one in found[name]):
                found[name].append(measure(target, replies=replies))
                _progress(name, found[name][-1])
    return {name: max(many, key=lambda one: (one.valid, one.rate)) for name, many in found.items()}


def _progress(name: str, one: Measured) -> None:
    print(f"  {name:24}{one.rate:>8.0f}/s, {one.busy:.0%} busy", *one.faults, file=sys.stderr, flush=True)


def rows(rounds: int) -> list[Row]:
    """Measure everything."""
    targets: dict[str, Target] = {
        "ours": Parley(turn=False, roles=()),
        "bare": Bare(turn=False),
        "with turns": Parley(turn=False),
    }
    accept = best(targets, replies=False, rounds=rounds)
    targets = {"ours": Parley(turn=True), "bare": Bare(turn=True)}
    turn = best(targets, replies=True, rounds=rounds)
    peers = {"botbuilder": Botbuilder("framework"), "botbuilder, own adapter": Botbuilder("own")}
    others = best(peers, replies=True, rounds=1)
    return [
        rate_row("P1", "accept", accept["ours"], accept["bare"], {}, 0),
        rate_row("P1t", "accept, and a turn without a flow", accept["with turns"], accept["bare"], {}, 0),
        rate_row("P2", "whole turn", turn["ours"], turn["bare"], others, 4),
        *start_rows(start(Parley(turn=True)), start(Bare(turn=False))),
        *parsers.rows(),
        *turns.rows(),
        *decisions.rows(),
        *stored.rows(),
        *suspensions.rows(),
    ]


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, help="how often each is measured")
    os.sched_setaffinity(0, {LOAD_CORE})
    gc.freeze()
    measured = rows(parser.parse_args().rounds)
    print(table(measured))
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_bytes(msgspec.json.format(msgspec.json.encode(measured)))
    return 1 if any(row.faults for row in measured) else 0


if __name__ == "__main__":
    sys.exit(main())
