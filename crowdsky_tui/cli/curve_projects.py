"""`curves project|run|show|export|delete|check`: projects of curves, filled in and given out."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.curve_counts import Coverage, print_coverage
from crowdsky_tui.cli.curve_export import (
    SETS,
    Check,
    Diff,
    Export,
    OfAProject,
    absolute,
    check,
    diff,
    export,
)
from crowdsky_tui.cli.curve_surveys import ACTIONS as OF_SURVEYS
from crowdsky_tui.cli.curve_surveys import HELP as SURVEY_HELP
from crowdsky_tui.cli.curve_surveys import SURVEYS, SurveyActions
from crowdsky_tui.cli.curve_vsx import AskVsx, look_up
from crowdsky_tui.cli.options import CommonOptions, Yes, flag, option, positional
from crowdsky_tui.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.curves.curve import CurvePoint
    from crowdsky_tui.curves.project import Effective, Project
    from crowdsky_tui.curves.run import Survey
    from crowdsky_tui.database.database import Database


class ProjectOptions(OfAProject, frozen=True, kw_only=True):
    """What `curves project` takes."""

    field: Annotated[Path | None, option("FILE", "the field's stars", completes="file")] = None
    target: Annotated[
        tuple[str, ...], option("NAME", "a star whose curve is wanted", repeated=True)
    ] = ()
    eclipses: Annotated[
        tuple[str, ...],
        option("STAR=PERIOD,EPOCH", "expected: days, BJD, and a part it takes", repeated=True),
    ] = ()
    set: Annotated[tuple[str, ...], SETS] = ()
    survey: Annotated[
        tuple[str, ...],
        option("NAME", "a survey that may be asked", repeated=True, choices=SURVEYS),
    ] = ()
    vsx: Annotated[bool, flag("the AAVSO's VSX may be asked for ephemerides")] = False
    lock: Annotated[bool, flag("the parameters change no more", exclusive="lock")] = False
    unlock: Annotated[bool, flag("they may change again", exclusive="lock")] = False


class Index(OfAProject, frozen=True, kw_only=True):
    """What `curves index` takes."""

    paths: Annotated[tuple[Path, ...], positional("PATH", "frames, or folders of them", "+")]


class Run(OfAProject, frozen=True, kw_only=True):
    """What `curves run` takes."""

    set: Annotated[tuple[str, ...], SETS] = ()
    retry: Annotated[bool, flag("try again what failed")] = False
    dry_run: Annotated[bool, flag("say what would be done, and do nothing")] = False


class Show(OfAProject, frozen=True, kw_only=True):
    """What `curves show` takes."""

    star: Annotated[str | None, positional("STAR", "none: the targets", "?", completes="star")] = (
        None
    )
    set: Annotated[tuple[str, ...], SETS] = ()


class Delete(OfAProject, frozen=True, kw_only=True):
    """What `curves delete` takes."""

    yes: Yes = False


ACTIONS: dict[str, type[CommonOptions]] = {
    "project": ProjectOptions,
    "index": Index,
    "run": Run,
    "show": Show,
    "coverage": Coverage,
    "ephemeris": AskVsx,
    "export": Export,
    "delete": Delete,
    "check": Check,
    "diff": Diff,
    **OF_SURVEYS,
}
HELP = {
    "project": "make a project of curves, change it, or show it",
    "index": "add frames to a project",
    "run": "measure what is missing of a project",
    "show": "a star's curve",
    "ephemeris": "when its stars are eclipsed, by the AAVSO's VSX",
    "coverage": "how many points of which brightness, exposure and noise",
    "export": "curves as a file: AAVSO, CSV, ECSV, ETD, VSNET, BAV, Parquet, HATS",
    "delete": "delete a project and what was measured for it; no file of yours",
    "diff": "what differs between two exports: parameters, inputs, points",
    "check": "read an AAVSO file as strictly as the AAVSO does",
    **SURVEY_HELP,
}


class Projects:
    """The actions, on one database."""

    def __init__(self, database: "Database", settings: "Settings", science: "Science") -> None:
        self._database, self._settings, self._science = database, settings, science
        self._clock = settings.make_clock()

    async def do(self, options: CommonOptions) -> int:
        """Do what is asked."""
        if isinstance(options, Check):
            return await check(options, self._clock)
        if isinstance(options, Diff):
            return await diff(options)
        if isinstance(options, tuple(OF_SURVEYS.values())):
            surveys = SurveyActions(self._database, self._settings, self._science)
            named = getattr(options, "project", "")
            return await surveys.do(options, await self._need(named) if named else None)
        actions: dict[type[CommonOptions], Any] = {
            ProjectOptions: self._project,
            Index: self._index,
            Run: self._run,
            Show: self._show,
            Coverage: self._coverage,
            AskVsx: self._ephemeris,
            Export: self._export,
            Delete: self._delete,
        }
        code: int = await actions[type(options)](options)
        return code

    async def _find(self, typed: str) -> "Project | None":
        from crowdsky_tui.curves import rows
        from crowdsky_tui.curves.project import checked_name

        name = checked_name(typed)
        return next((p for p in await self._database.run(rows.projects) if p.name == name), None)

    async def _need(self, typed: str) -> "Project":
        project = await self._find(typed)
        if project is None:
            raise UsageError(
                f"there is no project {clean(typed, 60)}",
                "",
                "crowdsky-tui curves project makes it",
            )
        return project

    async def _save(self, project: "Project") -> None:
        from crowdsky_tui.curves import rows

        now = self._clock.now()
        await self._database.run(lambda db: rows.save_project(db, project, now))

    async def _project(self, options: ProjectOptions) -> int:
        from crowdsky_tui.curves.eclipse_ephemeris import read_ephemeris
        from crowdsky_tui.curves.project import (
            Project,
            checked_name,
            effective,
            read_parameters,
            with_parameters,
        )

        found = await self._find(options.project)
        if found is None and options.field is None:
            raise UsageError(
                f"there is no project {clean(options.project, 60)}", "", "Make it with --field FILE"
            )
        project = found or Project(name=checked_name(options.project), field="")
        if options.unlock:
            project = msgspec.structs.replace(project, locked=False)
        project = with_parameters(project, read_parameters(options.set))
        if options.field is not None:
            field = str(absolute(options.field))
            project = msgspec.structs.replace(project, field=field)
        targets = tuple(dict.fromkeys([*project.targets, *(clean(t, 60) for t in options.target)]))
        surveys = tuple(dict.fromkeys([*project.surveys, *options.survey]))
        eclipses = project.eclipses | dict(map(read_ephemeris, options.eclipses))
        project = msgspec.structs.replace(
            project,
            eclipses=eclipses,
            targets=targets,
            surveys=surveys,
            locked=project.locked or options.lock,
            asks_vsx=project.asks_vsx or options.vsx,
        )
        if project != found:
            await self._save(project)
        pars = effective(project)
        if options.json:
            print_json({"project": project, "parameters": pars, "sha256": pars.sha256})
        else:
            locked = ", locked" if project.locked else ""
            print(f"{project.name}: targets {', '.join(project.targets) or 'none'}{locked}")
            rows = msgspec.structs.asdict(pars.settings).items()
            print_table(("parameter", "value", "by"), [(n, v, pars.origins[n]) for n, v in rows])
        return ExitCode.OK

    async def _index(self, options: Index) -> int:
        import asyncio

        from crowdsky_tui.curves.run import find_frames

        project = await self._need(options.project)
        new = [str(absolute(path)) for path in options.paths]
        count = len(await asyncio.to_thread(find_frames, new))
        if not count:
            raise UsageError("there is no frame", "no FITS file lies there")
        frames = tuple(dict.fromkeys([*project.frames, *new]))
        await self._save(msgspec.structs.replace(project, frames=frames))
        if options.json:
            print_json({"frames": count})
        else:
            print(f"{count} frames; curves run {project.name} measures them")
        return ExitCode.OK

    async def _run(self, options: Run) -> int:
        from crowdsky_tui.cli.curve_frames import taken_by_journal
        from crowdsky_tui.compute.cluster import Cluster
        from crowdsky_tui.curves.run import Runner
        from crowdsky_tui.site.place import set_place

        project = await self._need(options.project)
        pars = _pars(project, options.set)
        taken = await taken_by_journal(self._settings)
        place = set_place(self._settings)
        address = self._settings.compute.dask
        cluster = Cluster(address) if address else None
        runner = Runner(self._database, self._clock, say, place=place, taken=taken, cluster=cluster)
        if options.dry_run:
            survey = await runner.survey(project, pars)
        else:
            survey = await runner.run(project, pars, retry=options.retry)
        left = survey.due(retry=options.retry)
        counts = _counts(survey)
        if options.json:
            failed = [each for each in survey.known.values() if each.why]
            print_json(
                {
                    "states": counts,
                    "due": [Path(each.path).name for each in left],
                    "failed": [{"frame": each.name, "reason": each.why} for each in failed],
                    "parameters_sha256": pars.sha256,
                }
            )
        else:
            print(", ".join(f"{number} {state}" for state, number in counts.items()) or "no frame")
        bad = counts.get("failed", 0) + counts.get("blocked", 0)
        return ExitCode.SOME_FAILED if bad and not options.dry_run else ExitCode.OK

    async def _curves(self, project: "Project", pars: "Effective", star: str) -> Any:
        from crowdsky_tui.curves.curve import load, star_curves

        measured = await self._database.run(lambda db: load(db, project, pars))
        curves = await star_curves(measured, star, self._science, pars.settings.floor_mag)
        return measured, curves

    async def _show(self, options: Show) -> int:
        project = await self._need(options.project)
        pars = _pars(project, options.set)
        curves = await self._of_stars(project, pars, options.star)
        if options.json:
            print_json({"curves": curves, "parameters_sha256": pars.sha256})
            return ExitCode.OK
        from crowdsky_tui.timeseries.quality import words

        for each in curves:
            mean = "" if each.mean is None else f", {each.mean:.3f} ± {each.rms:.3f} mag"
            print(
                f"{each.star} {each.band} {each.telescope}: {each.good} of {len(each.points)}{mean}"
            )
            for chain in each.chains:
                print(f"  {chain.words}")
            rows = [
                (
                    f"{point.bjd_tdb:.5f}",
                    _mag(point),
                    "" if point.error is None else f"{point.error:.3f}",
                    ", ".join(words(point.flags)),
                )
                for point in each.points
            ]
            print_table(("BJD (TDB)", "mag", "±", ""), rows)
        return ExitCode.OK

    async def _of_stars(self, project: "Project", pars: "Effective", star: str | None) -> Any:
        """The curves of one star, or of all targets."""
        wanted = (star,) if star else project.targets
        if not wanted:
            raise UsageError(f"{project.name} has no target", "", "Name a star")
        curves = []
        for each in wanted:
            curves += (await self._curves(project, pars, each))[1]
        return curves

    async def _coverage(self, options: Coverage) -> int:
        project = await self._need(options.project)
        pars = _pars(project, ())
        curves = await self._of_stars(project, pars, options.star)
        return await print_coverage(options, curves, self._science, pars.sha256)

    async def _ephemeris(self, options: AskVsx) -> int:
        from crowdsky_tui.plan.alerts.look import open_sources

        project = await self._need(options.project)
        client = open_sources(self._settings)
        try:
            changed, code = await look_up(options, project, client, self._science)
        finally:
            await client.close()
        if changed != project:
            await self._save(changed)
        return code

    async def _export(self, options: Export) -> int:
        from crowdsky_tui.curves.curve import load
        from crowdsky_tui.curves.export_files import curves_to_export

        project = await self._need(options.project)
        pars = _pars(project, options.set)
        measured = await self._database.run(lambda db: load(db, project, pars))
        what = await curves_to_export(
            project, pars, measured, options.star, options.format, self._science
        )
        return await export(options, what, self._science, self._clock)

    async def _delete(self, options: Delete) -> int:
        from crowdsky_tui.cli.confirm import confirm
        from crowdsky_tui.curves import rows

        project = await self._need(options.project)
        if not options.yes:
            confirm(f"Delete {project.name} and all that was measured?", "nothing was deleted")
        gone = await self._database.run(lambda db: rows.delete_project(db, project.name))
        surveys = SurveyActions(self._database, self._settings, self._science)
        await surveys.forget_unwanted()
        if options.json:
            print_json({"deleted": project.name, "frames": gone})
        else:
            print(f"{project.name} is deleted, with the measurements of {gone} frames")
        return ExitCode.OK


def _mag(point: "CurvePoint") -> str:
    """A point's magnitude, or what it is fainter than."""
    if point.mag is not None:
        return f"{point.mag:.3f}"
    return "" if point.limit_mag is None else f"<{point.limit_mag:.2f}"


def _pars(project: "Project", typed: tuple[str, ...]) -> "Effective":
    from crowdsky_tui.curves.project import effective, read_parameters

    return effective(project, read_parameters(typed))


def _counts(survey: "Survey") -> dict[str, int]:
    counts: dict[str, int] = {}
    for state in survey.states.values():
        counts[state.value] = counts.get(state.value, 0) + 1
    return dict(sorted(counts.items()))


async def projects(options: CommonOptions, settings: "Settings", science: "Science") -> int:
    """Do what is asked of a project."""
    from crowdsky_tui.database.database import open_database

    database = open_database(settings, say)
    try:
        return await Projects(database, settings, science).do(options)
    finally:
        await database.close()
