"""A rig's frames in the archive: each read whole once its visit is over, and then measured."""

import asyncio
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.archive.folder_index import FolderIndex
from crowdsky_tui.archive.frame import Frame, Source
from crowdsky_tui.base.errors import CrowdSkyError, NotOffered
from crowdsky_tui.base.text import clean
from crowdsky_tui.jobs.observing import Observation
from crowdsky_tui.night.measuring import ask_to_measure_folder
from crowdsky_tui.store.store import LogLine, Severity

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts
    from crowdsky_tui.services.telescope_org.cache import CachedAs


async def archive_visit(night: "NightParts", order: Observation) -> None:
    """Note the frames of a rig's visit in the archive, and ask for their measurement.

    A trouble is told in the job log; the frames stay where they are, whatever goes wrong.
    """
    rig = night.rigs[order.scope].rig
    folder = rig.files.folder(order.target)
    try:
        known = [each for each in await night.frames.load(Source.RIG) if _is_in(each, folder)]
        found = await FolderIndex(night.science.inspect, _refuse, _sha256).read(
            folder, known, lambda done, total: None
        )
        frames = [
            msgspec.structs.replace(each, source=Source.RIG, instrument=order.scope)
            for each in found.frames
        ]
        await night.frames.save(frames, night.clock.now())
    except CrowdSkyError as error:
        _tell(night, f"{order.scope}: its frames are not in the archive: {error}")
        return
    for each in found.refused:
        _tell(night, f"{order.scope}: {each.path} is not in the archive: {each.why}")
    if frames:
        await ask_to_measure_folder(night, order, str(await asyncio.to_thread(folder.resolve)))


def _is_in(frame: Frame, folder: Path) -> bool:
    return Path(frame.path).parent.name == folder.name


async def _refuse(what: "CachedAs", path: Path) -> None:
    raise NotOffered(f"{clean(path.name, 60)} is no frame of a rig", "it is named as another's")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _tell(night: "NightParts", text: str) -> None:
    night.store.add_log(LogLine(night.clock.now(), Severity.WARNING, clean(text, 400)))
