"""One block into one finished stack: look, clear, set, start, follow, rename, prove.

Each outside effect is noted before it happens, so that a journal always knows at least as much as
the telescope. Whoever was cut off calls `stack_block` again, with `started_before`: it looks first.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Protocol

from crowdsky_tui.base.errors import (
    CommandRefused,
    CrowdSkyError,
    NotFoundOnScope,
    ScopeTimeout,
    ScopeUnreachable,
    StackDisturbed,
    StackFailed,
    UsageError,
)
from crowdsky_tui.blocks import (
    Block,
    companions,
    format_chunk_key,
    format_crowdsky_name,
    parse_dso_name,
)
from crowdsky_tui.blocks.subframe_times import SubframeTimes
from crowdsky_tui.instruments.seestar.files.files import MY_WORKS, RemoteFile
from crowdsky_tui.instruments.seestar.files.marks import ScopeMarks
from crowdsky_tui.instruments.seestar.files.records import Header, StackResult, Target
from crowdsky_tui.instruments.seestar.files.targets import why_barred
from crowdsky_tui.instruments.seestar.stacking import batch
from crowdsky_tui.instruments.seestar.stacking.batch import BatchJob
from crowdsky_tui.instruments.seestar.stacking.find_finished import (
    Known,
    Output,
    ReadableFiles,
    Span,
    find_orphan,
    finished_stack,
    known_from,
    read_header,
    read_span,
    why_not_of,
)
from crowdsky_tui.instruments.seestar.stacking.refusals import disturbed, stacks_something_else
from crowdsky_tui.instruments.seestar.stacking.watch_job import Followed, Progress, follow

log = logging.getLogger(__name__)

Note = Callable[[str, dict[str, object]], Awaitable[None]]


class StackingScope(Followed, ReadableFiles, Protocol):
    """The telescope, as far as stacking needs it (`SeestarService` is one)."""

    @property
    def firmware_int(self) -> int | None: ...
    @property
    def batch_lock(self) -> asyncio.Lock: ...
    @property
    def marks(self) -> ScopeMarks: ...
    async def list_folder(self, folder: str) -> list[RemoteFile]: ...


async def stack_block(
    service: StackingScope,
    target: Target,
    block: Block,
    *,
    note: Note,
    progress: Progress,
    started_before: bool = False,
    noted: Mapping[str, object] | None = None,
    restack: bool = False,
) -> StackResult:
    """Stack one block on the telescope, or adopt what is already there.

    Only the copy of this program that holds the telescope's mark works on it; the others wait.
    `note(step, facts)` is awaited before each of: clear, set, start, follow, companions, rename.
    `noted` holds the facts that an earlier run has noted, so that a rename is brought to its end.
    With `restack` a finished stack of the block counts only if the notes say that it is this run's;
    a result of as many sub-frames as before would have its name, so the earlier one stands then.
    `progress(fraction, text)` is 0 to 1. Cancelling leaves the telescope's job running.
    Raises StackFailed, StackDisturbed if somebody else had it stack other sub-frames, ScopeBusy if
    another app's job runs or another copy is at it, ScopeUnreachable, ScopeTimeout.
    """
    if block.ambiguous:
        raise UsageError(
            "this block cannot be stacked yet",
            "its time happens twice tonight and its sub-frames' headers could not be read",
            "Refresh, so that they are read again",
        )
    if barred := why_barred(target, service.files.refuses):
        raise StackFailed(f"{target.target} is not stacked", barred, status="error")
    run = _Run(service, target, block, note, progress, restack=restack)
    async with service.batch_lock, service.marks.stacking(run.label, run.busy):
        try:
            return (
                await run.resume(started_before=started_before, noted=noted or {})
                or await run.stack()
            )
        except NotFoundOnScope:
            if (done := await run.done()) is None:
                raise
            return done  # another copy, whose mark was taken for stale, has named it first


class _Run:
    """One block's way through the telescope."""

    def __init__(
        self,
        scope: StackingScope,
        target: Target,
        block: Block,
        note: Note,
        progress: Progress,
        *,
        restack: bool = False,
    ) -> None:
        self.restack = restack
        self.scope = scope
        self.target = target
        self.block = block
        self.label = f"{target.target} {block.block_start:%H:%M} {block.filter}"
        self.progress = progress
        self.stale: tuple[str, str] | None = None
        self._note = note
        self._known = Known()
        self._taken: SubframeTimes | None = None

    async def note(self, step: str, facts: dict[str, object]) -> None:
        """Journal the step that comes next, if the telescope's stacker is still ours."""
        await self.scope.marks.hold_stacking(self.label)
        await self._note(step, facts)

    async def busy(self) -> bool:
        """Whether the telescope stacks something at this moment."""
        job = await batch.read_job(self.scope)
        return job is not None and job.working

    async def resume(
        self, *, started_before: bool, noted: Mapping[str, object]
    ) -> StackResult | None:
        """What an earlier run has done of it, finished; None if there is nothing."""
        self._known = known_from(noted)
        files = await self._listed(self.target.folder)
        own = [file for file in files if not self.restack or file.name == noted.get("new")]
        done = finished_stack(own, self.block)
        if done is not None:
            await self._end_rename(done, noted)
            return done
        job = await batch.read_job(self.scope)
        if job is not None and await self._is_ours(job, started_before=started_before):
            if job.working:
                await self.note("follow", {"adopted": True})
                job = await follow(self.scope, self.progress)
            output = self._output(job)
            if output and output.name in {f.name for f in await self._listed(output.folder)}:
                await self._check_unchanged(job, output)
                return await self._finish(output, adopted=True)
        elif job is not None and job.working:
            raise stacks_something_else(f"another app's job is at {job.percent:.0f} %")
        self.stale = job.output if job else None
        orphan = await find_orphan(self.scope, self.target, self.block, files, self._known)
        return None if orphan is None else await self._finish(orphan, adopted=True)

    async def done(self) -> StackResult | None:
        """The finished stack as the folder shows it now."""
        return finished_stack(await self._listed(self.target.folder), self.block)

    async def stack(self) -> StackResult:
        """Stack it anew; a 267 is tried once more with the other form of file names."""
        firmware = self.scope.firmware_int
        full_paths = firmware is None or firmware >= batch.FULL_PATHS_FROM
        job = await self._once(full_paths=full_paths)
        if job.state != "complete" and job.code == batch.NO_IMAGE:
            job = await self._once(full_paths=not full_paths)
        if job.state != "complete":
            raise await self._failure(job)
        output = self._output(job)
        if output is None:
            raise disturbed("its result is in another folder, or of another exposure")
        await self._check_unchanged(job, output)
        return await self._finish(output, adopted=False)

    async def _failure(self, job: BatchJob) -> StackFailed:
        """Why the telescope could not stack it, be it that its sub-frames have gone."""
        there = {file.name for file in await self._listed(self.target.sub_folder)}
        gone = [name for name in self.block.files if name not in there]
        why = f"{job.error or job.state} (code {job.code})" if job.code else job.state
        step = "Look at the sub-frames; too few stars cannot be stacked"
        if gone:
            why = (
                f"{len(gone)} of its {self.block.frame_count} sub-frames are gone from their folder"
            )
            step = (
                "It was renamed, moved or emptied; what is there now is asked for by its new name"
            )
        return StackFailed(
            f"the telescope could not stack {self.label}",
            why,
            step,
            status=job.state if job.state in ("fail", "cancel") else "error",
            code=job.code,
        )

    async def _once(self, *, full_paths: bool) -> BatchJob:
        """Clear, set, start, follow. A refusal with 267 reads like a job that failed with it.

        A job of somebody else's that has begun meanwhile is never cleared away.
        """
        facts: dict[str, object] = {"folder": self.target.sub_folder}
        await self.note("clear", facts)
        if await self.busy():
            raise stacks_something_else("another app's job has just begun")
        await batch.clear(self.scope)
        try:
            await self.note(
                "set", {**facts, "frames": self.block.frame_count, "full_paths": full_paths}
            )
            await batch.configure(self.scope, self.target, self.block, full_paths=full_paths)
            await self.note("start", facts)
            await self._check_setting()
            await batch.start(self.scope)
        except CommandRefused as error:
            if error.code == batch.NO_IMAGE:
                return BatchJob("fail", error=error.why, code=error.code)
            if error.code == batch.ALREADY_RUNNING:
                raise stacks_something_else("another app's job has just begun") from error
            raise StackFailed(error.what, error.why, status="error", code=error.code) from error
        await self.note("follow", facts)
        return await follow(self.scope, self.progress, self.stale)

    async def _check_setting(self) -> None:
        """Raise StackDisturbed if the telescope is set to stack anything but this block."""
        setting = await batch.read_setting(self.scope)
        if setting is not None and not setting.is_for(self.target, self.block):
            raise disturbed("another app has set other sub-frames to stack")

    async def _check_unchanged(self, job: BatchJob, output: Output) -> None:
        """See that the job was made of this block's sub-frames, all of them and no others.

        A result that was not is noted as not ours, so that it is never adopted.
        """
        try:
            await self._check_setting()
            if job.total not in (None, 0, self.block.frame_count):
                raise disturbed(
                    f"it was made of {job.total} sub-frames, not of {self.block.frame_count}"
                )
        except StackDisturbed:
            await self._disown(output)
            raise

    async def _disown(self, output: Output) -> None:
        others = sorted({*self._known.not_ours, output.name})
        await self._note("disturbed", {"not_ours": others})

    async def _check_header(self, output: Output, header: Header) -> None:
        """Raise StackDisturbed if the result's header is not of this block.

        Where the sub-frames' own headers cannot be read, their names' times count.
        """
        span = await read_span(self.scope, self.target, self.block)
        if span is None:
            room = timedelta(seconds=float(self.block.exposure[:-1]))
            span = Span(self.block.block_start - room, self.block.block_end + room)
        self._taken = span.taken
        if why := why_not_of(self.block, span, header):
            await self._disown(output)
            raise disturbed(why)

    async def _is_ours(self, job: BatchJob, *, started_before: bool) -> bool:
        """Whether the telescope's job is made of exactly this block's files."""
        setting = await batch.read_setting(self.scope)
        if setting is None:
            return started_before and (job.working or self._output(job) is not None)
        return setting.is_for(self.target, self.block)

    def _output(self, job: BatchJob) -> Output | None:
        """The job's result, if its folder, exposure and frame count can be this block's."""
        if job.state != "complete" or job.output is None:
            return None
        output = Output(*job.output)
        plain = self.target.folder.removesuffix("_mosaic")
        if output.folder.removesuffix("_mosaic") != plain:
            return None
        name = parse_dso_name(output.name)
        if name is None:
            return output
        fits = name.exposure == self.block.exposure and name.frames <= self.block.frame_count
        return output if fits else None

    async def _finish(self, output: Output, *, adopted: bool) -> StackResult:
        """Rename the result with its companions, prove it, clear the job."""
        header = await read_header(self.scope, output.path)
        await self._check_header(output, header)
        frames = self._frames(output, header)
        new = self._new_name(frames, header)
        if self.restack and (size := await self._size_of(new)):
            log.info("%s: as many sub-frames as before, so the earlier stack stands", new)
            await self._clear_after()
            return StackResult("complete", new, frames, size, taken=self._taken)
        self.progress(1.0, f"naming {new}")
        facts: dict[str, object] = {"folder": output.folder, "old": output.name, "new": new}
        home = f"{MY_WORKS}/{self.target.folder}"  # a mosaic's result may be reported elsewhere
        await self.note("companions", facts)
        await self._rename_companions(output, home, new)
        await self.note("rename", facts)  # last: until then it is found again by its working name
        await self.scope.files.rename(output.path, f"{home}/{new}")
        size = await self._proved_size(new)
        await self._clear_after()
        return StackResult("complete", new, frames, size, adopted, self._taken)

    async def _end_rename(self, done: StackResult, noted: Mapping[str, object]) -> None:
        """Take away the working name that a rename leaves which was cut off in its middle."""
        folder, old = noted.get("folder"), noted.get("old")
        if noted.get("new") != done.name or not isinstance(folder, str) or not isinstance(old, str):
            return
        there = {file.name for file in await self._listed(folder)}
        if old in there:
            home = f"{MY_WORKS}/{self.target.folder}"
            await self._rename_quietly(Output(folder, old).path, f"{home}/{done.name}")

    def _frames(self, output: Output, header: Header) -> int:
        name = parse_dso_name(output.name)
        if name is not None:
            return name.frames
        return header.stack_count or self.block.frame_count

    def _new_name(self, frames: int, header: Header) -> str:
        """The finished name. Pixel 0 means *unknown* in names, so it is never written."""
        if not header.pixel:
            raise StackFailed(
                "the stack cannot be named",
                "its header has no usable position",
                "It stays on the telescope as DSO_Stacked; look at its sub-frames",
                status="error",
            )
        key = format_chunk_key(self.block.chunk, header.pixel)
        return format_crowdsky_name(
            frames, self.target.folder, self.block.exposure, self.block.filter, key
        )

    async def _rename_companions(self, output: Output, home: str, new: str) -> None:
        for before, after in zip(companions(output.path), companions(new), strict=True):
            await self._rename_quietly(before, f"{home}/{after}")

    async def _rename_quietly(self, before: str, after: str) -> None:
        """A file that is not there is no loss; a telescope that has gone is come back to."""
        try:
            await self.scope.files.rename(before, after)
        except (ScopeTimeout, ScopeUnreachable):
            raise
        except CrowdSkyError as error:
            log.info("a file keeps its old name: %s", error)

    async def _proved_size(self, name: str) -> int:
        """The new file's size in bytes, as the telescope's listing shows it."""
        if size := await self._size_of(name):
            return size
        raise StackFailed(
            "the stack was renamed but is not in the telescope's listing",
            name,
            "Stack the block again; what is there is adopted",
            status="error",
        )

    async def _size_of(self, name: str) -> int:
        """A file's size in bytes by the listing of the main folder; 0 if it is not there."""
        for file in await self._listed(self.target.folder):
            if file.name == name:
                return file.size
        return 0

    async def _clear_after(self) -> None:
        """Forget our ended job; one that somebody has begun since is left alone."""
        try:
            if not await self.busy():
                await batch.clear(self.scope)
        except CrowdSkyError as error:
            log.info("the finished job stays on the telescope: %s", error)

    async def _listed(self, folder: str) -> list[RemoteFile]:
        try:
            return await self.scope.list_folder(folder)
        except NotFoundOnScope:
            return []
