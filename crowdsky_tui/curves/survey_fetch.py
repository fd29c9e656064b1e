"""Fetch what a project wants of surveys: only what is missing, one after another, resumable."""

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError, FileDamaged, ScienceUnavailable, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves import survey_files
from crowdsky_tui.curves.product import State
from crowdsky_tui.curves.project import Project
from crowdsky_tui.curves.survey_product import (
    OWN_FILE,
    Kept,
    SurveyProduct,
    is_due,
    key_of,
    recheck_at,
)
from crowdsky_tui.database.database import Database
from crowdsky_tui.photometry.frame_messages import StarRequest
from crowdsky_tui.services.surveys.survey import NotCovered, Part, StarPlace, Survey, Window
from crowdsky_tui.timeseries.surveys.messages import Form, SurveyRequest

if TYPE_CHECKING:
    import sqlalchemy as sa

MOST_FAILURES = 5
"""So many in a row pause a survey for this run; others go on."""
DAYS_A_YEAR = 365.25
EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)
OVERLAP = timedelta(days=7)


class Outcome(msgspec.Struct, frozen=True):
    """What a run did: the products by star and survey, and which surveys were paused."""

    products: tuple[SurveyProduct, ...]
    paused: tuple[str, ...] = ()


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be fetched: of all targets and surveys of the project where none is named."""

    stars: tuple[str, ...] = ()
    surveys: tuple[str, ...] = ()
    since: datetime = EARLIEST
    until: datetime | None = None
    retry: bool = False
    refresh: bool = False


class SurveyFetch:
    """Fetches for projects. `tell` is given each outcome, and how many are left."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        science: Science,
        folder: Path,
        open_survey: Callable[[str], Survey],
        tell: Callable[[str], None],
    ) -> None:
        self._database, self._clock, self._science = database, clock, science
        self._folder, self._open, self._tell = folder, open_survey, tell

    async def known(self, project: Project) -> dict[str, SurveyProduct]:
        """What there is of a project, by key. DatabaseError."""

        def work(connection: "sa.Connection") -> dict[str, SurveyProduct]:
            from crowdsky_tui.curves import survey_rows

            return survey_rows.survey_products(connection, project.name)

        return await self._database.run(work)

    async def due(self, project: Project, wish: Wish) -> list[tuple[str, str]]:
        """Survey and star of all that a run would ask for.

        Raises
        ------
        UsageError
            The project names neither stars nor surveys.
        """
        stars, surveys = wish.stars or project.targets, wish.surveys or project.surveys
        if not stars or not surveys:
            raise UsageError(
                f"{project.name} asks no survey",
                "it names no survey" if stars else "it names no target",
                f"crowdsky-tui curves project {project.name} --survey NAME --target NAME",
            )
        known, now = await self.known(project), self._clock.now()
        return [
            (survey, star)
            for survey in surveys
            for star in stars
            if is_due(known.get(key_of(survey, star)), now, retry=wish.retry, refresh=wish.refresh)
        ]

    async def run(self, project: Project, wish: Wish) -> Outcome:
        """Ask for what is due. What was done until an end stays done.

        Raises
        ------
        DatabaseError, ScienceUnavailable, OSError
        """
        due = await self.due(project, wish)
        known = await self.known(project)
        done: list[SurveyProduct] = []
        paused: list[str] = []
        for name in dict.fromkeys(survey for survey, _ in due):
            stars = [star for survey, star in due if survey == name]
            survey = self._open(name)
            try:
                if not await self._one_survey(project, wish, survey, stars, known, done):
                    paused.append(name)
            finally:
                await survey.close()
        return Outcome(tuple(done), tuple(paused))

    async def import_file(
        self, project: Project, star: str, raw: bytes, form: Form
    ) -> SurveyProduct:
        """Keep a user's file as what others have of a star.

        Raises
        ------
        FileDamaged
            It is not of that form.
        """
        now = self._clock.now()
        name = f"{OWN_FILE} {form}"
        before = (await self.known(project)).get(key_of(name, star))
        kept = await self._kept(Part(raw, form, "", 0), now)
        parts = {each.file: each for each in (*(before.parts if before else ()), kept)}
        product = SurveyProduct(
            star=star,
            survey=name,
            state=State.OK if kept.points else State.EMPTY,
            tried_at=now,
            parts=tuple(parts.values()),
        )
        await self._save(project, product)
        return product

    async def _one_survey(
        self,
        project: Project,
        wish: Wish,
        survey: Survey,
        stars: Sequence[str],
        known: dict[str, SurveyProduct],
        done: list[SurveyProduct],
    ) -> bool:
        """Whether it came to its end: not after five failures in a row."""
        failures = 0
        title = survey.description.title
        for place, star in enumerate(stars):
            before = known.get(key_of(survey.description.name, star))
            product = await self._one_star(project, wish, survey, star, before)
            await self._save(project, product)
            done.append(product)
            said = product.why or f"{product.state}, {product.points} points"
            self._tell(f"{title}, {star}: {said}; {len(stars) - place - 1} left")
            failures = failures + 1 if product.state is State.FAILED else 0
            if failures == MOST_FAILURES:
                self._tell(f"{title} is left for now: {MOST_FAILURES} failures in a row")
                return False
        return True

    async def _one_star(
        self,
        project: Project,
        wish: Wish,
        survey: Survey,
        star: str,
        before: SurveyProduct | None,
    ) -> SurveyProduct:
        now = self._clock.now()
        until = wish.until or now
        told = survey.description
        goes_on = before if told.by_name and before is not None and before.until else None
        product = _begun(told.name, star, now, before)
        if goes_on is None:
            product = msgspec.structs.replace(product, since=wish.since)
        since = goes_on.until - OVERLAP if goes_on and goes_on.until else wish.since
        parts: list[Kept] = list(product.parts) if goes_on else []

        async def note(text: str) -> None:
            nonlocal product
            product = msgspec.structs.replace(product, resume=text)
            await self._save(project, product)

        try:
            place = await self._place(project, star, now)
            product = msgspec.structs.replace(product, asked=survey.search(place))
            async for part in survey.fetch(place, Window(since, until), product.resume, note):
                parts.append(await self._kept(part, now))
        except NotCovered as error:
            return msgspec.structs.replace(
                product, state=State.EMPTY, why=error.why, recheck_at=None
            )
        except ScienceUnavailable:
            raise
        except CrowdSkyError as error:
            why = clean(f"{error.what}: {error.why}" if error.why else error.what, 300)
            again = (error.retryable or error.outage) and not isinstance(error, FileDamaged)
            return msgspec.structs.replace(product, state=State.FAILED, why=why, retryable=again)
        there = tuple(each for each in parts if each.points)
        return msgspec.structs.replace(
            product,
            state=State.OK if there else State.EMPTY,
            parts=there or tuple(parts[-1:]),
            until=until,
            recheck_at=None if there else recheck_at(told, now),
        )

    async def _place(self, project: Project, star: str, now: datetime) -> StarPlace:
        """Where the field's catalogue has the star. FileDamaged if it has it not."""
        year = 2000 + (now - datetime(2000, 1, 1, 12, tzinfo=UTC)).days / DAYS_A_YEAR
        request = StarRequest(os.fsencode(project.field), star, year)
        found = await self._science.star(request)
        return StarPlace(
            name=star, ra_deg=found.ra_deg, dec_deg=found.dec_deg, gaia_id=found.gaia_id
        )

    async def _kept(self, part: Part, now: datetime) -> Kept:
        """Keep an answer that can be read. FileDamaged for one that cannot: it is not empty."""
        name = await asyncio.to_thread(survey_files.keep, self._folder, part.raw)
        path = os.fsencode(self._folder / name)
        read = await self._science.survey(SurveyRequest(path, part.form, most=1))
        return Kept(
            file=name,
            form=part.form,
            address=clean(part.address, 300),
            status=part.status,
            fetched_at=now,
            points=read.total,
        )

    async def _save(self, project: Project, product: SurveyProduct) -> None:
        def work(connection: "sa.Connection") -> None:
            from crowdsky_tui.curves import survey_rows

            survey_rows.save_survey_product(connection, project.name, product)

        await self._database.run(work)


def _begun(survey: str, star: str, now: datetime, before: SurveyProduct | None) -> SurveyProduct:
    """A product as a fetch begins, with all that was there before."""
    if before is None:
        return SurveyProduct(star=star, survey=survey, state=State.PENDING, tried_at=now)
    return msgspec.structs.replace(
        before,
        state=State.PENDING,
        tried_at=now,
        tries=before.tries + 1,
        why="",
        retryable=False,
        recheck_at=None,
    )
