"""The list of targets."""

import sqlalchemy as sa
from alembic import op

from crowdsky_tui.database.columns import UtcTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of the targets."""
    op.create_table(
        "target",
        sa.Column("uid", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("ra_deg_j2000", sa.Float, nullable=False),
        sa.Column("dec_deg_j2000", sa.Float, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("changed_at", UtcTime, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_target_state", "target", ["state"])
