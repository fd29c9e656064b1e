"""The verbs for everybody's frames: frames, coverage, fetch-frame."""

from argparse import Namespace
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, UsageError
from crowdsky_tui.cli.output import print_json, print_table, say
from crowdsky_tui.cli.select import choose, look
from crowdsky_tui.config.load import Settings
from crowdsky_tui.night.background.coverage_table import SkyCoverage, last_seen
from crowdsky_tui.night.night import Night, TargetKey
from crowdsky_tui.night.sign_in import archive_of
from crowdsky_tui.progress.target_positions import Position, pixel_of, position_of

if TYPE_CHECKING:
    from crowdsky_tui.services.crowdsky.archive import Archive
    from crowdsky_tui.services.crowdsky.frames import ArchiveFrame


@asynccontextmanager
async def opened_archive(night: Night) -> AsyncIterator["Archive"]:
    """The archive with the settings' key, closed at the end."""
    archive = archive_of(night.settings, night.science)
    try:
        yield archive
    finally:
        await archive.close()


async def frames(arguments: Namespace, settings: Settings) -> int:
    """List everybody's frames of a tile, or around a position or a target."""
    wanted = {
        "start": _moment("--start", arguments.start),
        "end": _moment("--end", arguments.end),
        "filter": arguments.filter,
        "eq_mode": arguments.eq_mode,
        "min_sqm": arguments.min_sqm,
        "min_exptime": arguments.min_exptime,
    }
    async with Night(settings, owner=False) as night, opened_archive(night) as archive:
        if arguments.healpix is not None:
            found = await archive.frames_by_healpix(arguments.healpix, **wanted)
        else:
            ra, dec = await _asked_position(night, arguments)
            found = await archive.cone_search(ra, dec, arguments.radius, **wanted)
    if arguments.json:
        print_json(found)
    else:
        _print_frames(found)
    return ExitCode.OK


def _print_frames(found: "Sequence[ArchiveFrame]") -> None:
    print_table(
        ("id", "begun", "object", "filter", "exposure s", "frames", "sqm", "stars", "chunk key"),
        [
            (
                frame.id,
                frame.date_obs_start,
                frame.object_name,
                frame.filter_name,
                frame.total_exptime,
                frame.n_frames_aligned,
                None if frame.sqm is None else f"{frame.sqm:.1f}",
                frame.n_stars_detected,
                frame.chunk_key,
            )
            for frame in found
        ],
    )


async def _asked_position(night: Night, arguments: Namespace) -> Position:
    """RA and Dec in degrees, given or of a target. Raises UsageError."""
    if arguments.target:
        looked = await look(night, arguments.scope)
        keys = choose(night, [arguments.target], arguments.scope, looked)
        return await position_of(night, keys[0])
    if arguments.ra is None or arguments.dec is None:
        raise UsageError(
            "frames needs to know where", "", "Give --target, --healpix, or --ra and --dec"
        )
    return arguments.ra, arguments.dec


async def coverage(arguments: Namespace, settings: Settings) -> int:
    """Say when the tile of each target was last observed, by anybody. Needs no API key."""
    async with Night(settings, owner=False) as night, opened_archive(night) as archive:
        looked = await look(night, arguments.scope)
        keys = choose(night, arguments.target, arguments.scope, looked)
        pixels: dict[TargetKey, int] = {}
        for key in keys:
            try:
                pixels[key] = await pixel_of(night, key)
            except CrowdSkyError as error:
                say(error)
        sky = SkyCoverage(archive.sky_coverage, night.science, settings.state_dir, night.clock)
        seen = await sky.of(pixels.values())
        now = night.clock.now()
    if seen.problem:
        say(seen.problem)
    say(f"coverage as of {seen.fetched_at:%Y-%m-%d %H:%M} UTC")
    rows = [
        {
            "target": target,
            "scope": scope,
            "healpix": pixel,
            "coverage": last_seen(seen.tiles.get(pixel, ()), now),
            "n_stacks": sum(tile.n_stacks for tile in seen.tiles.get(pixel, ())),
            "filters": seen.tiles.get(pixel, ()),
        }
        for (scope, target), pixel in pixels.items()
    ]
    _print_coverage(arguments, rows, seen.fetched_at)
    incomplete = len(pixels) < len(keys)
    return ExitCode.SOME_FAILED if incomplete else looked.exit_code()


def _print_coverage(
    arguments: Namespace, rows: Sequence[dict[str, Any]], fetched_at: datetime
) -> None:
    if arguments.json:
        print_json({"fetched_at": fetched_at, "targets": rows})
        return
    print_table(
        ("target", "scope", "tile", "stacks", "coverage"),
        [
            (row["target"], row["scope"], row["healpix"], row["n_stacks"], row["coverage"])
            for row in rows
        ],
    )


async def fetch_frame(arguments: Namespace, settings: Settings) -> int:
    """Download frames of the archive by their ids."""
    paths: list[Path] = []
    problems: dict[int, str] = {}
    async with Night(settings, owner=False) as night, opened_archive(night) as archive:
        for number in dict.fromkeys(arguments.id):
            try:
                paths.append(await archive.download_frame(number, arguments.dest))
            except CrowdSkyError as error:
                if len(arguments.id) == 1:
                    raise
                problems[number] = str(error)
                say(error)
    if arguments.json:
        print_json({"downloaded": [str(path) for path in paths], "failed": problems})
    else:
        for path in paths:
            print(path)
    return ExitCode.SOME_FAILED if problems else ExitCode.OK


def _moment(option: str, text: str | None) -> datetime | None:
    """A time from the command line, UTC unless it says otherwise. Raises UsageError."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{option} is not a time", str(error), "Write it like 2026-07-24T21:00"
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
