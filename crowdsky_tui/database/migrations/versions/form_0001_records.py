"""The records of a night."""

import sqlalchemy as sa
from alembic import op

from crowdsky_tui.database.columns import RowId, UtcTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables of the records."""
    op.create_table(
        "record",
        sa.Column("id", RowId, primary_key=True, autoincrement=True),
        sa.Column("uid", sa.String(32), nullable=False),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("run", sa.String(16), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.UniqueConstraint("uid", name="uq_record_uid"),
    )
    op.create_index("ix_record_at", "record", ["at"])
    op.create_index("ix_record_kind_at", "record", ["kind", "at"])
    op.create_table(
        "current_record",
        sa.Column("kind", sa.String(40), primary_key=True),
        sa.Column("source", sa.String(80), primary_key=True),
        sa.Column("at", UtcTime, nullable=False),
        sa.Column("run", sa.String(16), nullable=False),
        sa.Column("data", sa.Text, nullable=False),
    )
