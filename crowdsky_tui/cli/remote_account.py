"""What the verb `remote` does with an account at telescope.org."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.output import print_json, print_table, say, tell
from crowdsky_tui.services.telescope_org.cache import CachedAs, files_in
from crowdsky_tui.services.telescope_org.records import Details, RequestRow

if TYPE_CHECKING:
    from crowdsky_tui.cli.verbs.remote import (
        Import,
        Listing,
        Numbered,
        OfObject,
        Options,
        Search,
    )
    from crowdsky_tui.services.telescope_org.client import TelescopeOrg


class RemoteAccount:
    """One account and what can be done with it from the command line."""

    def __init__(self, client: "TelescopeOrg") -> None:
        self._client = client

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
        return _show(await self._client.request(number_of(options.number)), options)

    async def job(self, options: "Numbered") -> int:
        """The page of a job."""
        return _show(await self._client.job(number_of(options.number)), options)

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

    async def import_cache(self, options: "Import") -> int:
        """Copy whole pictures of another cache into ours; that one is only read."""
        if not await asyncio.to_thread(options.cache.is_dir):
            raise UsageError(f"{clean(options.cache)} is no folder")
        copied, refused = [], []
        for what, path in await asyncio.to_thread(lambda: list(files_in(options.cache))):
            try:
                if await self._take(what, path, dry_run=options.dry_run):
                    copied.append(str(path))
            except CrowdSkyError as error:
                refused.append({"path": str(path), "why": str(error)})
        done = "would be copied" if options.dry_run else "were copied"
        lines = [f"{len(copied)} pictures {done}"]
        lines += [f"left where it is: {each['why']}" for each in refused]
        tell({"imported": copied, "refused": refused}, lines, as_json=options.json)
        return ExitCode.SOME_FAILED if refused else ExitCode.OK

    async def _take(self, what: CachedAs, path: Path, *, dry_run: bool) -> bool:
        """Copy one picture, or only check it; False if ours has it."""
        downloads = self._client.downloads
        if not dry_run:
            return await downloads.copy_from_cache(what, path)
        if await asyncio.to_thread(what.path(downloads.cache).exists):
            return False
        await downloads.check(what, path)
        return True


def number_of(typed: str) -> int:
    """The number of a request or job as it is typed: R729127, J369256. Raises UsageError."""
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
