"""What is measured: each target knows how to start itself on the server's core and how to count what it kept."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from tests.load.gateway import Gateway
from tests.load.process import SERVER_CORE, Server

PACE = "1000000"
"""Messages a second our own pace allows: more than can be sent."""
SLOTS = 256
"""Sends under way at a time: as many as there are senders of the load, and as the bare limit has."""


ACCEPTED = "SELECT count(*), count(DISTINCT key) FROM event"
TURNED = """
    SELECT (SELECT count(*) FROM event),
        count(*) FILTER (WHERE direction = 'in'),
        count(*) FILTER (WHERE direction = 'out' AND accepted > 0),
        count(DISTINCT provider_id) FILTER (WHERE direction = 'out')
    FROM message"""


class Target(Protocol):
    """A server program in a folder of its own."""

    wire: str

    def prepare(self, folder: Path, stub: int) -> None:
        """Set it up in an empty folder; `stub` is the provider's port."""

    def start(self) -> Server:
        """Start its process."""

    def faults(self, folder: Path, sent: range) -> Sequence[str]:
        """What its database shows to be lost or doubled of so many webhooks, after it was stopped."""


class Bare:
    """The bare limit: of accepting, or with `turn` of a whole turn."""

    wire = "whatsapp"

    def __init__(self, *, turn: bool) -> None:
        self._turn = turn

    def prepare(self, folder: Path, stub: int) -> None:
        """Nothing to set up: it makes its table when it starts."""
        self._words = ["--database", str(folder / "bare.db"), "--stub", str(stub if self._turn else 0)]
        self._log = folder / "log"

    def start(self) -> Server:
        """A process of tests.bench.bare."""
        return Server(["tests.bench.bare", *self._words], self._log, SERVER_CORE)

    def faults(self, folder: Path, sent: range) -> Sequence[str]:
        """One row a webhook, marked sent where there was a reply."""
        marked = "count(sent)" if self._turn else "count(DISTINCT key)"
        kept = _one(folder / "bare.db", f"SELECT count(*), count(DISTINCT key), {marked} FROM kept")
        return _compare(sent, kept)


class Botbuilder:
    """The peer, behind its own adapter (`framework`) or the leanest one (`own`)."""

    wire = "botframework"

    def __init__(self, adapter: str) -> None:
        self._adapter = adapter

    def prepare(self, folder: Path, stub: int) -> None:
        """Nothing to set up."""
        self._log = folder / "log"

    def start(self) -> Server:
        """A process of tests.bench.botbuilder."""
        return Server(["tests.bench.botbuilder", "--adapter", self._adapter], self._log, SERVER_CORE)

    def faults(self, folder: Path, sent: range) -> Sequence[str]:
        """It keeps nothing that could be counted."""
        return ()


class Parley:
    """The gateway on SQLite with the echo bot; without `turn` no flow answers; with no `roles` it only accepts."""

    wire = "whatsapp"

    def __init__(self, *, turn: bool, roles: tuple[str, ...] = ("turns", "sends")) -> None:
        self._turn, self._roles = turn, roles

    def prepare(self, folder: Path, stub: int) -> None:
        """Set up by the gateway's own commands."""
        bots = ["tests.crash.bot:Echo"] if self._turn else []
        self._gateway = Gateway(
            folder, f"sqlite:///{folder / 'parley.db'}", core=SERVER_CORE, bots=bots, delivery_slots=SLOTS,
            roles=self._roles,
        )  # fmt: skip
        self._gateway.prepare(stub, pace=PACE)

    def start(self) -> Server:
        """A gateway process."""
        return self._gateway.start()

    def faults(self, folder: Path, sent: range) -> Sequence[str]:
        """One event a webhook; with the turn one message in and one out, accepted by the provider."""
        return _compare(sent, _one(folder / "parley.db", TURNED if self._turn else ACCEPTED))


def _compare(sent: range, counts: tuple[int, ...]) -> list[str]:
    """All counts are the same, and one that can have been sent."""
    same = len(set(counts)) == 1 and counts[0] in sent
    return [] if same else [f"{sent[0]} sent, in the database: {counts}"]


def _one(database: Path, query: str) -> tuple[int, ...]:
    connection = sqlite3.connect(database)
    try:
        return tuple(connection.execute(query).fetchone())
    finally:
        connection.close()
