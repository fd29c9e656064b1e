"""What the verb `remote` does with an account at telescope.org."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.confirm import confirm
from crowdsky_tui.cli.output import print_json, print_table, say, tell
from crowdsky_tui.services.telescope_org.cache import files_in
from crowdsky_tui.services.telescope_org.codes import telescope_filter
from crowdsky_tui.services.telescope_org.draft import Draft, api_fields, form_steps, warnings
from crowdsky_tui.services.telescope_org.errors import NotReady, RequestInDoubt
from crowdsky_tui.services.telescope_org.records import Details, Form, RequestRow

if TYPE_CHECKING:
    from crowdsky_tui.cli.verbs.remote import (
        Fetch,
        Import,
        Listing,
        Numbered,
        OfObject,
        Options,
        Search,
        Submit,
    )
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.services.telescope_org.client import TelescopeOrg


class RemoteAccount:
    """One account and what can be done with it from the command line."""

    def __init__(self, client: "TelescopeOrg", science: "Science", settings: "Settings") -> None:
        self._client = client
        self._science = science
        self._clock = settings.make_clock()

    async def run(self, options: "Options") -> int:
        """Carry out an action; its exit code."""
        actions: dict[str, Callable[[Any], Awaitable[int]]] = {
            "login": self.folders,
            "folders": self.folders,
            "requests": self.requests,
            "request": self.request,
            "job": self.job,
            "jobs": self.jobs,
            "search": self.search,
            "fetch": self.fetch,
            "submit": self.submit,
            "import": self.import_cache,
            "weather": self.weather,
        }
        return await actions[options.action](options)

    # --- looking ---------------------------------------------------------------------------------

    async def folders(self, options: "Options") -> int:
        """The folders; with `login`, that we are let in."""
        folders = await self._client.folders()
        if options.json:
            print_json({"folders": msgspec.to_builtins(folders)})
        elif options.action == "login":
            say(f"telescope.org lets you in: {folders[0].count if folders else 0} requests")
        else:
            print_table(
                ("folder", "name", "requests"), [(one.id, one.name, one.count) for one in folders]
            )
        return ExitCode.OK

    async def requests(self, options: "Listing") -> int:
        """The requests of a folder."""
        rows = await self._client.requests(options.folder, options.sort)
        if options.pending:
            rows = [row for row in rows if row.pending]
        if options.json:
            print_json({"requests": [_row(row) for row in rows]})
            return ExitCode.OK
        print_table(
            ("request", "object", "asked", "state", ""),
            [(row.id, row.object_name, _day(row.requested), row.word, row.group) for row in rows],
        )
        return ExitCode.OK

    async def request(self, options: "Numbered") -> int:
        """The page of a request."""
        return _show(await self._client.request(_number(options.number)), options)

    async def job(self, options: "Numbered") -> int:
        """The page of a job."""
        return _show(await self._client.job(_number(options.number)), options)

    async def jobs(self, options: "OfObject") -> int:
        """The jobs of an object's complete requests."""
        found = await self._client.jobs_of_object(options.name)
        document = {"jobs": [{"request": rid, "job": job} for rid, job in found.items()]}
        lines = [f"R{rid}  J{job}" for rid, job in found.items()]
        tell(
            document,
            lines or [f"No complete request of {clean(options.name, 40)}"],
            as_json=options.json,
        )
        return ExitCode.OK

    async def search(self, options: "Search") -> int:
        """Public jobs of a night."""
        try:
            night = date.fromisoformat(options.night)
        except ValueError as error:
            raise UsageError(
                f"{clean(options.night, 40)!r} is no date", next_step="Write it like 2024-11-17."
            ) from error
        found = await self._client.night(
            night, days=options.days, camera=options.camera, filter=options.filter
        )
        if found.cut:
            say("There may be more: the site never shows more than a thousand jobs")
        document = {"jobs": list(found.jobs), "cut": found.cut}
        tell(document, [f"J{job}" for job in found.jobs] or ["No jobs"], as_json=options.json)
        return ExitCode.OK

    async def weather(self, options: "Options") -> int:
        """A line of the weather at Teide."""
        weather = await self._client.weather()
        parts = (
            ("humidity", weather.humidity_percent, "%"),
            ("stars", weather.stars, ""),
            ("temperature", weather.temperature_c, "°C"),
            ("wind", weather.wind_km_h, "km/h"),
        )
        said = ", ".join(
            f"{name} {value:g} {unit}".strip() for name, value, unit in parts if value is not None
        )
        line = f"Teide: {said or 'nothing is told'} ({_day(weather.at)} UTC)"
        tell(msgspec.to_builtins(weather), [line], as_json=options.json)
        return ExitCode.OK

    # --- pictures --------------------------------------------------------------------------------

    async def fetch(self, options: "Fetch") -> int:
        """Fetch pictures, one after the other; one that fails is its own."""
        outcomes = []
        code = ExitCode.OK
        for typed in options.numbers:
            outcome: dict[str, Any] = {"asked": clean(typed, 40)}
            try:
                job = await self._job_number(typed)
                flat = (await self._client.job(job)).flat if options.flat else None
                kept = await self._client.fetch(job, Form(options.form), flat)
                outcome |= {"job": job, "path": str(kept.path), "bytes": kept.size}
                line = f"J{job}  {kept.path}"
            except NotReady as error:
                outcome["not_ready"] = str(error)
                line, code = str(error), ExitCode.SOME_FAILED
            except CrowdSkyError as error:
                if len(options.numbers) == 1:
                    raise
                outcome["error"] = str(error)
                line, code = str(error), ExitCode.SOME_FAILED
            outcomes.append(outcome)
            if not options.json:
                print(line)
        if options.json:
            print_json({"fetched": outcomes})
        return code

    async def _job_number(self, typed: str) -> int:
        """A job's number, or that of the job of a request (R…)."""
        number = _number(typed)
        if not typed.strip().upper().startswith("R"):
            return number
        job = await self._client.job_of_request(number)
        if job is None:
            raise UsageError(f"R{number} has no job yet", next_step="Look with 'remote request'.")
        return job

    async def import_cache(self, options: "Import") -> int:
        """Copy whole pictures of another cache into ours; that one is only read."""
        if not await asyncio.to_thread(options.cache.is_dir):
            raise UsageError(f"{clean(options.cache)} is no folder")
        copied, refused = [], []
        for what, path in await asyncio.to_thread(lambda: list(files_in(options.cache))):
            try:
                if await self._client.downloads.copy_from_cache(what, path):
                    copied.append(str(path))
            except CrowdSkyError as error:
                refused.append({"path": str(path), "why": str(error)})
        lines = [f"{len(copied)} pictures were copied"]
        lines += [f"left where it is: {each['why']}" for each in refused]
        tell({"imported": copied, "refused": refused}, lines, as_json=options.json)
        return ExitCode.SOME_FAILED if refused else ExitCode.OK

    # --- asking ----------------------------------------------------------------------------------

    async def submit(self, options: "Submit") -> int:
        """Ask for pictures, prove that the site's list shows it, never twice."""
        target = await self._science.find_target(options.target, self._clock.now())
        draft = Draft(
            name=options.name or target.name,
            position=target.j2000,
            exposure_s=options.exposure,
            telescope=options.telescope,
            filter=options.filter,
            comment=options.comment,
        )
        for warning in warnings(draft):
            say(f"Mind: {warning}")
        before = await self._client.check(draft)
        sent = form_steps(draft) if options.via == "form" else api_fields(draft)
        if options.dry_run:
            tell({"would_send": sent}, [f"Would send: {sent}"], as_json=options.json)
            return ExitCode.OK
        line = (
            f"Ask {draft.telescope} for {draft.exposure_s:g} s of {clean(draft.name, 40)}"
            f" in {telescope_filter(draft.telescope, draft.filter)}?"
            f" {sum(row.pending for row in before)} of {self._client.queue} requests wait"
        )
        if not options.yes:
            confirm(line, "nothing was asked for")
        return await self._submit(draft, frozenset(row.id for row in before), options)

    async def _submit(self, draft: Draft, known: frozenset[int], options: "Submit") -> int:
        rid, doubt = None, ""
        try:
            rid = await self._client.submit(draft, via_form=options.via == "form")
        except RequestInDoubt as error:
            doubt = str(error)
        row = await self._client.find_submitted(draft, known, rid)
        if row is None:
            why = doubt or "the site took it, but its list does not show it"
            tell({"request": rid, "proved": False, "why": why}, [why], as_json=options.json)
            return ExitCode.SOME_FAILED
        tell(
            {"request": row.id, "proved": True, "status": row.word},
            [f"R{row.id}: {row.word}"],
            as_json=options.json,
        )
        return ExitCode.OK


def _number(typed: str) -> int:
    digits = typed.strip().upper().removeprefix("R").removeprefix("J")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 12):
        raise UsageError(
            f"{clean(typed, 40)!r} is no number of a request or job",
            next_step="Write it like R729127 or J369256.",
        )
    return int(digits)


def _day(when: datetime | None) -> str:
    return when.strftime("%Y-%m-%d %H:%M") if when else ""


def _row(row: RequestRow) -> dict[str, Any]:
    return {**msgspec.to_builtins(row), "state": row.word, "group": row.group.value}


def _show(details: Details, options: "Numbered") -> int:
    document = msgspec.to_builtins(details)
    lines = [
        f"{key.replace('_', ' ')}: {value}"
        for key, value in {
            **document,
            "request_ids": ", ".join(map(str, details.request_ids)),
        }.items()
        if value not in (None, "")
    ]
    tell(document, lines, as_json=options.json)
    return ExitCode.OK
