"""Fewer index entries a message, and a contact that tells by itself whether what stands of it has changed.

No process of an earlier version may go on meanwhile: it would let what stands change without telling the contact.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

Id = sa.String(32).with_variant(postgresql.UUID(as_uuid=False), "postgresql")


def upgrade() -> None:
    """Keep exchanges by their message, and index only what is looked for."""
    op.add_column("contact", sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.execute("UPDATE contact SET revision = 1 WHERE id IN (SELECT contact FROM standing)")
    _exchanges()
    op.drop_index("inbox_conversation", "inbox")
    op.create_index(
        "inbox_held",
        "inbox",
        ["conversation", "lane"],
        unique=False,
        sqlite_where=sa.text("held = 1"),
        postgresql_where=sa.text("held = 1"),
    )
    op.drop_index("message_provider", "message")
    op.create_index(
        "message_provider",
        "message",
        ["provider_id", "channel", "lane"],
        unique=False,
        sqlite_where=sa.text("provider_id != '' AND direction = 'out'"),
        postgresql_where=sa.text("provider_id != '' AND direction = 'out'"),
    )
    op.create_index(
        "outbox_held",
        "outbox",
        ["lane", "held_by"],
        unique=False,
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )


def _exchanges() -> None:
    op.drop_index("exchange_message", "exchange")
    op.rename_table("exchange", "exchange_before")
    op.create_table(
        "exchange",
        sa.Column("message", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message", "id", "lane", name="exchange_key"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO exchange (message, id, lane, attempt, body)"
        " SELECT message, id, lane, attempt, body FROM exchange_before"
    )
    op.drop_table("exchange_before")
