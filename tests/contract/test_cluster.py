"""Projects measured on a real Dask scheduler with real workers: the same to the last bit."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from curve_projects_kit import FRAMES, TARGET, Counting, make_night, project_of, runner

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import ScienceUnavailable
from crowdsky_tui.compute.cluster import Cluster
from crowdsky_tui.curves.curve import load, star_curves
from crowdsky_tui.curves.export import csv_file, provenance
from crowdsky_tui.curves.product import State
from crowdsky_tui.curves.project import Project, effective
from crowdsky_tui.curves.run import Runner
from crowdsky_tui.database.database import Database
from crowdsky_tui.photometry.frame_messages import FrameMeasure, FrameRequest

LOCAL = ("--host", "127.0.0.1", "--no-dashboard")


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_night(tmp_path_factory.mktemp("cluster"))


@asynccontextmanager
async def scheduler(folder: Path, workers: int) -> AsyncIterator[tuple[str, list[Process]]]:
    """A scheduler and its workers on this machine; all are gone at the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    processes: list[Process] = []

    async def begin(*words: str) -> None:
        command = (sys.executable, "-m", "dask", *words, *LOCAL)
        processes.append(
            await asyncio.create_subprocess_exec(
                *command, cwd=folder, stdout=DEVNULL, stderr=DEVNULL
            )
        )

    try:
        await begin("scheduler", "--port", str(port))
        for _ in range(workers):
            await begin("worker", address, "--nthreads", "1", "--no-nanny")
        yield address, processes[1:]
    finally:
        for process in processes:
            if process.returncode is None:
                process.kill()
            await process.wait()


async def curve_file(database: Database, project: Project) -> str:
    pars = effective(project)
    measured = await database.run(lambda db: load(db, project, pars))
    science = Counting()
    curves = await star_curves(measured, f"s{TARGET}", science, 0.02)
    await science.close()
    return csv_file(curves, provenance(project, pars, measured, curves))


class Recorded(Cluster):
    """Waits before the first frames are given out until `threads` workers have come."""

    def __init__(self, address: str, threads: int) -> None:
        super().__init__(address)
        self.threads, self.begun = threads, asyncio.Event()

    async def open(self) -> int:
        async with asyncio.timeout(60):
            while True:
                try:
                    if (found := await super().open()) >= self.threads:
                        return found
                except ScienceUnavailable:
                    pass
                await self.close()
                await asyncio.sleep(0.1)

    async def frame(self, request: FrameRequest) -> FrameMeasure:
        self.begun.set()
        return await super().frame(request)


async def test_a_clusters_curve_is_the_same_to_the_last_bit_though_a_worker_is_killed(
    night: Path, tmp_path: Path
) -> None:
    project = project_of(night)
    here, there = Database(tmp_path / "here"), Database(tmp_path / "there")
    try:
        await runner(here).run(project, effective(project))
        async with scheduler(tmp_path, 2) as (address, workers):
            cluster = Recorded(address, 2)
            job = Runner(there, Clock(), lambda _: None, cluster=cluster)
            task = asyncio.create_task(job.run(project, effective(project)))
            await cluster.begun.wait()
            os.kill(workers[0].pid, signal.SIGKILL)

            survey = await task

        assert list(survey.states.values()) == [State.OK] * FRAMES
        assert await curve_file(there, project) == await curve_file(here, project)
    finally:
        await here.close()
        await there.close()


async def test_a_scheduler_that_is_not_there_is_said_and_nothing_is_lost(
    night: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crowdsky_tui.compute.cluster.CONNECT_S", 0.3)
    database = Database(tmp_path)
    project = project_of(night)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    try:
        job = Runner(database, Clock(), lambda _: None, cluster=Cluster(address))
        with pytest.raises(ScienceUnavailable, match="Dask"):
            await job.run(project, effective(project))

        survey = await runner(database).run(project, effective(project))
        assert list(survey.states.values()) == [State.OK] * FRAMES
    finally:
        await database.close()


async def test_a_frame_that_is_refused_there_is_a_failed_product_with_its_reason(
    night: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    (folder / "bad.fit").write_bytes(b"no FITS at all")
    project = project_of(night, frames=folder)
    database = Database(tmp_path / "database")
    try:
        async with scheduler(tmp_path, 1) as (address, _):
            job = Runner(database, Clock(), lambda _: None, cluster=Recorded(address, 1))
            survey = await job.run(project, effective(project))

        (product,) = survey.known.values()
        assert product.state is State.FAILED and "bad.fit" in product.why
    finally:
        await database.close()
