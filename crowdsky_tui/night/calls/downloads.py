"""Calls that search everybody's archive, and that fetch files into a folder of the user's."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.config.load import download_folder
from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.night.download import download_row
from crowdsky_tui.night.everybody import note_download
from crowdsky_tui.progress.target_positions import position_of
from crowdsky_tui.services.crowdsky.frames import ArchiveFrame
from crowdsky_tui.store.store import StackRow

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class Downloaded(msgspec.Struct, frozen=True):
    """A stack that came back: its path, and what is to be said of it."""

    path: str
    remark: str = ""


class ArchiveAnswer(msgspec.Struct, frozen=True):
    """The archive's frames around a target (degrees, equinox of date), oldest first."""

    ra_deg: float
    dec_deg: float
    frames: tuple[ArchiveFrame, ...]


class DownloadStack(Call[Downloaded], frozen=True):
    """Fetch a stack of the server's list into a folder; nothing is overwritten."""

    patience_s: ClassVar[float] = SLOW_S
    row: StackRow
    folder: str

    async def run(self, night: "NightParts") -> Downloaded:
        folder = _folder(self.folder)
        path, remark = await download_row(
            self.row,
            night.store.server.stacks,
            folder,
            server=night.server(),
            archive=night.services.archive if night.settings.server.api_key else None,
            science=night.science,
        )
        if folder == download_folder(night.settings):
            night.views.note_downloaded(frozenset({path.stem}))
        return Downloaded(clean(path, 400), remark)


class DownloadFrame(Call[Downloaded], frozen=True):
    """Fetch one frame of the archive, anybody's, by its id. Needs an API key."""

    patience_s: ClassVar[float] = SLOW_S
    frame_id: int
    folder: str

    async def run(self, night: "NightParts") -> Downloaded:
        archive = night.services.archive()
        path = await archive.download_frame(self.frame_id, _folder(self.folder))
        try:
            await note_download(night, self.frame_id, path)
        except CrowdSkyError as error:
            return Downloaded(clean(path, 400), f"not noted in the archive: {error}")
        return Downloaded(clean(path, 400))


class SearchArchive(Call[ArchiveAnswer], frozen=True):
    """Everybody's frames around a target. AuthRefused without an API key."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    target: TargetKey

    async def run(self, night: "NightParts") -> ArchiveAnswer:
        if self.target not in night.views.situations():
            raise UsageError("that target is gone", "no scope has it any more")
        ra_deg, dec_deg = await position_of(night, self.target)
        frames = await night.services.archive().cone_search(ra_deg, dec_deg)
        return ArchiveAnswer(ra_deg, dec_deg, tuple(frames))


def _folder(typed: str) -> Path:
    if not typed.strip():
        raise UsageError("no folder was given")
    return Path(typed.strip()).expanduser()
