"""Leases: a row is worked on by one node at a time, for a bounded time on the database's own clock.

Whoever commits work on a leased row checks the lease's epoch in that commit, so a node that was frozen cannot.
"""

from typing import Any

import sqlalchemy as sa

from state.statements import Fetch, Guard, Now, Write, values
from state.tables import Ms


class LeaseLost(Exception):
    """Another node has taken the row in the meantime: what was done here never happened."""


def leasing(table: sa.Table) -> Write:
    """The statement that leases a row for `length` milliseconds and raises its epoch."""
    c = table.c
    return Write(
        sa.update(table)
        .values(
            lease_node=sa.bindparam("node", type_=c.lease_node.type),
            lease_until=Now() + sa.bindparam("length", type_=Ms),
            lease_epoch=c.lease_epoch + sa.literal_column("1"),
        )
        .where(
            c.id == sa.bindparam("k_id", type_=c.id.type), c.lane == sa.bindparam("k_lane", type_=c.lane.type)
        ),
        "node length k_id k_lane",
        "k_id k_lane",
    )


def releasing(table: sa.Table) -> Write:
    """The statement that ends a lease at once, where it is still the one of this epoch."""
    return Write(
        sa.update(table).values(lease_until=sa.literal_column("0")).where(*_held(table)),
        "k_id k_lane k_epoch",
        "k_id k_lane",
    )


def updating(table: sa.Table, sets: str, keys: str = "", **extra: sa.ColumnElement[Any]) -> Guard:
    """An update of a leased row by these columns, its id, lane and the epoch of its lease; raises LeaseLost.

    The row is ours only while the columns of `keys` are as told too; `extra` are further expressions to set.
    """
    names = [f"k_{name}" for name in keys.split()]
    alike = [table.c[name[2:]] == sa.bindparam(name, type_=table.c[name[2:]].type) for name in names]
    query = sa.update(table).values({**values(table, sets), **extra}).where(*_held(table), *alike)
    return Guard(query, " ".join([sets, "k_id k_lane k_epoch", *names]), "k_id k_lane", LeaseLost)


def deleting(table: sa.Table) -> Guard:
    """A delete of a leased row by its id, lane and the epoch of its lease; raises LeaseLost."""
    return Guard(sa.delete(table).where(*_held(table)), "k_id k_lane k_epoch", "k_id k_lane", LeaseLost)


def _held(table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
    """That a row is the one of an id, a lane, and of the epoch of a lease."""
    c = table.c
    return (
        c.id == sa.bindparam("k_id", type_=c.id.type),
        c.lane == sa.bindparam("k_lane", type_=c.lane.type),
        c.lease_epoch == sa.bindparam("k_epoch", type_=c.lease_epoch.type),
    )


def leasable(table: sa.Table, columns: str) -> Fetch:
    """Rows by id and lane, locked; rows locked by another are left out, and the last column says who is free."""
    return Fetch(table, columns, "id lane", lock="skip", also=table.c.lease_until <= Now())


def freeing(table: sa.Table) -> Write:
    """The statement that forgets all leases: for the one process that owns the database, when it starts."""
    return Write(sa.update(table).values(lease_until=sa.literal_column("0")), "")
