"""The tables, as they are now. `FORMS` names every step that led here, the newest last."""

import sqlalchemy as sa

from crowdsky_tui.database.columns import RowId, UtcTime

FORMS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
"""The revisions of `migrations/versions`, in their order."""
metadata = sa.MetaData()

record = sa.Table(
    "record",
    metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=True),
    sa.Column("uid", sa.String(32), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("run", sa.String(16), nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("source", sa.String(80), nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.UniqueConstraint("uid", name="uq_record_uid"),
    sa.Index("ix_record_at", "at"),
    sa.Index("ix_record_kind_at", "kind", "at"),
)
"""What happened. `uid` is the writer's, so that writing twice writes once; `data` is JSON."""

current_record = sa.Table(
    "current_record",
    metadata,
    sa.Column("kind", sa.String(40), primary_key=True),
    sa.Column("source", sa.String(80), primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("run", sa.String(16), nullable=False),
    sa.Column("data", sa.Text, nullable=False),
)
"""The newest of each kind and source, also where it was not kept in `record`."""

target = sa.Table(
    "target",
    metadata,
    sa.Column("uid", sa.String(32), primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
    sa.Column("ra_deg_j2000", sa.Float, nullable=False),
    sa.Column("dec_deg_j2000", sa.Float, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("ix_target_state", "state"),
)
"""What is to be observed: `body` is all of it as JSON, the other columns are to be searched by."""

curve_project = sa.Table(
    "curve_project",
    metadata,
    sa.Column("name", sa.String(60), primary_key=True),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
"""What light curves are made of, and how: `body` is all of it as JSON."""

curve_product = sa.Table(
    "curve_product",
    metadata,
    sa.Column("project", sa.String(60), primary_key=True),
    sa.Column("kind", sa.String(16), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("input_hash", sa.String(64), nullable=False),
    sa.Column("pars_hash", sa.String(64), nullable=False),
    sa.Column("tried_at", UtcTime, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
"""What is done of a project: a measured frame, by its SHA-256, with its state."""

curve_point = sa.Table(
    "curve_point",
    metadata,
    sa.Column("project", sa.String(60), primary_key=True),
    sa.Column("frame", sa.String(64), primary_key=True),
    sa.Column("star", sa.String(60), primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("ix_curve_point_star", "project", "star"),
)
"""One star in one measured frame, as JSON."""

plan_decision = sa.Table(
    "plan_decision",
    metadata,
    sa.Column("uid", sa.String(32), primary_key=True),
    sa.Column("night", sa.String(10), nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("ix_plan_decision_night", "night"),
)
"""What the user decided of a night's plan, by the evening's date; `body` is all of it as JSON."""

visit = sa.Table(
    "visit",
    metadata,
    sa.Column("uid", sa.String(32), primary_key=True),
    sa.Column("night", sa.String(10), nullable=False),
    sa.Column("target", sa.String(32), nullable=False),
    sa.Column("scope", sa.String(80), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("start", UtcTime, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("ix_visit_night", "night"),
    sa.Index("ix_visit_target", "target"),
)
"""Runs of a target on a scope, planned or done; `body` is all of it as JSON."""

archive_frame = sa.Table(
    "archive_frame",
    metadata,
    sa.Column("source", sa.String(20), primary_key=True),
    sa.Column("key", sa.String(400), primary_key=True),
    sa.Column("target", sa.String(80), nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("ix_archive_frame_target", "target"),
)
"""What is known of frames, by where they are from; `body` is all of it as JSON."""

alert = sa.Table(
    "alert",
    metadata,
    sa.Column("uid", sa.String(32), primary_key=True),
    sa.Column("source", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("seen", UtcTime, nullable=False),
    sa.Column("changed_at", UtcTime, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Index("ix_alert_seen", "seen"),
)
"""What others ask to be observed, and what became of it; `body` is all of it as JSON."""

slot_claim = sa.Table(
    "slot_claim",
    metadata,
    sa.Column("kind", sa.String(12), primary_key=True),
    sa.Column("name", sa.String(120), primary_key=True),
    sa.Column("slot", UtcTime, primary_key=True),
    sa.Column("holder", sa.String(32), nullable=False),
    sa.Column("site", sa.String(80), nullable=False),
    sa.Column("until", UtcTime, nullable=False),
    sa.Index("ix_slot_claim_until", "until"),
)
"""Which planner has a slot of an instrument or of a target, and until when."""
