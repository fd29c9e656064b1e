"""Calls about the archive: every frame in one list, fetch some, delete local copies."""

from typing import TYPE_CHECKING, ClassVar

from crowdsky_tui.archive.frame import Frame, FrameKey, Source
from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.config.load import download_folder
from crowdsky_tui.jobs.remote_order import RemoteOrder
from crowdsky_tui.jobs.scopes import refuse_kind
from crowdsky_tui.night.archive_list import FrameList, frames_of, list_frames
from crowdsky_tui.night.archive_removal import Removal, remove
from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.night.calls.downloads import DownloadStack
from crowdsky_tui.night.everybody import fetch_frame
from crowdsky_tui.services.telescope_org.cache import named

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


class ListFrames(Call[FrameList], frozen=True):
    """Every frame that is known, newest first. Nothing is asked of scope, server or site."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S

    async def run(self, night: "NightParts") -> FrameList:
        return await list_frames(night)


class FetchFrames(Call[str], frozen=True):
    """Bring these frames to this machine: as jobs, or at once from a CrowdSky server."""

    patience_s: ClassVar[float] = SLOW_S
    keys: tuple[FrameKey, ...]

    async def run(self, night: "NightParts") -> str:
        frames = await frames_of(night, self.keys)
        queued = came = 0
        left: list[str] = []
        for frame in frames:
            try:
                if await _fetch(night, frame):
                    queued += 1
                else:
                    came += 1
            except CrowdSkyError as error:
                left.append(str(error))
        night.views.stale = True
        said = [f"{queued} queued (job log)"] if queued else []
        said += [f"{came} downloaded"] if came else []
        return ", ".join(said + ([f"{len(left)} not: {left[0]}"] if left else []))


class RemoveCopies(Call[tuple[Removal, ...]], frozen=True):
    """Delete the local copies of these frames, each only if it is proved elsewhere now.

    With `dry_run` nothing is deleted: it is said which would be.
    """

    patience_s: ClassVar[float] = SLOW_S
    keys: tuple[FrameKey, ...]
    dry_run: bool = False

    async def run(self, night: "NightParts") -> tuple[Removal, ...]:
        frames = await frames_of(night, self.keys)
        return tuple([await remove(night, frame, dry_run=self.dry_run) for frame in frames])


async def _fetch(night: "NightParts", frame: Frame) -> bool:
    """Ask for a frame; True if a job will bring it, False if it has come."""
    name = clean(frame.target, 40)
    if frame.source is Source.REMOTE and (what := named(frame.key)) is not None:
        order = RemoteOrder(frame.target, job=what.job, form=what.form, flat=what.flat)
        await night.queue.add("remote-fetch", "remote-fetch", order)
        return True
    if frame.here:
        raise UsageError(f"{name} is here already")
    if frame.source is Source.EVERYBODY:
        await fetch_frame(night, frame)
        return False
    if frame.source is Source.SCOPE:
        refuse_kind("fetch", read_only=night.settings.read_only)
        for seen in night.situations():
            if seen.order.stack_id == frame.key:
                await night.queue.add("fetch", "fetch", seen.order)
                return True
        raise UsageError(f"{name} cannot be fetched", "no scope that is in reach has it")
    for row in night.store.server.stacks:
        if frame.key in (str(row.id), row.chunk_key):
            await DownloadStack(row, str(download_folder(night.settings))).run(night)
            return False
    raise UsageError(f"{name} cannot be fetched", "nobody who has it is known")
