"""Your site: what is set, its horizon from and to the files of other programs, its place."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.confirm import confirm
from crowdsky_tui.cli.options import CommonOptions, Yes, option, positional
from crowdsky_tui.cli.output import print_json, print_table, say, tell
from crowdsky_tui.config.units import DEGREES, METRES
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.site.place import Place, rounded, set_place

if TYPE_CHECKING:
    from crowdsky_tui.cli.documents.look import PlaceKept
    from crowdsky_tui.config.load import Settings

EXPORTS = ("nina", "stellarium", "mountwizzard", "panoptes", "csv")
STEP_DEG = 10


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `site` takes."""

    what: Annotated[str, positional(None, nargs="?", choices=("show", "horizon", "ask", "gps"))] = (
        "show"
    )
    file: Annotated[
        Path | None, positional("FILE", "horizon: the file to import", "?", completes="file")
    ] = None
    export: Annotated[
        Path | None, option("FILE", "horizon: write it to a file", completes="file")
    ] = None
    form: Annotated[str | None, option(None, "horizon: its format", choices=EXPORTS)] = None
    gps: Annotated[
        str | None, option("ADDRESS", "gps: the receiver, instead of site.gps", setting="site.gps")
    ] = None
    yes: Yes = False


async def site(options: Options, settings: "Settings") -> int:
    """Show the site; import or export its horizon; ask a telescope or a GPS where it stands.

    The place is shown rounded to 0.1°. What is told is kept after you have agreed.
    """
    if options.what == "gps":
        return await _ask_gps(options, settings)
    if options.what == "ask":
        return await _ask(options, settings)
    if options.what == "horizon":
        return await _horizon(options, settings)
    if options.file is not None:
        raise UsageError("site show takes no file", "", f"site horizon {options.file}")
    return _show(options, settings)


def _show(options: Options, settings: "Settings") -> int:
    place, site = set_place(settings), settings.site
    if options.json:
        print_json(
            {
                "name": site.name,
                "set": place is not None,
                "latitude_deg": place and round(place.latitude_deg, 1),
                "longitude_deg": place and round(place.longitude_deg, 1),
                "elevation_m": site.elevation,
                "zone": site.zone,
                "horizon_deg": site.horizon,
                "flat_horizon_deg": site.flat_horizon,
                "focus_horizon_deg": site.focus_horizon,
                "observe_horizon_deg": site.observe_horizon,
                "obstructions": site.obstructions,
            }
        )
        return ExitCode.OK
    rows = [
        ("name", site.name or "-"),
        ("place", rounded(place) if place else "not set"),
        ("elevation", "-" if site.elevation is None else METRES.show(site.elevation)),
        ("zone", site.zone or "the telescope's"),
        ("horizon", DEGREES.show(site.horizon)),
        ("flat fields with the Sun at", DEGREES.show(site.flat_horizon)),
        ("focus with the Sun below", DEGREES.show(site.focus_horizon)),
        ("dark with the Sun below", DEGREES.show(site.observe_horizon)),
        ("obstructions", str(len(site.obstructions))),
    ]
    print_table(("site", "value"), rows)
    return ExitCode.OK


async def _horizon(options: Options, settings: "Settings") -> int:
    import asyncio

    from crowdsky_tui.config.load import read_settings
    from crowdsky_tui.config.write import save_exactly
    from crowdsky_tui.site.horizon_export import export_horizon
    from crowdsky_tui.site.horizon_files import import_horizon

    horizon = Horizon.of_site(settings.site)
    if options.file is not None:
        outlines = await asyncio.to_thread(import_horizon, options.file)
        horizon = Horizon(outlines, settings.site.horizon)
        loaded = await asyncio.to_thread(read_settings, options.config)
        kept = [[list(point) for point in outline] for outline in outlines]
        await asyncio.to_thread(save_exactly, loaded, {"site.obstructions": kept})
        say(f"{options.file.name} is kept as your horizon in {loaded.local_path.name}")
    if options.export is not None:
        form = await asyncio.to_thread(export_horizon, horizon, options.export, options.form or "")
        say(f"{options.export} is written ({form})")
    if options.json:
        print_json({"altitudes_deg": [round(each, 3) for each in horizon.line]})
    else:
        rows = [(f"{az}°", f"{horizon.line[az]:.1f}°") for az in range(0, 360, STEP_DEG)]
        print_table(("azimuth", "horizon"), rows)
    return ExitCode.OK


async def _ask(options: Options, settings: "Settings") -> int:
    """Where a telescope stands; kept only with the person's word."""
    from crowdsky_tui.cli.select import look, one_service
    from crowdsky_tui.instruments.seestar.control.plans import read_place
    from crowdsky_tui.night.night import Night

    async with Night(settings, owner=False) as night:
        await look(night, options.scope)
        service = one_service(night, options.scope or next(iter(night.watches)))
        place = await read_place(service)
    if place is None:
        raise UsageError(f"{service.name} does not know where it stands", "", "Set it by hand")
    return await _offer(options, place, service.name)


async def _ask_gps(options: Options, settings: "Settings") -> int:
    """Where a GPS receiver stands; kept only with the person's word."""
    from crowdsky_tui.instruments.sensors.gps import read_gps_place

    if not settings.site.gps:
        raise UsageError("there is no GPS receiver in the settings", "", "site gps --gps ADDRESS")
    today = settings.make_clock().now().date()
    place = await read_gps_place(settings.site.gps, today, baud=settings.site.gps_baud)
    return await _offer(options, place, "the GPS receiver")


async def _offer(options: Options, place: Place, who: str) -> int:
    import asyncio

    from crowdsky_tui.night.observing_site import keep_in_settings

    told = f"{who} stands at about {rounded(place)}"
    if not options.yes:
        confirm(f"{told}. Keep that place in your settings?", "the place was not kept")
    file = await asyncio.to_thread(keep_in_settings, options.config, place)
    document: PlaceKept = {"scope": who, "kept": True, "file": str(file)}
    tell(document, [f"{told}; kept in {file.name}"], as_json=options.json)
    return ExitCode.OK
