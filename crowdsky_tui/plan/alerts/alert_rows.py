"""The alerts' rows. Imports SQLAlchemy; for the database's thread."""

from collections.abc import Iterable
from datetime import datetime

import msgspec
import sqlalchemy as sa

from crowdsky_tui.database.engine import insert_into
from crowdsky_tui.database.tables import alert as table
from crowdsky_tui.plan.alerts.alert import Alert, AlertState
from crowdsky_tui.plan.alerts.inbox import KeptAlert, Received, received

_LOCK = sa.text("SELECT pg_advisory_xact_lock(94320566)")


def load(connection: sa.Connection) -> tuple[KeptAlert, ...]:
    """All alerts, the newest first; one that this version cannot read is left where it is."""
    order = sa.select(table.c.body).order_by(table.c.seen.desc(), table.c.uid)
    found = []
    for (body,) in connection.execute(order):
        try:
            found.append(msgspec.json.decode(body, type=KeptAlert))
        except msgspec.MsgspecError:
            continue
    return tuple(found)


def receive(connection: sa.Connection, alerts: Iterable[Alert], now: datetime) -> Received:
    """Put alerts to those that are there, one agent after another."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK)
    found = received(load(connection), alerts, now)
    for each in found.rows:
        _save(connection, each)
    if found.old:
        connection.execute(sa.delete(table).where(table.c.uid.in_(found.old)))
    return found


def decide(
    connection: sa.Connection, uid: str, state: AlertState, target: str, now: datetime
) -> KeptAlert | None:
    """What became of an alert; None if there is none of this uid."""
    body = connection.execute(
        sa.select(table.c.body).where(table.c.uid == uid).with_for_update()
    ).scalar_one_or_none()
    if body is None:
        return None
    before = msgspec.json.decode(body, type=KeptAlert)
    after = msgspec.structs.replace(before, state=state, target=target, changed=now)
    _save(connection, after)
    return after


def _save(connection: sa.Connection, kept: KeptAlert) -> None:
    values = {
        "uid": kept.uid,
        "source": kept.alert.source.value,
        "state": kept.state.value,
        "seen": kept.seen,
        "changed_at": kept.changed,
        "body": msgspec.json.encode(kept).decode(),
    }
    add = insert_into(connection, table).values(values)
    connection.execute(add.on_conflict_do_update(index_elements=["uid"], set_=values))
