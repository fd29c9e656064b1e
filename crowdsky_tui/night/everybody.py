"""Everybody's frames in the archive: searched, fetched, noted, proved to be there still."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.archive.everybody import THERE, to_note
from crowdsky_tui.archive.frame import Frame, Source
from crowdsky_tui.base.errors import FileInTheWay, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.load import download_folder

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


async def find_frames(night: "NightParts", typed: str) -> tuple[str, int]:
    """Search the archive around a target and note what is there: its name, and how many frames.

    Raises UsageError for an unknown target, AuthRefused without an API key.
    """
    target = await night.science.find_target(typed, night.clock.now())
    place = target.j2000
    found = await night.services.archive().cone_search(place.ra_deg_j2000, place.dec_deg_j2000)
    noted = to_note(found, await night.frames.load(Source.EVERYBODY))
    await night.frames.save(noted, night.clock.now())
    return target.name, len(found)


async def fetch_frame(night: "NightParts", frame: Frame) -> None:
    """Download one of everybody's frames into the folder of what comes from the server."""
    if not frame.key.isdigit():
        raise UsageError(f"{clean(frame.key, 40)} is no frame of the archive")
    folder = download_folder(night.settings)
    try:
        path = await night.services.archive().download_frame(int(frame.key), folder)
    except FileInTheWay:
        path = folder / f"frame_{int(frame.key)}.fits"
    await note_file(night, frame, path)


async def note_file(night: "NightParts", frame: Frame, path: Path) -> None:
    """Note where a frame's file lies now, with its bytes. Raises FileDamaged for no whole one."""
    facts = await night.science.inspect(path)
    header = facts.header
    here = msgspec.structs.replace(
        frame,
        target=frame.target or header.object_name,
        at=frame.at or header.date_obs,
        instrument=frame.instrument or header.telescope,
        filter=frame.filter or header.filter,
        exposure_s=frame.exposure_s or header.total_s or header.exposure_s,
        path=str(path),
        size=facts.size,
        sha256=facts.sha256,
        elsewhere=THERE,
        used_at=night.clock.now(),
    )
    await night.frames.save([here], night.clock.now())


async def note_download(night: "NightParts", number: int, path: Path) -> None:
    """Note a frame that was downloaded by its number, into whatever folder."""
    known = await night.frames.find(Source.EVERYBODY, str(number))
    frame = known or Frame(source=Source.EVERYBODY, key=str(number), state="in the archive")
    await note_file(night, frame, await asyncio.to_thread(path.resolve))


async def is_listed(night: "NightParts", frame: Frame) -> bool:
    """Whether the archive lists the frame now, as large as its file here."""
    pixel = (await night.science.inspect(Path(frame.path))).header.pixel
    if pixel is None:
        return False
    rows = await night.services.archive().frames_by_healpix(pixel)
    return any(
        str(row.id) == frame.key and row.file_size_bytes in (None, frame.size) for row in rows
    )
