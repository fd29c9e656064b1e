"""The server pane's columns, orders and sums: pure functions of its rows."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from crowdsky_tui.store.store import BlockState, BlockView, ServerView, StackRow
from crowdsky_tui.tui.format.values import DASH, megabytes, minutes, moment, number
from crowdsky_tui.tui.widgets.table.columns import Column
from crowdsky_tui.tui.widgets.table.rows import Row
from crowdsky_tui.tui.widgets.table.sorting import Order, in_order

COLUMNS = (
    Column("chunk key", 20),
    Column("object", 8, flex=1),
    Column("filter", 6),
    Column("telescope", 12, drop=4),
    Column("subs", 4, right=True, drop=3),
    Column("min", 5, right=True, drop=1),
    Column("MB", 5, right=True, drop=2),
    Column("seen", 6, right=True),
    Column("where", 8),
)
_NEVER = datetime.min.replace(tzinfo=UTC)
_SENT = {BlockState.SENT, BlockState.CONFIRMED}
_STACKED = {*_SENT, BlockState.STACKED, BlockState.FETCHED, BlockState.SENDING}


ORDERS = (
    Order("newest first", lambda row: row.created_at or _NEVER, descending=True),
    Order("observed last first", lambda row: row.date_obs_start or _NEVER, descending=True),
    Order("by object", lambda row: row.object_name.casefold()),
    Order("by filter", lambda row: row.filter.casefold()),
    Order("by telescope", lambda row: row.telescope.casefold()),
    Order("largest first", lambda row: row.file_size or 0, descending=True),
    Order("only there first", lambda row: row.local),
)


def arranged(view: ServerView, order: Order) -> list[StackRow]:
    """What waits on top, then the list in this order, the newest first among equals."""
    rows = in_order(view.stacks, ORDERS[0])
    return [*view.queued, *(rows if order is ORDERS[0] else in_order(rows, order))]


def age(since: datetime, now: datetime) -> str:
    """`12 min`, `4 h`, `3 days`"""
    passed = max(now - since, timedelta(0))
    if passed < timedelta(hours=2):
        return f"{int(passed.total_seconds() // 60)} min"
    if passed < timedelta(days=2):
        return f"{int(passed.total_seconds() // 3600)} h"
    return f"{passed.days} days"


def cells(row: StackRow, now: datetime, zone: tzinfo | None) -> Row:
    """One row. What is queued tells since when in the column `seen`."""
    if row.queued_since is not None:
        seen, where = age(row.queued_since, now), ("▲ queued", "warn" if row.note else "accent")
    else:
        seen = moment(row.created_at, now, zone)
        where = ("▼ here", "good") if row.local else ("· there", "dim")
    return (
        (row.chunk_key, ""),
        (row.object_name, ""),
        (row.filter, ""),
        (row.telescope, ""),
        (number(row.n_frames), ""),
        (minutes(row.total_exptime), ""),
        (megabytes(row.file_size), "dim"),
        (seen, "dim"),
        where,
    )


def words(row: StackRow) -> str:
    """What a filter looks into."""
    where = "queued" if row.queued_since else "here" if row.local else "there"
    return f"{row.chunk_key} {row.object_name} {row.filter} {row.telescope} {where}"


def compared(
    blocks: Iterable[Sequence[BlockView]], queued: Sequence[StackRow], now: datetime
) -> str:
    """`31 of 32 confirmed, 1 queued 4 h`: the stacks of the scopes and what the server has of them.

    A block counts as soon as it has a stack. The time is that of the one that waits longest.
    """
    states = [
        block.state
        for views in blocks
        for block in views
        if block.state in _STACKED or block.stack_name
    ]
    parts = []
    if states:
        parts.append(f"{states.count(BlockState.CONFIRMED)} of {len(states)} confirmed")
    waits = [row.queued_since for row in queued if row.queued_since is not None]
    if waits:
        parts.append(f"{len(waits)} queued {age(min(waits), now)}")
    left = sum(1 for state in states if state not in _SENT)
    if left:
        parts.append(f"{left} not sent")
    return ", ".join(parts)


def facts_of(row: StackRow, now: datetime) -> list[tuple[str, str]]:
    """All there is to know about a row, as label and value."""
    if row.queued_since is not None:
        state = f"queued {age(row.queued_since, now)}; the server has not listed it yet"
        state = f"queued {age(row.queued_since, now)}: {row.note}" if row.note else state
    else:
        state = f"listed since {utc(row.created_at)}"
    return [
        ("chunk key", row.chunk_key or DASH),
        ("state", state),
        ("stack id", DASH if row.id is None else str(row.id)),
        ("object", row.object_name or DASH),
        ("filter", row.filter or DASH),
        ("telescope", row.telescope or DASH),
        ("sub-frames", number(row.n_frames)),
        ("exposure", f"{minutes(row.total_exptime)} min"),
        ("stars", number(row.n_stars)),
        ("from", utc(row.date_obs_start)),
        ("to", utc(row.date_obs_end)),
        ("size", f"{megabytes(row.file_size)} MB"),
        ("on this machine", "yes" if row.local else "no"),
    ]


def utc(value: datetime | None) -> str:
    """A moment in UTC, to the second; a dash for None."""
    return DASH if value is None else f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
