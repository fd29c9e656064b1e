"""By verbs: a project that wants a target has its proved stacks measured, also by a later run."""

import asyncio
from pathlib import Path

from commands_kit import simulation
from photometry_field import make_field

from crowdsky_tui.config.load import read_settings
from crowdsky_tui.curves import rows
from crowdsky_tui.jobs.kinds.measure import MeasureOrder
from crowdsky_tui.night.night import Night
from crowdsky_tui.store.store import JobState


async def test_stacks_that_were_proved_are_measured_for_the_project_alone_that_wants_them(
    tmp_path: Path,
) -> None:
    field = make_field().write(tmp_path / "field.csv")
    with simulation(tmp_path, "--scopes", "1") as sim:
        for name, target in (("lions", "am leo"), ("bears", "M 82")):
            sim.run("curves", "project", name, "--field", str(field), "--target", target)
        proved = sim.json("sync", "AM Leo")["confirmed_total"]
        assert proved
        async with Night(read_settings(sim.config, {}, {}).settings) as night:
            await night.start()
            async with asyncio.timeout(90):
                while any(job.kind == "measure" for job in night.queue.unfinished()):
                    await asyncio.sleep(0.1)
            jobs = [job for job in await night.journal.latest() if job.kind == "measure"]
            projects = await night.records.database.run(rows.projects)
        assert len(jobs) == proved and {job.state for job in jobs} == {JobState.PROVED}
        orders = [job.payload for job in jobs if isinstance(job.payload, MeasureOrder)]
        assert {order.project for order in orders} == {"lions"}
        assert all(order.taken is not None and Path(order.path).is_file() for order in orders)
        frames = {project.name: project.frames for project in projects}
        assert frames == {"bears": (), "lions": tuple(order.path for order in orders)}
        assert all(job.reason.startswith("not measured: ") for job in jobs), "not of this field"
