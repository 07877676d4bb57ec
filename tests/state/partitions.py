"""The schema as a large installation has it: every table with a lane is partitioned by it, in eight ranges."""

from collections.abc import Iterator

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from state.tables import metadata

PARTITIONS = 8
WIDTH = 256 // PARTITIONS
EMPTY = "; ".join(
    [f"DELETE FROM {table.name}" for table in metadata.sorted_tables if table.name != "fence"]
    + ["UPDATE fence SET epoch = 0"]
)
"""Takes all rows out of a database."""


def key_of(table: sa.Table) -> str:
    """The column a table is partitioned by: an address by its own hash, the others by their contact's lane."""
    return next((name for name in ("shard", "lane") if name in table.c), "")


async def partition(url: str) -> None:
    """Make the schema in an empty database."""
    connection = await asyncpg.connect(url)
    for statement in _statements():
        await connection.execute(statement)
    await connection.close()


def _statements() -> Iterator[str]:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    for table in metadata.sorted_tables:
        key = key_of(table)
        create = str(CreateTable(table).compile(dialect=dialect))
        yield create + (f" PARTITION BY RANGE ({key})" if key else "")
        for n in range(PARTITIONS if key else 0):
            bounds = f"FOR VALUES FROM ({n * WIDTH}) TO ({(n + 1) * WIDTH})"
            yield f"CREATE TABLE {table.name}_{n} PARTITION OF {table.name} {bounds}"
        for index in table.indexes:
            yield str(CreateIndex(index).compile(dialect=dialect))
    yield "INSERT INTO fence (id, epoch) VALUES (1, 0)"
