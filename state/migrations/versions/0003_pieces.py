"""Pieces of long messages wait with their conversation."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; nothing waits yet."""
    op.add_column(
        "conversation", sa.Column("pieces", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
