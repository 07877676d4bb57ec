"""What binds sending: the consent ledger and what stands of it, licences, terms, stages of suspensions, hooks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

Id = sa.String(32).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    """Make the tables and columns; nothing is known of anybody's consent before."""
    op.create_table(
        "acceptance",
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "version"),
    )
    op.create_table(
        "terms_version",
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "template",
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "name", "language"),
    )
    op.create_table(
        "chain",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "consent",
        sa.Column("id", Id, nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("contact", Id, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("change", sa.String(length=10), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_index("consent_chain", "consent", ["team", "seq"], unique=False)
    op.create_index("consent_contact", "consent", ["contact", "id", "lane"], unique=False)
    op.create_index(
        "consent_unsealed",
        "consent",
        ["id"],
        unique=False,
        sqlite_where=sa.text("seq IS NULL"),
        postgresql_where=sa.text("seq IS NULL"),
    )
    op.create_table(
        "delivery",
        sa.Column("id", Id, nullable=False),
        sa.Column("hook", Id, nullable=False),
        sa.Column("event", Id, nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_node", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_epoch", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("answer", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hook", "event", name="delivery_of"),
    )
    op.create_index("delivery_due", "delivery", ["hook", "state", "due_at"], unique=False)
    op.create_table(
        "hook",
        sa.Column("id", Id, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("team", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("disabled_for", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("worked_at", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "licence",
        sa.Column("id", Id, nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("licence_subject", "licence", ["team", "subject"], unique=False)
    op.create_table(
        "occurrence",
        sa.Column("id", Id, nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("team", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "standing",
        sa.Column("contact", Id, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("change", sa.String(length=10), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("fact", Id, nullable=False),
        sa.Column("basis", sa.String(length=24), server_default=sa.text("'consent'"), nullable=False),
        sa.Column("announced", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("contact", "purpose", "address", "channel", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "standing_until",
        "standing",
        ["until"],
        unique=False,
        sqlite_where=sa.text("change = 'given' AND until > 0"),
        postgresql_where=sa.text("change = 'given' AND until > 0"),
    )
    op.create_table(
        "touch",
        sa.Column("message", Id, nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("contact", Id, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("campaign", sa.String(length=128), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("message", "lane"),
        sqlite_with_rowid=False,
    )
    op.create_index("touch_contact", "touch", ["contact", "at", "lane"], unique=False)
    op.create_table(
        "traffic",
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "hour", "kind", "node"),
    )
    op.create_index("traffic_hour", "traffic", ["hour"], unique=False)
    op.create_index("merge_winner", "merge", ["winner"], unique=False)
    op.add_column("audit", sa.Column("seq", sa.BigInteger(), nullable=True))
    op.add_column("audit", sa.Column("hash", sa.String(length=64), nullable=True))
    op.add_column("audit", sa.Column("salt", sa.String(length=32), nullable=True))
    op.create_index("audit_chain", "audit", ["seq"], unique=False)
    op.create_index(
        "audit_unsealed",
        "audit",
        ["id"],
        unique=False,
        sqlite_where=sa.text("seq IS NULL"),
        postgresql_where=sa.text("seq IS NULL"),
    )
    op.add_column(
        "contact", sa.Column("country", sa.String(length=2), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "contact", sa.Column("zone", sa.String(length=64), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "contact", sa.Column("born", sa.String(length=10), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "conversation", sa.Column("told", sa.String(length=64), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "conversation", sa.Column("held", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "conversation",
        sa.Column("campaign", sa.String(length=128), server_default=sa.text("''"), nullable=False),
    )
    op.add_column(
        "conversation",
        sa.Column("campaign_at", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column(
        "suspension",
        sa.Column("stage", sa.String(length=10), server_default=sa.text("'suspended'"), nullable=False),
    )
    op.add_column(
        "suspension", sa.Column("key", sa.String(length=255), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "suspension", sa.Column("due_at", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.execute("UPDATE suspension SET stage = 'clear' WHERE lifted_at IS NOT NULL")
    op.create_index("suspension_stage", "suspension", ["stage", "key"], unique=False)
    op.add_column(
        "signal", sa.Column("judged", sa.SmallInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.create_index("signal_channel", "signal", ["channel", "id"], unique=False)
    op.create_index(
        "signal_unjudged",
        "signal",
        ["id"],
        unique=False,
        sqlite_where=sa.text("judged = 0"),
        postgresql_where=sa.text("judged = 0"),
    )
    op.add_column("inbox", sa.Column("held", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.create_index(
        "conversation_held",
        "conversation",
        ["id"],
        unique=False,
        sqlite_where=sa.text("held = 1"),
        postgresql_where=sa.text("held = 1"),
    )
    op.add_column(
        "team", sa.Column("country", sa.String(length=2), server_default=sa.text("''"), nullable=False)
    )
    op.add_column("team", sa.Column("settings", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("team", sa.Column("activated_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "contact", sa.Column("fenced", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("message", sa.Column("cause", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("outbox", sa.Column("held_by", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("message", sa.Column("used", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.create_index(
        "message_client_ref",
        "message",
        ["client_ref", "id", "lane"],
        unique=False,
        sqlite_where=sa.text("client_ref != ''"),
        postgresql_where=sa.text("client_ref != ''"),
    )
