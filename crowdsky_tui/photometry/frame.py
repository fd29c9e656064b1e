"""One frame's magnitudes: placed in the sky, measured in circles, calibrated. Child only.

Circles stand where the catalogue says, never where something was detected: so the comparison stars
are the same in each frame. Science is done in green; red and blue are kept beside it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path

import numpy as np
from astropy.coordinates import FK5, SkyCoord
from astropy.io.fits import Header
from astropy.time import Time

from crowdsky_tui.fits.headers import card_count, card_number, card_text
from crowdsky_tui.fits.images import Floats as Plane
from crowdsky_tui.fits.planes import Pixels, read_pixels
from crowdsky_tui.photometry.apertures import (
    Beside,
    Growth,
    Sky,
    beside,
    choose_shapes,
    curve_of_growth,
    detections,
    peaks,
    starlight,
    without_sky,
)
from crowdsky_tui.photometry.field_catalogue import VISUAL, FieldCatalogue, read_field
from crowdsky_tui.photometry.frame_calibration import Calibrated, Circles, calibrate
from crowdsky_tui.photometry.frame_messages import (
    Chain,
    FrameMeasure,
    FrameRequest,
    PlaneOfFrame,
    StarPoint,
)
from crowdsky_tui.photometry.frame_times import (
    FrameTime,
    Over,
    frame_time,
    julian_dates,
    over_the_place,
)
from crowdsky_tui.photometry.image_quality import arcsec_per_pixel
from crowdsky_tui.photometry.linearity import check_header, check_sky
from crowdsky_tui.photometry.neighbours import beyond
from crowdsky_tui.photometry.solve import Solution, solve
from crowdsky_tui.photometry.star_light import (
    FULL,
    Light,
    Noise,
    Places,
    light_of,
    noise_of,
    other_colours,
    plane_of,
)
from crowdsky_tui.timeseries.curve import Booleans, Floats, Integers, known
from crowdsky_tui.timeseries.error_budget import limit_magnitude
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.flags import (
    BRIGHT_PART,
    bits_where,
)
from crowdsky_tui.timeseries.quality import Quality

GREEN = 1
MOST_STARS = 1500
"""Of a frame: an answer is a line of a megabyte."""
SEESTAR_ARCSEC = 2.39


def measure_frame(request: FrameRequest) -> FrameMeasure:
    """Measure the stars of a catalogue in a frame.

    Raises
    ------
    CurveRefused
        It is not linear, shows no stars, cannot be placed in the sky, or not be calibrated.
    FileDamaged
        It is no whole FITS file.
    OSError
        It, or the catalogue, cannot be read.
    """
    path = Path(os.fsdecode(request.path))
    alone = request.plane
    field = read_field(Path(os.fsdecode(request.field)), alone.band if alone else VISUAL)
    pixels = read_pixels(path, path.name)
    check_header(pixels, path.name)
    plane = _one_plane(pixels, alone) if alone else plane_of(pixels, GREEN)
    sky, found, hidden = _sky_of(plane)
    check_sky(pixels, sky.level, float(plane.max()), path.name)
    full = pixels.largest or FULL
    when = frame_time(pixels.header, request)
    scale = alone.scale_arcsec if alone else None
    solution = _placed(pixels, found, field, when.middle, plane.shape, scale)
    stars, x, y = _inside(field, solution, when.middle, plane.shape, request.targets)
    shapes = choose_shapes(sky, found, BRIGHT_PART * full - sky.level)
    growth = curve_of_growth(sky, shapes, request.settings.fraction)
    noise = noise_of(request, pixels, sky, found, growth)
    crowd = None if hidden is None else beyond(found, x, y, growth.fwhm_px)
    places = Places(x, y, hidden, crowd)
    light = light_of(sky, places, BRIGHT_PART * full - sky.level, growth, noise)
    above = over_the_place(when.middle, request, solution.ra_deg, solution.dec_deg)
    brightest = peaks(plane, x, y, growth.radius_px)
    circles = Circles(
        stars, x, y, light.flux, light.error, brightest / full, growth.radius_px, plane.shape,
        light.taken,
    )  # fmt: skip
    done = calibrate(field, circles, request, above, path.name)
    there = beside(found, x, y, growth.radius_px)
    flags = done.flags | (int(Quality.TIME_DOUBTFUL) if when.source == "header" else 0)
    flags |= bits_where(there.doubtful, Quality.DETECTION)
    others = {} if alone else other_colours(pixels, shapes, places, request, noise)
    seen = _Stars(circles, light, others, flags, brightest, there)
    points = _points(field, seen, done)
    dates = julian_dates(when.middle, request, solution.ra_deg, solution.dec_deg)
    name = alone.band if alone else card_text(pixels.header, "FILTER")
    kind = field.colour_kind
    chain = chain_of(pixels, alone)
    told = _Seen(pixels.header, name, chain, kind, when, dates, above, sky, growth, noise)
    return _summary(told, solution, done, points)


@dataclass(frozen=True, slots=True)
class _Stars:
    """What was measured of a frame's stars."""

    circles: Circles
    light: Light
    others: dict[int, Light]
    flags: Integers
    brightest: Floats
    there: Beside


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is told of a frame beside its stars."""

    header: Header
    filter: str
    chain: Chain
    colour_kind: str
    when: FrameTime
    dates: tuple[float | None, float | None]
    above: Over
    sky: Sky
    growth: Growth
    noise: Noise


def _summary(
    seen: _Seen, solution: Solution, done: Calibrated, points: tuple[StarPoint, ...]
) -> FrameMeasure:
    zero, header = done.zero, seen.header
    eqmode = card_count(header, "EQMODE")
    return FrameMeasure(
        jd_utc=seen.dates[0],
        bjd_tdb=seen.dates[1],
        time_source=seen.when.source,
        exposure_s=seen.when.exposure_s,
        filter=seen.filter,
        telescope=card_text(header, "TELESCOP"),
        object_name=card_text(header, "OBJECT"),
        equatorial=None if eqmode is None else bool(eqmode),
        ra_deg=solution.ra_deg,
        dec_deg=solution.dec_deg,
        scale_arcsec=solution.scale_arcsec,
        solved_with=solution.pairs,
        solve_rms_px=solution.rms_px,
        zero_point=zero.value,
        zero_point_error=zero.error,
        zero_point_rms=zero.rms,
        colour_term=zero.colour_term,
        colour_kind=seen.colour_kind,
        colour_zero=known(zero.colour_zero),
        calibrators=zero.stars,
        slope=known(done.slope.value),
        verdict=zero.verdict,
        remark=zero.remark,
        check_rms=known(done.check_rms),
        limit_mag=_limit(zero.value, seen.growth, seen.sky, seen.noise.correlation),
        radius_px=seen.growth.radius_px,
        fwhm_px=seen.growth.fwhm_px,
        sky=seen.sky.level,
        noise=seen.sky.noise,
        correlation=seen.noise.correlation,
        gain=seen.noise.gain,
        altitude_deg=seen.above.altitude_deg,
        airmass=done.airmass,
        moon_deg=seen.above.moon_deg,
        points=points,
        chain=seen.chain,
    )


def _sky_of(plane: Plane) -> tuple[Sky, np.ndarray, Booleans | None]:
    """The sky, what stands out of it, and in a crowded field which pixels are none of it."""
    sky = without_sky(plane)
    found = detections(sky)
    hidden = starlight(found, plane.shape)
    return (sky if hidden is None else without_sky(plane, hidden)), found, hidden


def chain_of(pixels: Pixels, plane: PlaneOfFrame | None) -> Chain:
    """How a frame was made, as its header and its planes tell."""
    if plane is not None:
        return "remote"
    if card_count(pixels.header, "NIMAGES"):
        return "server"
    stacked = pixels.planes == 3 or (card_count(pixels.header, "STACKCNT") or 0) > 1
    return "stack" if stacked else "sub-frame"


def _one_plane(pixels: Pixels, wanted: PlaneOfFrame) -> Plane:
    """The plane that is meant, without what is no picture at its ends."""
    rows, columns = pixels.rows - wanted.cut_px, pixels.columns - wanted.cut_px
    if not 0 <= wanted.number < pixels.planes or min(rows, columns) < 1:
        raise CurveRefused(f"there is no plane {wanted.number + 1}", f"it has {pixels.planes}")
    return np.ascontiguousarray(pixels.strip(wanted.number, 0, rows)[:, :columns])


def _limit(zero: float, growth: Growth, sky: Sky, correlation: float) -> float | None:
    area = np.pi * growth.radius_px**2
    return limit_magnitude(zero, area, sky.noise, correlation=correlation) if sky.noise else None


def _placed(
    pixels: Pixels,
    found: np.ndarray,
    field: FieldCatalogue,
    middle: datetime | None,
    shape: tuple[int, ...],
    told_arcsec: float | None,
) -> Solution:
    ra, dec = field.at(_year(middle))
    scale = told_arcsec or arcsec_per_pixel(pixels) or SEESTAR_ARCSEC
    if pixels.pattern and told_arcsec is None:
        scale *= 2
    whole = (found["flag"] == 0) | (np.arange(len(found)) < len(found) // 2)
    x, y = (found[each][whole].astype(np.float64) for each in ("x", "y"))
    near = [_pointing(pixels, middle), _centre(ra, dec)]
    refused: CurveRefused | None = None
    for place in near:
        if place is None:
            continue
        try:
            return solve(
                x, y, ra, dec, field.mags, (shape[0], shape[1]), scale_arcsec=scale, near=place
            )
        except CurveRefused as error:
            refused = error
    assert refused is not None
    raise refused


def _year(middle: datetime | None) -> float:
    return 2016.0 if middle is None else float(Time(middle.replace(tzinfo=None)).jyear)


def _pointing(pixels: Pixels, middle: datetime | None) -> tuple[float, float] | None:
    """RA and DEC of the header, from the equinox of date to ICRS."""
    ra, dec = (card_number(pixels.header, key) for key in ("RA", "DEC"))
    if ra is None or dec is None or not (0 <= ra < 360 and -90 <= dec <= 90):
        return None
    if middle is None:
        return ra, dec
    now = FK5(equinox=Time(middle.replace(tzinfo=None)))
    place = SkyCoord(ra, dec, unit="deg", frame=now).icrs
    return float(place.ra.deg), float(place.dec.deg)


def _centre(ra: Floats, dec: Floats) -> tuple[float, float]:
    turn = np.radians(ra)
    middle = np.degrees(np.arctan2(np.median(np.sin(turn)), np.median(np.cos(turn)))) % 360
    return float(middle), float(np.median(dec))


def _inside(
    field: FieldCatalogue,
    solution: Solution,
    middle: datetime | None,
    shape: tuple[int, ...],
    targets: tuple[str, ...],
) -> tuple[Integers, Floats, Floats]:
    """Which stars stand in the frame, targets and bright ones first, in the catalogue's order."""
    x, y = solution.pixels(*field.at(_year(middle)))
    seen = (x > -0.5) & (x < shape[1] - 0.5) & (y > -0.5) & (y < shape[0] - 0.5)
    wanted = np.isin(np.array(field.names), targets)
    order = np.lexsort((np.nan_to_num(field.mags, nan=99.0), ~wanted))
    stars = np.sort(order[seen[order]][:MOST_STARS])
    return stars, x[stars], y[stars]


