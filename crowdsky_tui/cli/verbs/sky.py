"""The sky over your site: tonight's times, what stands in a gap between the trees, and where."""

from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, UsageError
from crowdsky_tui.cli.at_site import need_place, read_time
from crowdsky_tui.cli.options import CommonOptions, option, positional
from crowdsky_tui.cli.output import print_json, print_table, say
from crowdsky_tui.cli.own_targets import own_targets
from crowdsky_tui.config.units import DEGREES
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.site.place import zone_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.site.place import Place
    from crowdsky_tui.sky.coordinates import SkyTarget
    from crowdsky_tui.sky.messages import Altitudes
    from crowdsky_tui.sky.sky_night import SkyNight

TRACK_STEP = timedelta(minutes=30)
TIMES = (
    ("sunset", "sunset"),
    ("flat_dusk", "Sun at {flat}, evening"),
    ("focus_dusk", "Sun at {focus}, evening"),
    ("dusk", "dark from (Sun at {observe})"),
    ("dawn", "dark until"),
    ("focus_dawn", "Sun at {focus}, morning"),
    ("flat_dawn", "Sun at {flat}, morning"),
    ("sunrise", "sunrise"),
    ("moonrise", "Moon rises"),
    ("moon_clears", "Moon comes over the trees"),
    ("moon_hides", "Moon goes behind the trees"),
    ("moonset", "Moon sets"),
)


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `sky` takes."""

    what: Annotated[str, positional(None, nargs="?", choices=("tonight", "up", "at", "track"))] = (
        "tonight"
    )
    words: Annotated[
        tuple[str, ...],
        positional("WORD", "up: AZ [ALT]; at: ALT AZ, or a target; track: a target", "*"),
    ] = ()
    time: Annotated[str | None, option("T", "at 23:30, or 2026-11-29T23:30 (now)")] = None
    of: Annotated[
        tuple[str, ...],
        option("NAME", "'up' looks for these (your list's and the telescopes')", repeated=True),
    ] = ()
    list: Annotated[
        str | None, option(None, "'up' looks through a list", choices=("messier", "caldwell"))
    ] = None


async def sky(options: Options, settings: "Settings") -> int:
    """Tell tonight's times; what is up in a gap; what stands where; a target's way tonight."""
    need_place(settings)
    zone = zone_of(settings)
    when = read_time(options.time, settings.make_clock().now(), zone)
    ways = {"tonight": _tonight, "up": _up, "at": _at, "track": _track}
    async with _science() as science:
        return await ways[options.what](options, settings, science, when)


@asynccontextmanager
async def _science() -> "AsyncIterator[Science]":
    from crowdsky_tui.compute.client import Science

    science = Science()
    try:
        yield science
    finally:
        await science.close()


def _clock(moment: datetime | None, settings: "Settings") -> str:
    """To the nearest minute, as tables have it."""
    if moment is None:
        return "-"
    return f"{(moment + timedelta(seconds=30)).astimezone(zone_of(settings)):%H:%M}"


def _zone(moment: datetime, settings: "Settings") -> str:
    """What the times of `_clock` are in, as headings have it."""
    return moment.astimezone(zone_of(settings)).tzname() or "UTC"


async def _tonight(
    options: Options, settings: "Settings", science: "Science", when: datetime
) -> int:
    night = await science.sky_night(need_place(settings), when, settings.site)
    words = [*night.sun_words(), *([f"Moon {each}"] if (each := night.moon_words()) else [])]
    site = settings.site
    limits = {
        name: DEGREES.show(getattr(site, f"{name}_horizon"))
        for name in ("flat", "focus", "observe")
    }
    if options.json:
        moments = {name: getattr(night, name) for name, _ in TIMES}
        print_json(
            {
                "night": f"{_evening(night, settings):%Y-%m-%d}",
                **moments,
                "moon_lit": round(night.moon_lit, 3),
                "sidereal_hours": round(night.sidereal_hours(when), 4),
                "words": words,
            }
        )
        return ExitCode.OK
    print(f"the night of {_evening(night, settings):%Y-%m-%d}{_named(site.name)}")
    for word in words:
        print(word)
    rows = [
        (said.format(**limits), _clock(moment, settings))
        for name, said in TIMES
        if (moment := getattr(night, name)) is not None
    ]
    hours = night.sidereal_hours(when)
    rows.append(("Moon lit", f"{night.moon_lit * 100:.0f} %"))
    rows.append(("sidereal time", f"{int(hours):02d}:{int(hours * 60) % 60:02d}"))
    print_table(("what", f"when ({_zone(when, settings)})"), rows)
    return ExitCode.OK


def _named(name: str) -> str:
    return f" at {name}" if name else ""


def _evening(night: "SkyNight", settings: "Settings") -> datetime:
    return night.begins.astimezone(zone_of(settings))


async def _up(options: Options, settings: "Settings", science: "Science", when: datetime) -> int:
    """What stands in a gap tonight while it is dark."""
    from crowdsky_tui.sky.windows import read_gap, slots, windows

    if not 1 <= len(options.words) <= 2:
        raise UsageError("sky up takes an azimuth and perhaps an altitude", "", "sky up 40-70 25")
    try:
        gap = read_gap(*options.words)
    except ValueError as error:
        raise UsageError(f"that is no gap: {error}", "", "Write it like 40-70 25") from error
    place, horizon = need_place(settings), Horizon.of_site(settings.site)
    night = await science.sky_night(place, when, settings.site)
    targets, code = await _candidates(options, settings, science, when)
    times = slots(night.begins, night.begins + timedelta(days=1))
    rows: list[dict[str, Any]] = []
    for part in _parts(targets, len(times)):
        found = await _altitudes(science, part, times, place)
        rows += [
            {
                "target": target.name,
                "from": window.begins,
                "until": window.ends,
                "highest_deg": round(window.highest_deg, 1),
                "moon_apart_deg": round(window.moon_apart_deg, 1),
            }
            for number, target in enumerate(part)
            for window in windows(
                found, number, times, partial(gap.holds, horizon), settings.site.observe_horizon
            )
        ]
    rows.sort(key=lambda row: (row["from"], row["target"]))
    if options.json:
        print_json(rows)
        return code
    if not rows:
        say("nothing of these stands in that gap while it is dark tonight")
    table = [
        (row["target"], _clock(row["from"], settings), _clock(row["until"], settings),
         f"{row['highest_deg']:.0f}°", f"{row['moon_apart_deg']:.0f}°")
        for row in rows
    ]  # fmt: skip
    headings = ("target", f"from ({_zone(when, settings)})", "until", "highest", "Moon away")
    print_table(headings, table)
    return code


async def _altitudes(
    science: "Science", targets: "Sequence[SkyTarget]", times: list[datetime], place: "Place"
) -> "Altitudes":
    """Where they stand at these times, the Moon and the planets where they have moved to."""
    from crowdsky_tui.sky.messages import BODIES

    moving = {row: each.name for row, each in enumerate(targets) if each.name in BODIES}
    return await science.altitudes([each.j2000 for each in targets], times, place, moving)


def _parts(targets: "Sequence[SkyTarget]", times: int) -> "list[Sequence[SkyTarget]]":
    """As many targets at once as one request takes."""
    from crowdsky_tui.sky.messages import MOST_CELLS

    most = max(MOST_CELLS // times, 1)
    return [targets[begin : begin + most] for begin in range(0, len(targets), most)]


async def _candidates(
    options: Options, settings: "Settings", science: "Science", when: datetime
) -> "tuple[list[SkyTarget], ExitCode]":
    """What is looked for, and the exit code: names that nobody knows are told."""
    listed: tuple[SkyTarget, ...] = ()
    code = ExitCode.OK
    if options.list is not None:
        short = "M" if options.list == "messier" else "C"
        names = [f"{short} {number}" for number in range(1, 111 if short == "M" else 110)]
    elif options.of:
        names = list(options.of)
    else:
        listed, names, code = await own_targets(options, settings, science, when)
    found = {target.name: target for target in listed}
    for name in names:
        if name in found:
            continue
        try:
            target = await science.find_target(name, when)
        except CrowdSkyError as error:
            if options.of:
                raise
            say(error)
            code = ExitCode.SOME_FAILED
        else:
            found.setdefault(target.name, target)
    return list(found.values()), code


async def _at(options: Options, settings: "Settings", science: "Science", when: datetime) -> int:
    """Where a target stands, or what stands in a direction."""
    place = need_place(settings)
    direction = _direction(options.words)
    if direction is None:
        target = await science.find_target(" ".join(options.words), when)
        return await _tell_track(options, settings, science, target, [when])
    altitude, azimuth = direction
    found = await science.position_at(altitude, azimuth, place, when)
    ra, dec = found.ra_deg_j2000, found.dec_deg_j2000
    if options.json:
        print_json({"time": when, "altitude_deg": altitude, "azimuth_deg": azimuth,
                    "ra_deg": round(ra, 5), "dec_deg": round(dec, 5)})  # fmt: skip
    else:
        print(f"at {_clock(when, settings)} {_zone(when, settings)}")
        print(f"{found}\nRA {ra:.4f}° Dec {dec:+.4f}°")
    return ExitCode.OK


def _direction(words: "Sequence[str]") -> tuple[float, float] | None:
    """An altitude and an azimuth; None if this is a name."""
    if not words:
        raise UsageError("sky at takes a direction or a target", "", "sky at 45 180, sky at M 31")
    try:
        altitude, azimuth = map(DEGREES.read, words)
    except ValueError:
        return None
    if not (-90 <= altitude <= 90 and -360 <= azimuth <= 360):
        raise UsageError("there is no such direction", "altitude is -90° to 90°, azimuth to 360°")
    return altitude, azimuth % 360


async def _track(options: Options, settings: "Settings", science: "Science", when: datetime) -> int:
    """A target's way through the night."""
    from crowdsky_tui.sky.windows import slots

    if not options.words:
        raise UsageError("sky track takes a target", "", "sky track M 31")
    target = await science.find_target(" ".join(options.words), when)
    night = await science.sky_night(need_place(settings), when, settings.site)
    begin = night.sunset or night.begins
    end = night.sunrise or night.begins + timedelta(days=1)
    if end < begin:
        begin, end = night.begins, night.begins + timedelta(days=1)
    whole = begin.replace(minute=begin.minute // 30 * 30, second=0, microsecond=0)
    return await _tell_track(options, settings, science, target, slots(whole, end, TRACK_STEP))


async def _tell_track(
    options: Options,
    settings: "Settings",
    science: "Science",
    target: "SkyTarget",
    times: list[datetime],
) -> int:
    found = await _altitudes(science, [target], times, need_place(settings))
    rows = _track_rows(settings, found, times)
    if target.note:
        say(target.note)
    if options.json:
        print_json({"target": target.name, "source": target.source, "track": rows})
        return ExitCode.OK
    print(f"{target.name} at {target.j2000}")
    table = [
        (_clock(row["time"], settings), f"{row['altitude_deg']:.1f}°", f"{row['azimuth_deg']:.0f}°",
         _stands(row), f"{row['airmass']:.2f}" if row["airmass"] else "-",
         "-" if row["rotation_deg_per_h"] is None else f"{row['rotation_deg_per_h']:+.0f}°/h",
         f"{row['moon_apart_deg']:.0f}°", f"{row['moon_altitude_deg']:.0f}°")
        for row in rows
    ]  # fmt: skip
    headings = ("altitude", "azimuth", "stands", "airmass", "turns", "Moon away", "Moon")
    print_table((f"time ({_zones(times, settings)})", *headings), table)
    return ExitCode.OK


def _track_rows(
    settings: "Settings", found: "Altitudes", times: list[datetime]
) -> list[dict[str, Any]]:
    """One row for each time: where the first target stands, whether it is free, and the Moon."""
    from crowdsky_tui.sky.atmosphere import airmass, refraction_deg
    from crowdsky_tui.sky.horizontal import Horizontal, field_rotation_deg_per_h

    place, horizon = need_place(settings), Horizon.of_site(settings.site)
    rows = []
    for number, moment in enumerate(times):
        altitude, azimuth = found.altitude_deg(0, number), found.azimuth_deg(0, number)
        air = airmass(altitude + refraction_deg(altitude))
        turn = field_rotation_deg_per_h(Horizontal(altitude, azimuth), place.latitude_deg)
        rows.append(
            {
                "time": moment,
                "altitude_deg": altitude,
                "azimuth_deg": azimuth,
                "free": horizon.clears(altitude, azimuth),
                "airmass": None if air is None else round(air, 3),
                "rotation_deg_per_h": None if turn is None else round(turn, 2),
                "moon_apart_deg": found.moon_apart_deg(0, number),
                "moon_altitude_deg": round(found.moon_altitude_deg[number], 2),
                "sun_altitude_deg": round(found.sun_altitude_deg[number], 2),
            }
        )
    return rows


def _zones(times: list[datetime], settings: "Settings") -> str:
    """The zone of a table's times; both where summer time begins or ends among them."""
    return "/".join(dict.fromkeys(_zone(each, settings) for each in times))


def _stands(row: dict[str, Any]) -> str:
    if row["altitude_deg"] < 0:
        return "below the horizon"
    return "free" if row["free"] else "behind or too low"
