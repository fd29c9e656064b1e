"""A run fills in what is missing of a project, over all cores, and may be killed at any time.

A frame's points and its state are written in one transaction: what is there is whole. Frames are
known by their content, so one that was moved, or lies there twice, is measured once.
"""

import asyncio
import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError, FileDamaged, ScienceUnavailable, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.subframe_times import SubframeTimes
from crowdsky_tui.compute.client import Science
from crowdsky_tui.compute.cluster import Cluster
from crowdsky_tui.curves.product import Product, State, Wanted, is_due, states
from crowdsky_tui.curves.project import Effective, Project, hash_of
from crowdsky_tui.curves.remote_frames import remote_planes
from crowdsky_tui.database.database import Database
from crowdsky_tui.photometry.frame_messages import FrameMeasure, FrameRequest
from crowdsky_tui.site.place import Place

if TYPE_CHECKING:
    import sqlalchemy as sa

    from crowdsky_tui.photometry.frame_messages import StarPoint

SUFFIXES = (".fit", ".fits", ".fts", ".fit.fz", ".fits.fz")
MOST_FRAMES = 20_000
AT_ONCE = 8
NEVER: Mapping[str, SubframeTimes] = {}


class FrameScience(Protocol):
    """Who measures a frame: a child process, or a cluster's workers."""

    async def frame(self, request: FrameRequest) -> FrameMeasure:
        """Measure it."""

    async def close(self) -> None:
        """End it."""


class Survey(msgspec.Struct, frozen=True):
    """What a run would do: the frames, their states, and what there is of them."""

    wanted: tuple[Wanted, ...]
    states: dict[str, State]
    known: dict[str, Product]
    field_missing: bool = False

    def due(self, *, retry: bool = False) -> tuple[Wanted, ...]:
        """What is to be measured, in the frames' order."""
        return tuple(
            each
            for each in self.wanted
            if is_due(self.known.get(each.key), self.states[each.key], retry=retry)
        )


def find_frames(sources: Sequence[str]) -> list[Path]:
    """The FITS files of files and folders, by name, without the compressed copy of another.

    Raises
    ------
    UsageError
        More than 20,000.
    """
    found: dict[str, Path] = {}
    for source in sources:
        path = Path(source).expanduser()
        for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if each.is_file() and each.name.lower().endswith(SUFFIXES):
                found.setdefault(str(each.resolve()), each)
    if len(found) > MOST_FRAMES:
        raise UsageError(f"there are {len(found):,} frames", f"{MOST_FRAMES:,} at most")
    return [found[name] for name in sorted(found)]


