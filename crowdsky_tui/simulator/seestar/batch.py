"""Batch stacking: one slot, a result that sticks until it is cleared.

Source: docs/design/seestar-protocol.md 3.10.
"""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path, PurePosixPath

from crowdsky_tui.blocks import companions, parse_light_filename
from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.frames import Stack, stack_frames, write_stack
from crowdsky_tui.simulator.scope_time import ScopeTime
from crowdsky_tui.simulator.seestar.albums import DATA, Albums
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.seestar.wire import ALREADY_RUNNING, NO_IMAGE, Fault

QUIET = 0.1  # real seconds between two progress events at least
FAILED_TO_OPERATE = 207

Announce = Callable[[str, dict[str, object]], None]


class BatchStack:
    """The telescope's one batch stacking job."""

    def __init__(
        self,
        albums: Albums,
        time: ScopeTime,
        profile: Profile,
        faults: Faults,
        announce: Announce,
    ) -> None:
        self.report: dict[str, object] | None = None
        self.path = ""
        self.files: list[str] = []
        self._albums = albums
        self._time = time
        self._profile = profile
        self._faults = faults
        self._announce = announce
        self._task: asyncio.Task[None] | None = None

    @property
    def working(self) -> bool:
        """Whether it stacks now."""
        return self._task is not None and not self._task.done()

    def configure(self, path: str, files: list[str]) -> None:
        """`set_batch_stack_setting`: any form of name is accepted here."""
        self.path, self.files = path, files

    def start(self) -> None:
        """`start_batch_stack`; Fault 259 while a job runs."""
        if self.working:
            raise Fault(ALREADY_RUNNING)
        self.report = None
        self._update(state="working", lapse_ms=0, percent=0.0, stacked_img=0, remaining_sec=0)
        self._task = asyncio.create_task(self._run(self.path, list(self.files)))

    async def stop(self) -> None:
        """`stop_batch_stack`: a running job becomes `cancel`."""
        if await self._end_task():
            self._update(state="cancel")

    async def clear(self) -> None:
        """`clear_batch_stack`: whatever there was is gone."""
        await self._end_task()
        self.report = None

    async def _end_task(self) -> bool:
        """Cancel the job; whether there was one to cancel."""
        if self._task is None or self._task.done():
            return False
        self._task.cancel()
        await asyncio.wait([self._task])
        return True

    def _update(self, **fields: object) -> None:
        """Change the report and tell everybody."""
        fixed: dict[str, object] = {
            "frame_type": "light",
            "total_img": len(self.files),
            "input_thn": "",
            "route": [],
        }
        self.report = {**fixed, **(self.report or {}), **fields}
        self._announce("BatchStack", self.report)

    async def _run(self, path: str, files: list[str]) -> None:
        began = self._time.clock.now()
        try:
            names = self._names(path, files)
            await self._count_frames(len(files))
            if self._faults.batch_failures:
                raise Fault(*self._faults.batch_failures.pop(0))
            folder, name = await asyncio.to_thread(self._stack, path, names)
        except Fault as fault:
            self._update(state="fail", error=fault.text, code=fault.code)
            return
        except OSError as error:
            self._update(state="fail", error=error.strerror or "error", code=FAILED_TO_OPERATE)
            return
        lapse = int((self._time.clock.now() - began).total_seconds() * 1000)
        output = {"path": folder, "files": self._output_rows(folder, name)}
        self._update(
            state="complete",
            lapse_ms=max(lapse, 1),
            percent=100.0,
            stacked_img=len(files),
            remaining_sec=0,
            output_file=output,
        )

    def _names(self, path: str, files: list[str]) -> list[str]:
        """Bare names out of the form that this firmware wants; Fault 267 for the other one."""
        names = []
        for file in files:
            pure = PurePosixPath(file)
            right = str(pure.parent) == path if self._profile.wants_full_paths else "/" not in file
            if not right:
                raise Fault(NO_IMAGE)
            names.append(pure.name)
        if not names:
            raise Fault(NO_IMAGE)
        return names

    async def _count_frames(self, total: int) -> None:
        """Let the simulated time of `total` frames pass, with progress."""
        clock, each = self._time.clock, self._profile.seconds_per_frame
        loop = asyncio.get_running_loop()
        began, told, done = clock.now(), 0.0, 0
        while each > 0 and done < total:
            await clock.sleep(each)
            spent = (clock.now() - began).total_seconds()
            done = min(int(spent / each), total)
            if loop.time() - told < QUIET:
                continue
            told = loop.time()
            self._update(
                lapse_ms=max(int(spent * 1000), 1),
                percent=round(99.0 * done / total, 3),
                stacked_img=done,
                remaining_sec=int((total - done) * each),
            )

    def _stack(self, path: str, names: list[str]) -> tuple[str, str]:
        """Stack the named files; folder and name of the result. Fault 267 if none can be used."""
        folder = self._albums.folder(path)
        target = folder.name.removesuffix("_sub")
        frame = parse_light_filename(names[0])
        try:
            stack = stack_frames([folder / name for name in names])
        except (FileNotFoundError, ValueError) as error:
            raise Fault(NO_IMAGE) from error
        exposure = frame.exposure if frame else f"{float(stack.header['EXPTIME']):.1f}s"
        main = self._albums.folder(f"{DATA}/{target}")
        main.mkdir(exist_ok=True)
        name = self._free_name(main, stack, target, exposure)
        write_stack(main, name, stack, self._time.now())
        return f"{DATA}/{target}", name

    def _free_name(self, folder: Path, stack: Stack, target: str, exposure: str) -> str:
        """The result's name: the local time is that of stacking, and there is no filter."""
        moment = self._time.local(self._time.clock.now())
        while True:
            stamp = f"{moment:%Y%m%d_%H%M%S}"
            name = f"DSO_Stacked_{stack.count}_{target}_{exposure}_{stamp}.fit"
            if not (folder / name).exists():
                return name
            moment += timedelta(seconds=1)

    def _output_rows(self, folder: str, name: str) -> list[dict[str, object]]:
        thumbnail = companions(name)[1]
        date = f"{self._time.local(self._time.clock.now()):%Y-%m-%d %H:%M:%S}"
        row: dict[str, object] = {"date": date, "thn": f"{folder}/{thumbnail}", "type": 0}
        return [{"name": name, **row}, {"name": thumbnail, **row}]
