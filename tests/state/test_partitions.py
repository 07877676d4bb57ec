"""On a PostgreSQL partitioned by lane, whatever locks touches only the partitions it names."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa

import state
from state import conversations, outbox
from state.model.ids import new_id
from state.postgres import prepare
from state.statements import Fetch, Statement, Write
from state.tables import metadata
from tests.state.conftest import Reused
from tests.state.partitions import WIDTH, key_of

NAMED = (37, 70)
ONLY_ON_SQLITE = {conversations._FREE_ALL, outbox._FREE_ALL}
PLAIN = {"uuid": new_id(NAMED[0]), "text": "x", "bytea": b"", "bool": False}


def statements() -> Iterator[tuple[str, Statement]]:
    """Every statement of the room, by its module and name."""
    for module in pkgutil.walk_packages(state.__path__, "state."):
        if not module.name.startswith(("state.migrations.", "state.model")):
            for name, value in vars(importlib.import_module(module.name)).items():
                for key, each in value.items() if isinstance(value, dict) else [("", value)]:
                    if isinstance(each, Statement):
                        yield f"{module.name}.{name}{key}", each


def tables_of(statement: Statement) -> set[str]:
    """The partitioned tables that a statement is about."""
    table = statement._table if isinstance(statement, Fetch) else getattr(statement.construct, "table", None)
    return {table.name} if isinstance(table, sa.Table) and key_of(table) else set()


def locks(statement: Statement) -> bool:
    """Whether it locks rows it finds; a plain insert goes where its row's lane says."""
    if isinstance(statement, Fetch):
        return bool(statement._lock)
    construct = statement.construct
    return isinstance(statement, Write) and not (
        isinstance(construct, sa.Insert) and construct.select is None
    )


LOCKING = {
    name: each
    for name, each in statements()
    if locks(each) and tables_of(each) and each not in ONLY_ON_SQLITE
}


def value_for(name: str, kind: str) -> Any:
    """A parameter's value: two lanes where a list is asked for, else one."""
    lanes, kind = name.removeprefix("k_") in {"lane", "shard"}, kind.replace("varchar", "text")
    if kind.endswith("[]"):
        return list(NAMED) if lanes else [PLAIN.get(kind[:-2], 1)]
    return NAMED[0] if lanes else PLAIN.get(kind, 1)


async def explain(url: str, statement: Statement) -> str:
    """The plan of a statement for the lanes named."""
    connection = await asyncpg.connect(url)
    await prepare(connection)
    text = statement.text("postgresql")
    names = statement.params if isinstance(statement, Fetch) else text.rows([statement.params])[0]
    asked = await connection.prepare(f"EXPLAIN (FORMAT JSON) {text.sql}")
    kinds = [kind.name for kind in asked.get_parameters()]
    plan = await asked.fetchval(*map(value_for, names, kinds))
    await connection.close()
    return str(plan)


@pytest.mark.parametrize("name", LOCKING)
async def test_a_statement_that_locks_touches_the_partitions_it_names(divided: Reused, name: str) -> None:
    plan = await explain(divided.url, LOCKING[name])
    touched = {int(number) for number in re.findall(r'"Relation Name": "\w+?_(\d+)"', plan)}
    assert touched, plan
    assert touched <= {lane // WIDTH for lane in NAMED}, plan


def test_the_statements_that_lock_are_found() -> None:
    assert {"state.conversations._TAKE", "state.held._REQUEUE", "state.receipts._MERGE"} < LOCKING.keys()


@pytest.mark.parametrize("table", [each for each in metadata.sorted_tables if key_of(each)], ids=str)
def test_the_keys_of_a_hot_table_end_with_its_lane(table: sa.Table) -> None:
    keys = [list(each.columns) for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
    for columns in [*keys, list(table.primary_key.columns)]:
        assert [column.name for column in columns].index(key_of(table)) == len(columns) - 1
