"""Measuring what is proved, for the projects of curves that want it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.archive.frame import Frame
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.text import clean
from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves.frame_words import frame_words
from crowdsky_tui.curves.product import Product, State
from crowdsky_tui.curves.project import Project, covers, effective, wants
from crowdsky_tui.jobs.kinds.measure import MeasureOrder
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.observing import Observation
from crowdsky_tui.site.place import set_place
from crowdsky_tui.store.store import LogLine, Severity

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crowdsky_tui.night.interfaces import NightParts

GONE = "the stack is not on this machine any more"
NO_PROJECT = "the project is gone"


async def _projects(night: "NightParts") -> tuple[Project, ...]:
    def work(connection: "sa.Connection") -> tuple[Project, ...]:
        from crowdsky_tui.curves import rows

        return rows.projects(connection)

    return await night.records.database.run(work)


async def ask_to_measure_remote(night: "NightParts", frame: Frame) -> None:
    """Ask for the measurement of a cube of telescope.org in each project that wants its target."""
    await _ask(night, frame.target, MeasureOrder(
        scope="", target=frame.target, filter=frame.filter, label=f"{frame.target} {frame.key}",
        project="", path=frame.path, sha256=frame.sha256,
    ))  # fmt: skip


async def ask_to_measure_folder(night: "NightParts", order: Observation, folder: str) -> None:
    """Ask for the measurement of a rig's new frames in each project that wants their target."""
    await _ask(night, order.target, MeasureOrder(
        scope=order.scope, target=order.target, filter=order.filter, label=order.label,
        project="", path=folder, sha256=order.uid,
    ))  # fmt: skip


async def _ask(night: "NightParts", target: str, order: MeasureOrder) -> None:
    """Ask for it in each project that wants the target; a trouble is told, and changes nothing."""
    try:
        for project in await _projects(night):
            if wants(project, target, order.path):
                each = msgspec.structs.replace(order, project=project.name)
                await night.queue.add("measure", "measure", each)
    except CrowdSkyError as error:
        words = clean(f"{order.label} is not measured: {error}", 400)
        night.store.add_log(LogLine(night.clock.now(), Severity.WARNING, words))


async def ask_to_measure(night: "NightParts", entry: LedgerEntry) -> None:
    """Ask for the measurement of a proved stack in each project that wants it.

    What is proved stays proved: a trouble of the database is told, and changes nothing else.
    """
    if not entry.local_path or not entry.sha256:
        return
    order = entry.order
    await _ask(night, order.target, MeasureOrder(
        scope=order.scope, target=order.target, filter=order.filter, label=order.label,
        project="", path=entry.local_path, sha256=entry.sha256, taken=entry.taken,
    ))  # fmt: skip


async def measure_stack(
    night: "NightParts", order: MeasureOrder, make_science: Callable[[], Science] = Science
) -> str:
    """Measure a stack for its project, unless that is done, and say what came of it.

    A rig's frames are measured by their folder: what is new in it. It is done in a compute child of
    its own, which goes afterwards with its memory. A stack outside the project's folders becomes
    one of its frames.

    Raises
    ------
    DatabaseError, ScienceUnavailable
        Another try may help.
    """
    from crowdsky_tui.curves.run import Runner

    project = next((each for each in await _projects(night) if each.name == order.project), None)
    if project is None:
        return NO_PROJECT
    if not await asyncio.to_thread(Path(order.path).exists):
        return GONE
    if not covers(project, order.path):
        project = msgspec.structs.replace(project, frames=(*project.frames, order.path))
        await _save(night, project)
    runner = Runner(
        night.records.database,
        night.clock,
        lambda _: None,
        place=set_place(night.settings),
        taken={} if order.taken is None else {order.sha256: order.taken},
        at_once=1,
        make_science=make_science,
    )
    alone = msgspec.structs.replace(project, frames=(order.path,))
    pars = effective(project)
    survey = await runner.run(alone, pars)
    made = [each for each in survey.known.values() if each.pars_hash == pars.sha256]
    against = frame_words(made).get(order.sha256, "")
    if order.sha256 not in survey.states and await asyncio.to_thread(Path(order.path).is_dir):
        return _counted(made)
    told = _words(survey.known.get(order.sha256), survey.states.get(order.sha256))
    return f"{told}; {against}" if against else told


async def _save(night: "NightParts", project: Project) -> None:
    now = night.clock.now()

    def work(connection: "sa.Connection") -> None:
        from crowdsky_tui.curves import rows

        rows.save_project(connection, project, now)

    await night.records.database.run(work)


def _counted(made: list[Product]) -> str:
    """What came of a folder's frames."""
    measured = sum(each.measure is not None for each in made)
    return f"{measured} of {len(made)} frames measured"


def _words(product: Product | None, state: State | None) -> str:
    if product is None or state is None:
        return "its file is another one than was sent: not measured"
    if product.measure is None:
        return f"not measured: {product.why or state}"
    frame = product.measure
    seen = "no target in it, " if state is State.EMPTY else ""
    return (
        f"{seen}{frame.verdict}, zero point {frame.zero_point:.3f} ± {frame.zero_point_error:.3f}"
    )
