"""What is known of frames: the archive."""

import sqlalchemy as sa
from alembic import op

from crowdsky_tui.database.columns import UtcTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table of frames."""
    op.create_table(
        "archive_frame",
        sa.Column("source", sa.String(20), primary_key=True),
        sa.Column("key", sa.String(400), primary_key=True),
        sa.Column("target", sa.String(80), nullable=False),
        sa.Column("changed_at", UtcTime, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_archive_frame_target", "archive_frame", ["target"])
