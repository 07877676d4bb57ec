"""Statements of the hot path: written once in SQLAlchemy Core, compiled once a database, sent as positional rows.

`Write` changes rows and answers nothing; `Fetch` finds rows by key and can be merged over a batch; `Query` is a plain
read, run as it stands. A parameter tuple follows the names the statement declares.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg as postgresql
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

Row = tuple[Any, ...]
CHANNEL = "parley"
"""Where PostgreSQL tells what a commit has changed."""
_DIALECTS: dict[str, sa.Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="qmark"),
    "postgresql": postgresql.dialect(),  # type: ignore[no-untyped-call]
}


class Now(sa.ColumnElement[int]):
    """The database's own clock in milliseconds since 1970, UTC: one clock for all nodes."""

    type = sa.BigInteger()
    inherit_cache = True


@compiles(Now, "sqlite")
def _now_sqlite(*_: object, **__: object) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"


@compiles(Now, "postgresql")
def _now_postgresql(*_: object, **__: object) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"


class Text:
    """One compiled text and how to order a row for it."""

    __slots__ = ("_order", "sql")

    def __init__(self, construct: sa.ClauseElement, params: Sequence[str], dialect: str) -> None:
        compiled = construct.compile(dialect=_DIALECTS[dialect])
        assert isinstance(compiled, SQLCompiler)
        self.sql = str(compiled)
        wanted = list(compiled.positiontup or ())
        self._order = None if wanted == list(params) else _order(wanted, params, compiled.params)

    def rows(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows in this text's own order of parameters."""
        order = self._order
        return rows if order is None else [order(row) for row in rows]


def _order(wanted: list[str], params: Sequence[str], constants: Mapping[str, Any]) -> Callable[[Row], Row]:
    """How a row is put in order; what is not declared is a constant that SQLAlchemy bound (an OFFSET of 0)."""
    fixed = tuple(constants[name] for name in wanted if name not in params)
    places = itertools.count(len(params))
    indexes = [list(params).index(name) if name in params else next(places) for name in wanted]
    if len(indexes) < 2:
        return lambda row: tuple((*row, *fixed)[n] for n in indexes)
    pick = itemgetter(*indexes)
    return (lambda row: pick((*row, *fixed))) if fixed else pick


class Statement:
    """A named statement with its declared parameters, compiled for a database when first used there."""

    writes = False
    late = False
    """Whether it runs after all that its step writes otherwise, since it reads some of that."""
    locks = ""
    """The table whose rows it locks until the commit, waiting for those that others have locked; "" for none."""
    locked: Callable[[Row], Row] = staticmethod(lambda row: row)
    """The key of the row that it locks, of a row of parameters."""

    def __init__(self, construct: sa.ClauseElement, params: str) -> None:
        self.construct = construct
        self.params = tuple(params.split())
        self._texts: dict[str, Text] = {}

    def text(self, dialect: str) -> Text:
        """The compiled text for `sqlite` or `postgresql`."""
        found = self._texts.get(dialect)
        if found is None:
            found = self._texts[dialect] = Text(self._construct(dialect), self.params, dialect)
        return found

    def _construct(self, dialect: str) -> sa.ClauseElement:
        return self.construct


class Write(Statement):
    """Changes rows; many rows go in one `executemany`. With `key` the rows are sorted first, so that two writers lock
    them in the same order."""

    writes = True

    def __init__(self, construct: sa.ClauseElement, params: str, key: str = "") -> None:
        super().__init__(construct, params)
        names = key.split()
        self.order = itemgetter(*(self.params.index(name) for name in names)) if names else None


class Late(Write):
    """A change by what its operation writes in the same step: it runs after all that the others of its step write."""

    late = True


class Guard(Write):
    """A change of rows that are ours while they are as the declared parameters say: each must be hit, or `lost` is
    raised and nothing of the operation is written.

    It goes before the other writes of its step. An operation asks for it in its first step, where another writer may
    want the same rows, and not in plain `Writes`, which wait for nobody.
    """

    def __init__(
        self, construct: sa.Update | sa.Delete, params: str, key: str, lost: type[Exception]
    ) -> None:
        super().__init__(construct, params, key)
        assert self.order is not None
        self.locks, self.lost = construct.table.name, lost  # type: ignore[union-attr]
        self.locked = self.order
        self._returning: sa.ClauseElement = construct.returning(sa.literal_column("1"))

    def _construct(self, dialect: str) -> sa.ClauseElement:
        return self._returning if dialect == "postgresql" else self.construct

    def check(self, hit: int, rows: Sequence[Row]) -> None:
        """Raise `lost` where fewer rows were hit than there are."""
        if hit != len(rows):
            raise self.lost(f"{len(rows) - hit} of {len(rows)} rows are another's by now")


class Telling(Write):
    """A change that PostgreSQL tells, with its commit, to all who listen: a word and the new value of a column."""

    def __init__(self, construct: sa.Update, params: str, word: str, value: sa.ColumnElement[Any]) -> None:
        super().__init__(construct, params)
        told = sa.literal_column(f"'{word}:'", sa.Text()) + sa.cast(value, sa.Text())
        self._telling = construct.returning(sa.func.pg_notify(sa.literal_column(f"'{CHANNEL}'"), told))

    def _construct(self, dialect: str) -> sa.ClauseElement:
        return self._telling if dialect == "postgresql" else self.construct


class Query(Statement):
    """Answers rows, one call a row of parameters. It writes nothing: all that reads runs before what writes."""


class Fetch(Statement):
    """Rows of one table by key columns; on PostgreSQL all keys of a batch go as arrays in one statement.

    `lock` is "", "wait" or "skip": a locking one must have `lane` among its keys, so that it touches only the
    partitions it names. One that waits locks in the order of its keys, as writes do, or in `order`. `also` is one more
    column, computed. On PostgreSQL the keys follow the columns in each row.
    """

    def __init__(
        self,
        table: sa.Table,
        columns: str,
        keys: str,
        *,
        lock: str = "",
        order: str = "",
        also: sa.ColumnElement[Any] | None = None,
    ) -> None:
        self.keys = tuple(keys.split())
        assert not lock or "lane" in self.keys, "a locking statement names its lanes"
        self._columns = [table.c[name] for name in columns.split()] + ([] if also is None else [also])
        self.key_of = itemgetter(*(len(self._columns) + n for n in range(len(self.keys))))
        self._table, self._lock, self._order = table, lock, order.split()
        self.locks = table.name if lock == "wait" else ""
        super().__init__(table.select(), keys)

    def _construct(self, dialect: str) -> sa.ClauseElement:
        c = self._table.c
        keys = [c[key] for key in self.keys] if dialect == "postgresql" else []
        query = sa.select(*(column.label(f"c{n}") for n, column in enumerate([*self._columns, *keys])))
        for key in self.keys:
            if dialect == "postgresql":
                array = sa.bindparam(key, type_=sa.ARRAY(c[key].type))
                query = query.where(c[key] == sa.any_(array))
            else:
                query = query.where(c[key] == sa.bindparam(key, type_=c[key].type))
        if self._order:
            query = query.order_by(*(c[name] for name in self._order))
        elif self.locks and dialect == "postgresql":
            query = query.order_by(*(c[key] for key in self.keys))
        if self._lock and dialect == "postgresql":
            query = query.with_for_update(skip_locked=self._lock == "skip")
        return query


def values(table: sa.Table, columns: str) -> dict[str, sa.BindParameter[Any]]:
    """Parameters for these columns, named like them."""
    return {name: sa.bindparam(name, type_=table.c[name].type) for name in columns.split()}


def insert(table: sa.Table, columns: str, *, ignore: bool = False) -> Write:
    """An insert of these columns in this order; with `ignore` a row that is there already is left as it is."""
    given = values(table, columns)
    if not ignore:
        return Write(sa.insert(table).values(given), columns)
    return _InsertOnConflict(
        table, columns, lambda begin: begin(table).values(given).on_conflict_do_nothing()
    )


def upsert(table: sa.Table, columns: str, sets: Callable[[Any], dict[str, sa.ColumnElement[Any]]]) -> Write:
    """An insert that sets columns of the row where its key is there already; `sets` is given the new row."""

    def build(begin: Callable[[sa.Table], Any]) -> sa.ClauseElement:
        query = begin(table).values(values(table, columns))
        built: sa.ClauseElement = query.on_conflict_do_update(
            index_elements=list(table.primary_key.columns), set_=sets(query.excluded)
        )
        return built

    return _InsertOnConflict(table, columns, build)


def insert_found(table: sa.Table, columns: str, found: sa.Select[Any], params: str, key: str) -> Write:
    """An insert of these columns of rows that are found elsewhere; one that is there already is left as it is.

    `key` are the parameters that rows are sorted by.
    """

    def build(begin: Callable[[sa.Table], Any]) -> sa.ClauseElement:
        query = begin(table).from_select(columns.split(), found)
        built: sa.ClauseElement = query.on_conflict_do_nothing()
        return built

    return _InsertOnConflict(table, params, build, key)


class _InsertOnConflict(Write):
    """An insert with ON CONFLICT, which each dialect spells with its own construct.

    Rows go in the order of what makes them unique, so that two writers with the same rows cannot deadlock.
    """

    def __init__(
        self, table: sa.Table, columns: str, build: Callable[[Callable[[sa.Table], Any]], sa.ClauseElement],
        key: str = "",
    ) -> None:  # fmt: skip
        super().__init__(build(postgresql_insert), columns, key or " ".join(_unique(table)))
        self._build = build

    def _construct(self, dialect: str) -> sa.ClauseElement:
        return self._build(sqlite.insert) if dialect == "sqlite" else self.construct


def _unique(table: sa.Table) -> list[str]:
    """The columns of a table's unique constraint, or of its primary key where it has none."""
    unique = [each for each in table.constraints if isinstance(each, sa.UniqueConstraint)]
    return [column.name for column in (*unique, table.primary_key)[0].columns]


def update(table: sa.Table, sets: str, keys: str, **extra: sa.ColumnElement[Any]) -> Write:
    """An update of these columns where the key columns match; `extra` are further expressions to set."""
    c = table.c
    values: dict[str, Any] = {name: sa.bindparam(name, type_=c[name].type) for name in sets.split()}
    query = sa.update(table).values({**values, **extra})
    for key in keys.split():
        query = query.where(c[key] == sa.bindparam(f"k_{key}", type_=c[key].type))
    names = " ".join(f"k_{key}" for key in keys.split())
    return Write(query, f"{sets} {names}", names)


def delete(table: sa.Table, keys: str) -> Write:
    """A delete where the key columns match."""
    query = sa.delete(table)
    for key in keys.split():
        query = query.where(table.c[key] == sa.bindparam(key, type_=table.c[key].type))
    return Write(query, keys, keys)