def _points(field: FieldCatalogue, seen: _Stars, done: Calibrated) -> tuple[StarPoint, ...]:
    circles, light = seen.circles, seen.light
    stars = circles.stars
    red, blue = (_colour(seen.others.get(index), len(stars)) for index in (0, 2))
    columns = zip(
        stars.tolist(),
        field.ra_deg[stars].tolist(),
        field.dec_deg[stars].tolist(),
        circles.x.tolist(),
        circles.y.tolist(),
        light.flux.tolist(),
        light.error.tolist(),
        _rounded(done.mags),
        _rounded(done.errors),
        _rounded(field.mags[stars]),
        _rounded(field.colours[stars]) if field.colour_kind else [None] * len(stars),
        seen.brightest.tolist(),
        seen.flags.tolist(),
        _rounded(seen.there.away_px),
        done.contamination.tolist(),
        red,
        blue,
        done.used.tolist(),
        strict=True,
    )
    return tuple(
        StarPoint(
            name=field.names[star],
            ra_deg=round(ra, 7),
            dec_deg=round(dec, 7),
            x=round(x, 2),
            y=round(y, 2),
            flux=round(flux, 2),
            flux_error=round(flux_error, 2),
            mag=mag,
            mag_error=mag_error,
            catalogue_mag=catalogue_mag,
            catalogue_colour=catalogue_colour,
            peak=round(peak, 1),
            flags=flags,
            away_px=away_px,
            contamination_mag=round(contamination, 3),
            red=in_red,
            blue=in_blue,
            calibrates=calibrates,
        )
        for star, ra, dec, x, y, flux, flux_error, mag, mag_error, catalogue_mag,
        catalogue_colour, peak, flags, away_px, contamination, in_red, in_blue, calibrates
        in columns
    )  # fmt: skip


def _colour(light: Light | None, count: int) -> Sequence[tuple[float, float] | None]:
    if light is None:
        return [None] * count
    both = zip(light.flux.tolist(), light.error.tolist(), strict=True)
    return [(round(flux, 1), round(error, 1)) for flux, error in both]


def _rounded(values: Floats) -> list[float | None]:
    return [round(each, 5) if isfinite(each) else None for each in values.tolist()]