def look(
    project: Project,
    known: dict[str, Product],
    pars: Effective,
    taken: Mapping[str, SubframeTimes] = NEVER,
) -> Survey:
    """Hash the frames, and tell how far each is. Reads every file: not for the event loop.

    `taken` are the times of sub-frames by their frame's SHA-256; a frame of which there are none
    has the hash that it always had. A cube of telescope.org is a frame for each of its planes.
    """
    field = Path(project.field)
    catalogue = _sha256(field) if field.is_file() else ""
    wanted: dict[str, Wanted] = {}
    for path in find_frames(project.frames):
        key = _sha256(path)
        times = taken.get(key)
        told = [] if times is None else [times.words]
        inputs = [key, catalogue, sorted(project.targets), *told]
        planes = remote_planes(path, key)
        for each in planes:
            made_of = hash_of([*inputs, each.plane.number, each.plane.band])
            wanted.setdefault(each.key, Wanted(each.key, str(path), made_of, times, each))
        if not planes:
            wanted.setdefault(key, Wanted(key, str(path), hash_of(inputs), times))
    frames = tuple(wanted.values())
    return Survey(frames, states(known, frames, pars.sha256), known, not catalogue)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Runner:
    """Runs projects. `tell` is given each frame's outcome, and how many are left.

    `taken` are the times of sub-frames by their frame's SHA-256, as the journal knows them.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        tell: Callable[[str], None],
        *,
        place: Place | None = None,
        taken: Mapping[str, SubframeTimes] = NEVER,
        at_once: int = 0,
        make_science: Callable[[], FrameScience] = Science,
        cluster: Cluster | None = None,
    ) -> None:
        self._database, self._clock, self._tell, self._place = database, clock, tell, place
        self._at_once = at_once or min(os.cpu_count() or 1, AT_ONCE)
        self._make_science, self._taken, self._cluster = make_science, taken, cluster

    async def survey(self, project: Project, pars: Effective) -> Survey:
        """What there is, and what is to be done. DatabaseError, OSError."""

        def work(connection: "sa.Connection") -> dict[str, Product]:
            from crowdsky_tui.curves import rows

            return rows.products(connection, project.name)

        known = await self._database.run(work)
        return await asyncio.to_thread(look, project, known, pars, self._taken)

    async def run(self, project: Project, pars: Effective, *, retry: bool = False) -> Survey:
        """Do what is to be done, and tell how far everything is then.

        Raises
        ------
        DatabaseError, ScienceUnavailable
            What was done until then is kept.
        """
        survey = await self.survey(project, pars)
        due = list(survey.due(retry=retry))
        if survey.field_missing:
            for each in due:
                if survey.states[each.key] is not State.STALE:  # what was made before is kept
                    await self._save(project, self._blocked(each, survey, pars), ())
            return await self.survey(project, pars)
        try:
            await self._measure_all(due[::-1], project, pars, survey)
        except* CrowdSkyError as several:
            raise several.exceptions[0] from None
        return await self.survey(project, pars)

    async def _measure_all(
        self, waiting: list[Wanted], project: Project, pars: Effective, survey: Survey
    ) -> None:
        """Measure all, as many at once as there are processes, or workers of the cluster."""
        if not waiting:
            return

        async def work_with(science: FrameScience) -> None:
            while waiting:
                each = waiting.pop()
                product, points = await self._measured(each, project, pars, survey, science)
                await self._save(project, product, points)
                outcome = product.why or product.state
                self._tell(f"{product.name}: {outcome}, {len(waiting)} left")

        async def with_own_process() -> None:
            science = self._make_science()
            try:
                await work_with(science)
            finally:
                await science.close()

        cluster = self._cluster
        try:
            at_once = self._at_once if cluster is None else 2 * await cluster.open()
            async with asyncio.TaskGroup() as group:
                for _ in range(min(at_once, len(waiting))):
                    work = with_own_process() if cluster is None else work_with(cluster)
                    group.create_task(work)
        finally:
            if cluster is not None:
                await cluster.close()

    async def _measured(
        self, each: Wanted, project: Project, pars: Effective, survey: Survey, science: FrameScience
    ) -> "tuple[Product, Sequence[StarPoint]]":
        remote, times = each.remote, each.taken
        place = remote.place if remote else self._place
        request = FrameRequest(
            path=os.fsencode(each.path),
            field=os.fsencode(project.field),
            targets=project.targets,
            settings=pars.settings,
            begin=None if times is None else times.begin,
            end=None if times is None else times.end,
            middle=None if times is None else times.middle,
            latitude_deg=None if place is None else place.latitude_deg,
            longitude_deg=None if place is None else place.longitude_deg,
            elevation_m=0.0 if place is None else place.elevation_m,
            plane=remote.plane if remote else None,
        )
        try:
            found = await science.frame(request)
        except ScienceUnavailable:
            raise
        except CrowdSkyError as error:
            why = clean(f"{error.what}: {error.why}" if error.why else error.what, 300)
            failed = self._product(each, survey, pars, State.FAILED)
            again = error.retryable and not isinstance(error, FileDamaged)  # the same bytes
            return msgspec.structs.replace(failed, why=why, retryable=again), ()
        there = {point.name for point in found.points}
        seen = not project.targets or any(name in there for name in project.targets)
        done = self._product(each, survey, pars, State.OK if seen else State.EMPTY)
        return msgspec.structs.replace(done, measure=_without_points(found)), found.points

    def _product(self, each: Wanted, survey: Survey, pars: Effective, state: State) -> Product:
        before = survey.known.get(each.key)
        return Product(
            key=each.key,
            state=state,
            input_hash=each.input_hash,
            pars_hash=pars.sha256,
            tried_at=self._clock.now(),
            name=clean(Path(each.path).name, 100),
            tries=1 if before is None else before.tries + 1,
        )

    def _blocked(self, each: Wanted, survey: Survey, pars: Effective) -> Product:
        product = self._product(each, survey, pars, State.BLOCKED)
        return msgspec.structs.replace(product, why="the field's catalogue is missing")

    async def _save(
        self, project: Project, product: Product, points: "Sequence[StarPoint]"
    ) -> None:
        def work(connection: "sa.Connection") -> None:
            from crowdsky_tui.curves import rows

            rows.save_product(connection, project.name, product, points)

        await self._database.run(work)


def _without_points(found: FrameMeasure) -> FrameMeasure:
    return msgspec.structs.replace(found, points=())
