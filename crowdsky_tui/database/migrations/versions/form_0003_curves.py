"""Projects of curves, what is done of them, and the points of their stars."""

import sqlalchemy as sa
from alembic import op

from crowdsky_tui.database.columns import UtcTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables of the curves."""
    op.create_table(
        "curve_project",
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("changed_at", UtcTime, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "curve_product",
        sa.Column("project", sa.String(60), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("input_hash", sa.String(64), nullable=False),
        sa.Column("pars_hash", sa.String(64), nullable=False),
        sa.Column("tried_at", UtcTime, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "curve_point",
        sa.Column("project", sa.String(60), primary_key=True),
        sa.Column("frame", sa.String(64), primary_key=True),
        sa.Column("star", sa.String(60), primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_curve_point_star", "curve_point", ["project", "star"])
