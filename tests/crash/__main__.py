"""`python -m tests.crash`: kill the gateway many times, on both databases, with both doors; 1 where anything is bad."""

import argparse
import sys
import tempfile
from pathlib import Path

import uvloop

from tests.crash.audit import Verdict
from tests.crash.bot import BOTS
from tests.crash.run import Run
from tests.servers import create_database, drop_database, postgres_server

SHOWN = 40


def on_sqlite(bot: str, seed: int, kills: int) -> Verdict:
    """A run on SQLite."""
    with tempfile.TemporaryDirectory(prefix="parley-crash-") as folder:
        return _run(Path(folder), f"sqlite:///{folder}/parley.db", bot, seed, kills)


def on_postgres(bot: str, seed: int, kills: int) -> Verdict:
    """A run on a PostgreSQL of our own that keeps fsync on."""
    with (
        postgres_server(durable=True) as server,
        tempfile.TemporaryDirectory(prefix="parley-crash-") as folder,
    ):
        url = create_database(server)
        try:
            return _run(Path(folder), url, bot, seed, kills)
        finally:
            drop_database(url)


def _run(folder: Path, url: str, bot: str, seed: int, kills: int) -> Verdict:
    return uvloop.run(Run(folder, url, bot, seed, kills).play())


RUNS = {"sqlite": on_sqlite, "postgres": on_postgres}


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=100, help="kills in all")
    parser.add_argument("--database", choices=(*RUNS, "both"), default="both")
    given = parser.parse_args()
    names = list(RUNS) if given.database == "both" else [given.database]
    total = Verdict(0, 0, 0, ())
    runs = [(name, bot) for name in names for bot in BOTS]
    for place, (name, bot) in enumerate(runs):
        verdict = RUNS[name](bot, given.seed + place, (given.count + place) // len(runs))
        print(f"{name} {bot.partition(':')[2]}: {verdict.line}", flush=True)
        total += verdict
    for finding in total.findings[:SHOWN]:
        print(f"  {finding.kind}: {finding.what}")
    print(total.line)
    return 1 if total.findings else 0


if __name__ == "__main__":
    sys.exit(main())
