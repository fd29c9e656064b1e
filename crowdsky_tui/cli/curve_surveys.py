"""`curves surveys|fetch|survey-points|import`: what surveys have of a project's stars."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.options import CommonOptions, flag, option, positional
from crowdsky_tui.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.curves.project import Project
    from crowdsky_tui.curves.survey_fetch import SurveyFetch
    from crowdsky_tui.database.database import Database

SURVEYS = ("ztf", "atlas", "gaia", "aavso")
FORMS = ("asassn", "satellite", "aavso-file", "ztf", "atlas", "gaia")


class Surveys(CommonOptions, frozen=True, kw_only=True):
    """What `curves surveys` takes."""

    action: str


class Fetch(CommonOptions, frozen=True, kw_only=True):
    """What `curves fetch` takes."""

    action: str
    project: Annotated[str, positional("PROJECT", completes="project")]
    star: Annotated[
        tuple[str, ...], option("NAME", "of this star (all targets)", repeated=True)
    ] = ()
    survey: Annotated[
        tuple[str, ...],
        option("NAME", "of this survey (the project's own)", repeated=True, choices=SURVEYS),
    ] = ()
    since: Annotated[str, option("DATE", "from this day on (2015-01-01)")] = ""
    refresh: Annotated[bool, flag("ask again for what is there")] = False
    retry: Annotated[bool, flag("try again what failed")] = False
    dry_run: Annotated[bool, flag("say what would be asked, and ask nobody")] = False


class Points(CommonOptions, frozen=True, kw_only=True):
    """What `curves survey-points` takes."""

    action: str
    project: Annotated[str, positional("PROJECT", completes="project")]
    star: Annotated[str, positional("STAR", completes="star")]


class ImportFile(CommonOptions, frozen=True, kw_only=True):
    """What `curves import` takes."""

    action: str
    project: Annotated[str, positional("PROJECT", completes="project")]
    star: Annotated[str, positional("STAR", completes="star")]
    file: Annotated[Path, positional("FILE", "a curve of others", completes="file")]
    form: Annotated[str, option("FORM", "how it is written", choices=FORMS)] = "asassn"


ACTIONS: dict[str, type[CommonOptions]] = {
    "surveys": Surveys,
    "fetch": Fetch,
    "survey-points": Points,
    "import": ImportFile,
}
HELP = {
    "surveys": "which surveys can be asked, and what each is",
    "fetch": "ask surveys for a project's stars: only what is missing",
    "survey-points": "what surveys have of a star",
    "import": "add a file of others: ASAS-SN, TESS, Kepler, AAVSO",
}


class SurveyActions:
    """The actions, on one database."""

    def __init__(self, database: "Database", settings: "Settings", science: "Science") -> None:
        self._database, self._settings, self._science = database, settings, science
        self._clock = settings.make_clock()

    async def do(self, options: CommonOptions, project: "Project | None") -> int:
        """Do what is asked; `project` is None for `curves surveys` alone."""
        if project is None:
            return self._list(options)
        if isinstance(options, Fetch):
            return await self._fetch(options, project)
        if isinstance(options, Points):
            return await self._points(options, project)
        assert isinstance(options, ImportFile)
        return await self._import(options, project)

    def _list(self, options: CommonOptions) -> int:
        from crowdsky_tui.services.surveys.surveys import DESCRIPTIONS

        if options.json:
            print_json({"surveys": DESCRIPTIONS})
            return ExitCode.OK
        rows = [
            (
                each.name,
                " ".join(each.bands),
                f"{each.brightest:g} to {each.faintest:g}",
                f"{each.south:+g} to {each.north:+g}°",
                "account" if each.account else "",
                each.remark,
            )
            for each in DESCRIPTIONS
        ]
        print_table(("survey", "bands", "mag", "declination", "", ""), rows)
        return ExitCode.OK

    def _fetcher(self) -> "SurveyFetch":
        from crowdsky_tui.curves.survey_fetch import SurveyFetch
        from crowdsky_tui.services.surveys.surveys import open_survey

        return SurveyFetch(
            self._database,
            self._clock,
            self._science,
            self._settings.survey_answers,
            lambda name: open_survey(name, self._settings),
            say,
        )

    async def forget_unwanted(self) -> int:
        """Delete the answers that no project wants any more; how many those were."""
        import asyncio

        from crowdsky_tui.curves import survey_files, survey_rows

        left = await self._database.run(survey_rows.survey_products)
        wanted = {kept.file for product in left.values() for kept in product.parts}
        folder = self._settings.survey_answers
        return await asyncio.to_thread(survey_files.forget, folder, wanted)

    async def _fetch(self, options: Fetch, project: "Project") -> int:
        from crowdsky_tui.curves.product import State
        from crowdsky_tui.curves.survey_fetch import EARLIEST, Wish

        wish = Wish(
            stars=options.star,
            surveys=options.survey,
            since=_day(options.since) if options.since else EARLIEST,
            retry=options.retry,
            refresh=options.refresh,
        )
        fetcher = self._fetcher()
        if options.dry_run:
            due = await fetcher.due(project, wish)
            if options.json:
                print_json({"due": [{"survey": survey, "star": star} for survey, star in due]})
            else:
                for survey, star in due:
                    print(f"{survey}: {star}")
                print(f"{len(due)} would be asked for")
            return ExitCode.OK
        outcome = await fetcher.run(project, wish)
        if options.json:
            print_json({"products": outcome.products, "paused": outcome.paused})
        else:
            print(f"{len(outcome.products)} asked for")
            for each in outcome.products:
                print(f"{each.survey}, {each.star}: {each.why or each.state}")
        failed = any(each.state is State.FAILED for each in outcome.products)
        return ExitCode.SOME_FAILED if failed or outcome.paused else ExitCode.OK

    async def _points(self, options: Points, project: "Project") -> int:
        from crowdsky_tui.curves.survey_points import survey_series
        from crowdsky_tui.timeseries.quality import words

        products = await self._fetcher().known(project)
        series = await survey_series(
            products.values(), options.star, self._science, self._settings.survey_answers
        )
        if options.json:
            print_json({"series": series})
            return ExitCode.OK
        if not series:
            print(f"no survey's point of {clean(options.star, 60)} is here")
        for each in series:
            name = " ".join(filter(None, (each.survey, each.band, each.series, each.system)))
            print(f"{name}: {len(each.points)} points, {each.scale}")
            rows = [
                (
                    f"{point.day:.5f}",
                    f"{'<' if point.limit else ''}{point.mag:.3f}",
                    "" if point.error is None else f"{point.error:.3f}",
                    ", ".join(words(point.flags)),
                )
                for point in each.points
            ]
            print_table((str(each.scale), "mag", "±", ""), rows)
        return ExitCode.OK

    async def _import(self, options: ImportFile, project: "Project") -> int:
        import asyncio

        from crowdsky_tui.base.files import read_plain
        from crowdsky_tui.timeseries.surveys.messages import Form

        path = Path.cwd() / options.file.expanduser()
        try:
            raw = await asyncio.to_thread(read_plain, path)
        except OSError as error:
            name = clean(path.name, 100)
            raise UsageError(f"{name} cannot be read", error.strerror or "") from error
        product = await self._fetcher().import_file(project, options.star, raw, Form(options.form))
        if options.json:
            print_json({"product": product})
        else:
            print(f"{clean(path.name, 100)}: {product.points} points of {product.star}")
        return ExitCode.OK


def _day(typed: str) -> datetime:
    try:
        return datetime.strptime(typed, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise UsageError(f"{clean(typed, 30)} is no day", "", "Write 2024-12-31") from None
