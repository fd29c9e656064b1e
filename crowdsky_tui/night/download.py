"""One of our stacks from the server, also where several share its chunk key.

`download_stack.php` names no filter, exposure or telescope, and which of several rows it sends is
the server's secret. With an API key each is had by its id; without one what came is compared with
what was picked, and kept only if it is that.

Source: docs/design/crowdsky-protocol.md 8.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import NotFound
from crowdsky_tui.compute.client import Science
from crowdsky_tui.fits.messages import HeaderFacts
from crowdsky_tui.services.crowdsky.matching import same_unit
from crowdsky_tui.services.crowdsky.rows import SEESTAR_EXPOSURES_S
from crowdsky_tui.store.store import StackRow

if TYPE_CHECKING:
    from crowdsky_tui.services.crowdsky.archive import Archive
    from crowdsky_tui.services.crowdsky.client import CrowdSkyServer


def twins_of(row: StackRow, rows: Sequence[StackRow]) -> list[StackRow]:
    """The rows under a row's key, itself among them."""
    return [other for other in rows if other.chunk_key == row.chunk_key]


def sub_exposure(row: StackRow) -> float | None:
    """Seconds of one sub-frame, as a Seestar can take them; None if the row does not tell."""
    if not row.total_exptime or not row.n_frames or row.n_frames < 0:
        return None
    return _seestar_exposure(row.total_exptime / row.n_frames)


def _seestar_exposure(seconds: float) -> float:
    return min(SEESTAR_EXPOSURES_S, key=lambda known: abs(known - seconds))


def twin_text(row: StackRow) -> str:
    """What tells a row from another under the same key."""
    exposure = sub_exposure(row)
    parts = (
        row.filter or "no filter",
        f"{row.n_frames or '?'} sub-frames" + (f" of {exposure:g} s" if exposure else ""),
        row.telescope,
        row.object_name,
        "" if row.id is None else f"id {row.id}",
    )
    return ", ".join(part for part in parts if part)


def agrees(row: StackRow, header: HeaderFacts) -> bool:
    """Whether a downloaded file may be this row: filter, telescope and exposure, where known."""
    ours, theirs = sub_exposure(row), header.exposure_s
    return (
        (not header.filter or row.filter == header.filter)
        and same_unit(row.telescope, header.telescope) is not False
        and (ours is None or theirs is None or ours == _seestar_exposure(theirs))
    )


async def download_row(
    row: StackRow,
    rows: Sequence[StackRow],
    folder: Path,
    *,
    server: "CrowdSkyServer",
    archive: "Callable[[], Archive] | None",
    science: Science,
) -> tuple[Path, str]:
    """Fetch the very stack of a row; returns its path and what is to be said of it.

    `archive` is None without an API key. Raises NotFound, with nothing kept, if the server sends
    another of those under the key; else as `CrowdSkyServer.download_stack`.
    """
    twins = twins_of(row, rows)
    if len(twins) < 2:
        (path,) = await server.download_stack(row.chunk_key, folder)
        return path, ""
    stem = row.chunk_key if row.id is None else f"{row.chunk_key}_id{row.id}"
    if archive is not None and row.id is not None:
        return await archive().download_frame(row.id, folder, stem=stem), ""

    async def check(path: Path) -> None:
        header = (await science.inspect(path)).header
        if not agrees(row, header):
            raise _another(row, twins, header)

    path = await server.download_checked(row.chunk_key, folder, stem, check)
    alike = sum(1 for twin in twins if twin_look(twin) == twin_look(row))
    remark = "" if alike < 2 else f"{alike} under its key look alike: it may be any of them"
    return path, remark


def twin_look(row: StackRow) -> tuple[str, str, float | None]:
    """What a downloaded file's header can tell of a row."""
    return row.filter, row.telescope, sub_exposure(row)


def _another(row: StackRow, twins: Sequence[StackRow], header: HeaderFacts) -> NotFound:
    came = next((twin_text(twin) for twin in twins if agrees(twin, header)), "")
    came = came or f"{header.filter or 'no filter'}, {header.telescope or 'unknown telescope'}"
    return NotFound(
        f"{twin_text(row)} was not downloaded",
        f"{len(twins)} stacks share the key {row.chunk_key} and the server sent another: {came}."
        " It was not kept",
        "Set server.api_key: with an API key each is had by its id",
    )
