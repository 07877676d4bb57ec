"""The first schema."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

Id = sa.String(32).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    """Make all tables and the fence's one row."""
    op.create_table(
        "activity",
        sa.Column(
            "conversation",
            sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"),
            nullable=False,
        ),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("conversation", "seq", "lane"),
        sa.UniqueConstraint("conversation", "key", "lane", name="activity_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "address",
        sa.Column("urn", sa.String(length=255), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column(
            "contact", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("lane_before", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("urn", "team", "shard"),
        sqlite_with_rowid=False,
    )
    op.create_index("address_contact", "address", ["contact", "shard"], unique=False)
    op.create_table(
        "api_key",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "audit",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "channel",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("account", sa.String(length=128), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("simulated", sa.Boolean(), nullable=False),
        sa.Column("flow", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("last_error_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "contact",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=35), nullable=False),
        sa.Column(
            "merged_into",
            sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"),
            nullable=True,
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "conversation",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column(
            "contact", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("snapshot", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("mode", sa.String(length=8), server_default=sa.text("'bot'"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_node", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_epoch", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("urns", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("last_in", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_id", sa.String(length=255), server_default=sa.text("''"), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "lane"),
        sa.UniqueConstraint("contact", "channel", "lane", name="conversation_of"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "decision",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column(
            "message", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_index("decision_message", "decision", ["message", "lane"], unique=False)
    op.create_table(
        "envelope",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("problems", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "envelope_quarantined",
        "envelope",
        ["id"],
        unique=False,
        sqlite_where=sa.text("problems != ''"),
        postgresql_where=sa.text("problems != ''"),
    )
    op.create_table(
        "event",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column(
            "conversation",
            sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "envelope",
            sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"),
            nullable=False,
        ),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "lane"),
        sa.UniqueConstraint("key", "channel", "lane", name="event_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "exchange",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column(
            "message", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_index("exchange_message", "exchange", ["message", "lane"], unique=False)
    op.create_table(
        "fence",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "idempotency",
        sa.Column("api_key", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("answer", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("api_key", "key"),
    )
    op.create_table(
        "inbox",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column(
            "conversation",
            sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_index("inbox_conversation", "inbox", ["conversation", "lane"], unique=False)
    op.create_table(
        "journal",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column(
            "conversation",
            sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"),
            nullable=False,
        ),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_index("journal_conversation", "journal", ["conversation", "id", "lane"], unique=False)
    op.create_table(
        "media",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("mime", sa.String(length=128), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "merge",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column(
            "winner", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column(
            "loser", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("urns", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "message",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column(
            "conversation",
            sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"),
            nullable=False,
        ),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("direction", sa.String(length=3), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.String(length=255), server_default=sa.text("''"), nullable=False),
        sa.Column("reply_to", sa.String(length=255), server_default=sa.text("''"), nullable=False),
        sa.Column("client_ref", sa.String(length=255), server_default=sa.text("''"), nullable=False),
        sa.Column("native", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("outcome", sa.String(length=10), server_default=sa.text("''"), nullable=False),
        sa.Column("accepted", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("sent", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("delivered", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("read", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("played", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "fault",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            server_default=sa.text("''"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_index("message_conversation", "message", ["conversation", "id", "lane"], unique=False)
    op.create_index(
        "message_provider",
        "message",
        ["provider_id", "channel", "lane"],
        unique=False,
        sqlite_where=sa.text("provider_id != ''"),
        postgresql_where=sa.text("provider_id != ''"),
    )
    op.create_table(
        "node",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("permit_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "outbox",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column(
            "conversation",
            sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"),
            nullable=False,
        ),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_node", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_epoch", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_index("outbox_conversation", "outbox", ["conversation", "id", "lane"], unique=False)
    op.create_index("outbox_due", "outbox", ["channel", "priority", "due_at", "id"], unique=False)
    op.create_table(
        "receipt",
        sa.Column("provider_id", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "fault",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            server_default=sa.text("''"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("provider_id", "channel", "status", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "signal",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "lane"),
        sa.UniqueConstraint("key", "channel", "lane", name="signal_key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "suspension",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "team",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("parent", sa.String(length=64), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "timer",
        sa.Column(
            "id", sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"), nullable=False
        ),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column(
            "conversation",
            sa.String(length=32).with_variant(sa.UUID(as_uuid=False), "postgresql"),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_index("timer_conversation", "timer", ["conversation", "lane"], unique=False)
    op.create_index("timer_due", "timer", ["due_at"], unique=False)
    op.execute("INSERT INTO fence (id, epoch) VALUES (1, 0)")
