"""What more channels need: watermarks, messages in several parts, offered options, tokens; and times to forget by."""

import time

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

Id = sa.String(32).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    """Make the tables, and the columns with what holds for the rows there are."""
    op.create_table(
        "watermark",
        sa.Column("conversation", Id, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("last_id", Id, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("conversation", "status", "until", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_index("watermark_until", "watermark", ["until"])
    op.create_table(
        "part",
        sa.Column("message", Id, nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("total", sa.SmallInteger(), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("provider_id", sa.String(255), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message", "number", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_index("part_provider", "part", ["provider_id", "channel", "lane"])
    op.create_table(
        "token",
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.create_table(
        "link_part",
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "name"),
    )
    now = time.time_ns() // 1_000_000
    for table, column, index in (("receipt", "kept_at", "receipt_kept"), ("activity", "at", "activity_at")):
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=False, server_default=sa.text("0")))
        op.execute(sa.table(table, sa.column(column)).update().values({column: now}))
        op.create_index(index, table, [column])
    op.add_column(
        "conversation", sa.Column("offered", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
    op.add_column("outbox", sa.Column("part", sa.SmallInteger(), nullable=False, server_default=sa.text("0")))
