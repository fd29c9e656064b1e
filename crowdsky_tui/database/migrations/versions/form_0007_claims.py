"""Which planner has which slot."""

import sqlalchemy as sa
from alembic import op

from crowdsky_tui.database.columns import UtcTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table of claims."""
    op.create_table(
        "slot_claim",
        sa.Column("kind", sa.String(12), primary_key=True),
        sa.Column("name", sa.String(120), primary_key=True),
        sa.Column("slot", UtcTime, primary_key=True),
        sa.Column("holder", sa.String(32), nullable=False),
        sa.Column("site", sa.String(80), nullable=False),
        sa.Column("until", UtcTime, nullable=False),
    )
    op.create_index("ix_slot_claim_until", "slot_claim", ["until"])
