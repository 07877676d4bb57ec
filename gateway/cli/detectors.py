"""`parley detectors`: what is looked for in our own traffic, from when on, and what today's numbers are."""

import argparse
from collections import Counter

from gateway.cli.open import with_store
from gateway.settings import Settings
from state.store import Store


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """One command without actions."""
    from gateway.cli import with_settings

    with_settings(command)


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""

    async def call(store: Store, settings: Settings) -> int:
        _thresholds()
        await _today(store)
        return 0

    return with_store(args, call)


def _thresholds() -> None:
    from gateway import detectors
    from gateway.cli import Failure

    try:
        loaded = detectors.load()
    except detectors.BadDetector as error:
        raise Failure(str(error)) from error
    for name, each in detectors.standard().named().items():
        figures = {field: getattr(each, field) for field in each.__struct_fields__}
        source = figures.pop("source")
        print(f"{name:16} {' '.join(f'{field}={value:g}' for field, value in figures.items())}  ({source})")
    for name in sorted(set(loaded) - set(detectors.OURS)):
        print(f"{name:16} of another package")


async def _today(store: Store) -> None:
    """Counts of the last 24 hours; texts and number ranges are told by the greatest of each."""
    from state import traffic
    from state.model.ids import now_ms

    since = traffic.hour_of(now_ms()) - 23 * traffic.HOUR
    sums: dict[str, Counter[str]] = {}
    for channel, _, kind, n in await store.read(traffic.LATEST, since):
        sums.setdefault(channel, Counter())[kind] += n
    print("\nthe last 24 hours" if sums else "\nno traffic in the last 24 hours")
    for channel, counts in sorted(sums.items()):
        plain = [f"{kind}={n}" for kind, n in sorted(counts.items()) if ":" not in kind]
        print(f"{channel:16} {' '.join(plain)}")
        for head in ("same", "code"):
            alike = [(n, kind) for kind, n in counts.items() if kind.startswith(f"{head}:")]
            if alike:
                n, kind = max(alike)
                print(f"{'':16} most of one {head}: {kind.partition(':')[2]} {n}")
