"""Leases: a row is worked on by one node at a time, for a bounded time on the database's own clock.

Whoever commits work on a leased row checks the lease's epoch in that commit, so a node that was frozen cannot.
"""

import sqlalchemy as sa

from state.statements import Fetch, Now, Write
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


def leasable(table: sa.Table, columns: str) -> Fetch:
    """Rows by id and lane, locked; rows locked by another are left out, and the last column says who is free."""
    return Fetch(table, columns, "id lane", lock="skip", also=table.c.lease_until <= Now())


def freeing(table: sa.Table) -> Write:
    """The statement that forgets all leases: for the one process that owns the database, when it starts."""
    return Write(sa.update(table).values(lease_until=sa.literal_column("0")), "")
