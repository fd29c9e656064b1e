"""The server pane's rows: what the server lists, what lies here too, what it has yet to list.

Pure functions, but for `downloaded_keys`, which reads one folder's names.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks import parse_chunk_key, parse_crowdsky_name
from crowdsky_tui.jobs.delivery import UNLISTED, Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.server_list import find_rows
from crowdsky_tui.services.crowdsky.rows import ServerStack
from crowdsky_tui.store.store import StackRow

NO_ANSWER = "handed over, but no answer came"
VANISHED = "its row has gone from the server's list"


def downloaded_keys(folder: Path) -> frozenset[str]:
    """The stems of what was downloaded into `folder`: a key, or `<key>_id<id>`. Blocks."""
    try:
        return frozenset(
            path.stem
            for path in folder.glob("*.fits")
            if parse_chunk_key(path.stem.partition("_id")[0]) is not None
        )
    except OSError:
        return frozenset()


def stack_rows(
    rows: Sequence[ServerStack],
    ledger: Mapping[str, LedgerEntry],
    downloaded: Collection[str] = (),
    proved: Mapping[int, bool] = MappingProxyType({}),
    before: tuple[Sequence[ServerStack], Sequence[StackRow]] = ((), ()),
) -> tuple[StackRow, ...]:
    """The server's list. A row is local if its stack was fetched or sent from here, or came back.

    `downloaded` are as of `downloaded_keys`; a key that several rows share tells nothing of them.
    `proved` is as of `LedgerBook`: what it tells need not be in `ledger`. `before` is an earlier
    list with its result: what is the same in both is the same object.
    """
    known = {id(row): shown for row, shown in zip(*before, strict=True)}
    local = _on_this_machine(rows, ledger.values(), proved)
    back = set(downloaded)
    shared: set[str] = set()
    seen: set[str] = set()
    for row in rows if back else ():
        (shared if row.chunk_key in seen else seen).add(row.chunk_key)
    back_alone = back - shared

    def shown(row: ServerStack) -> StackRow:
        here = id(row) in local or bool(
            back
            and (
                row.chunk_key in back_alone
                or (row.id is not None and f"{row.chunk_key}_id{row.id}" in back)
            )
        )
        earlier = known.get(id(row))
        return earlier if earlier and earlier.local is here else _stack_row(row, local=here)

    return tuple(shown(row) for row in rows)


def _on_this_machine(
    rows: Sequence[ServerStack], ledger: Iterable[LedgerEntry], known: Mapping[int, bool]
) -> set[int]:
    """The rows (by `id()`) whose stacks are here; nearly all are told by the row that proved them.

    Only the others are searched for: that takes time and memory with thousands of stacks.
    """
    by_number: dict[int | None, ServerStack] = {row.id: row for row in rows if row.id is not None}
    proved = {id(by_number[number]): here for number, here in known.items() if number in by_number}
    others: dict[str, LedgerEntry] = {}
    for entry in ledger:
        row = by_number.get(entry.row_id) if entry.upload == Delivery.CONFIRMED else None
        if row is None:
            others[entry.order.stack_id] = entry
        else:
            proved[id(row)] = bool(entry.local_path)
    left = [row for row in rows if id(row) not in proved] if others else []
    found = find_rows(others.values(), left)
    here = {id(row) for stack_id, row in found.items() if others[stack_id].local_path}
    return here | {number for number, local in proved.items() if local}


def _stack_row(row: ServerStack, *, local: bool) -> StackRow:
    return StackRow(
        id=row.id,
        chunk_key=row.chunk_key,
        object_name=row.object_name,
        telescope=row.telescope_id,
        filter=row.filter_name,
        n_frames=row.n_frames_aligned or row.n_frames_input,
        total_exptime=row.total_exptime,
        date_obs_start=row.date_obs_start,
        date_obs_end=row.date_obs_end,
        file_size=row.file_size_bytes,
        created_at=row.created_at,
        local=local,
        n_stars=row.n_stars_detected,
    )


def queued_rows(ledger: Iterable[LedgerEntry], rows: Sequence[ServerStack]) -> tuple[StackRow, ...]:
    """What was sent, or may have been, and is not listed: those that wait longest first."""
    entries = list(ledger)
    waiting = [entry for entry in entries if entry.upload in UNLISTED]
    if not waiting:
        return ()
    chunks = {entry.order.chunk for entry in waiting}
    listed = find_rows((entry for entry in entries if entry.order.chunk in chunks), rows)
    queued = [_queued_row(entry) for entry in waiting if entry.order.stack_id not in listed]
    known = [row for row in queued if row.queued_since is not None]
    return tuple(sorted(known, key=lambda row: (row.queued_since, row.chunk_key)))


def _queued_row(entry: LedgerEntry) -> StackRow:
    order = entry.order
    name = parse_crowdsky_name(order.name)
    frames = len(order.files) or (name.frames if name else None)
    key = entry.server_key or (name.chunk_key if name else None) or order.chunk
    vanished = VANISHED if entry.row_id is not None else ""
    return StackRow(
        id=None,
        chunk_key=clean(key),
        object_name=clean(order.target),
        telescope=clean(order.telescope),
        filter=clean(order.filter),
        n_frames=frames,
        total_exptime=frames * order.exposure_s if frames else None,
        date_obs_start=order.start,
        date_obs_end=order.end,
        file_size=entry.size or None,
        local=bool(entry.local_path),
        queued_since=entry.sent_at,
        note=NO_ANSWER if entry.upload == Delivery.DOUBT else vanished,
    )
