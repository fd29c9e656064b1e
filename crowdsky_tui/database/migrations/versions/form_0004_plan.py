"""What the user decided of a plan, and the visits."""

import sqlalchemy as sa
from alembic import op

from crowdsky_tui.database.columns import UtcTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables of decisions and visits."""
    op.create_table(
        "plan_decision",
        sa.Column("uid", sa.String(32), primary_key=True),
        sa.Column("night", sa.String(10), nullable=False),
        sa.Column("changed_at", UtcTime, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_plan_decision_night", "plan_decision", ["night"])
    op.create_table(
        "visit",
        sa.Column("uid", sa.String(32), primary_key=True),
        sa.Column("night", sa.String(10), nullable=False),
        sa.Column("target", sa.String(32), nullable=False),
        sa.Column("scope", sa.String(80), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("start", UtcTime, nullable=False),
        sa.Column("changed_at", UtcTime, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_visit_night", "visit", ["night"])
    op.create_index("ix_visit_target", "visit", ["target"])
