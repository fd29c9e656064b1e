"""Say when each target's part of the sky was last observed."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode
from crowdsky_tui.cli.archive import opened_archive
from crowdsky_tui.cli.options import CommonOptions, Targets
from crowdsky_tui.cli.output import print_json, print_table, say
from crowdsky_tui.cli.select import choose, look

if TYPE_CHECKING:
    from crowdsky_tui.blocks.keys import TargetKey
    from crowdsky_tui.cli.documents.look import CoveredTarget
    from crowdsky_tui.config.load import Settings


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `coverage` takes."""

    target: Targets = ()


async def coverage(options: Options, settings: "Settings") -> int:
    """Say when the tile of each target was last observed, by anybody. Needs no API key."""
    from crowdsky_tui.night.background.coverage_table import SkyCoverage, last_seen
    from crowdsky_tui.night.night import Night
    from crowdsky_tui.progress.target_positions import pixel_of

    async with Night(settings, owner=False) as night, opened_archive(night) as archive:
        looked = await look(night, options.scope)
        keys = choose(night, options.target, options.scope, looked)
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
    rows: list[CoveredTarget] = [
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
    _print_coverage(options, rows, seen.fetched_at)
    incomplete = len(pixels) < len(keys)
    return ExitCode.SOME_FAILED if incomplete else looked.exit_code()


def _print_coverage(
    options: Options, rows: "Sequence[CoveredTarget]", fetched_at: datetime
) -> None:
    if options.json:
        print_json({"fetched_at": fetched_at, "targets": rows})
        return
    print_table(
        ("target", "scope", "tile", "stacks", "coverage"),
        [
            (row["target"], row["scope"], row["healpix"], row["n_stacks"], row["coverage"])
            for row in rows
        ],
    )
