"""What every table is made of: the one metadata, the types of columns, and the shape of a hot table."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

metadata = sa.MetaData()

Id = sa.String(32).with_variant(postgresql.UUID(as_uuid=False), "postgresql")
Lane = sa.SmallInteger
Ms = sa.BigInteger
Json = sa.Text
Fault = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""JSON whose order as text decides between faults of one time: byte by byte on every database."""


def column(name: str, kind: Any, default: object = None) -> sa.Column[Any]:
    """A column that is never null; `default` is the server's."""
    return sa.Column(
        name, kind, nullable=False, server_default=None if default is None else sa.text(str(default))
    )


def partial(name: str, where: sa.ColumnElement[bool], *columns: sa.Column[Any]) -> sa.Index:
    """An index of the rows alone for which something is so."""
    return sa.Index(name, *columns, sqlite_where=where, postgresql_where=where)


def hot(name: str, *columns: sa.schema.SchemaItem) -> sa.Table:
    """A hot table: time-ordered id first, lane last in the primary key."""
    key = (sa.Column("id", Id, nullable=False), sa.Column("lane", Lane, nullable=False))
    return sa.Table(
        name, metadata, *key, *columns, sa.PrimaryKeyConstraint("id", "lane"), sqlite_with_rowid=False
    )
