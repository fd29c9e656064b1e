"""List everybody's frames of a part of the sky (needs an API key)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.archive import opened_archive
from crowdsky_tui.cli.options import CommonOptions, option
from crowdsky_tui.cli.output import print_json, print_table
from crowdsky_tui.cli.select import choose, look

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.night.night import Night
    from crowdsky_tui.progress.target_positions import Position
    from crowdsky_tui.services.crowdsky.frames import ArchiveFrame


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `frames` takes."""

    target: Annotated[
        str | None, option("NAME", "around this target of a scope", exclusive="where")
    ] = None
    healpix: Annotated[
        int | None, option("N", "of this tile (RING, NSIDE 128)", exclusive="where")
    ] = None
    ra: Annotated[float | None, option("DEG", "around this right ascension", exclusive="where")] = (
        None
    )
    dec: Annotated[float | None, option("DEG", "and this declination")] = None
    radius: Annotated[float, option("DEG", "how far around (0.75)")] = 0.75
    start: Annotated[str | None, option("TIME", "begun then or later (UTC)")] = None
    end: Annotated[str | None, option("TIME", "begun then or earlier (UTC)")] = None
    filter: Annotated[str | None, option("F", "of this filter")] = None
    eq_mode: Annotated[int | None, option(None, "1: equatorial mount", choices=(0, 1))] = None
    min_sqm: Annotated[float | None, option("M", "least sky quality, mag/arcsec²")] = None
    min_exptime: Annotated[float | None, option("S", "least exposure, in s")] = None


async def frames(options: Options, settings: "Settings") -> int:
    """List everybody's frames of a tile, or around a position or a target."""
    from crowdsky_tui.night.night import Night

    wanted: dict[str, Any] = {
        "start": _moment("--start", options.start),
        "end": _moment("--end", options.end),
        "filter": options.filter,
        "eq_mode": options.eq_mode,
        "min_sqm": options.min_sqm,
        "min_exptime": options.min_exptime,
    }
    async with Night(settings, owner=False) as night, opened_archive(night) as archive:
        if options.healpix is not None:
            found = await archive.frames_by_healpix(options.healpix, **wanted)
        else:
            ra, dec = await _wanted_position(night, options)
            found = await archive.cone_search(ra, dec, options.radius, **wanted)
    if options.json:
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


async def _wanted_position(night: "Night", options: Options) -> "Position":
    """RA and Dec in degrees, given or of a target. Raises UsageError."""
    from crowdsky_tui.progress.target_positions import position_of

    if options.target:
        looked = await look(night, options.scope)
        keys = choose(night, [options.target], options.scope, looked)
        return await position_of(night, keys[0])
    if options.ra is None or options.dec is None:
        raise UsageError(
            "frames needs to know where", "", "Give --target, --healpix, or --ra and --dec"
        )
    return options.ra, options.dec


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
