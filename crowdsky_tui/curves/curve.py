"""A star's curve from a project's products. Imports no numpy."""

import hashlib
from collections.abc import Mapping
from math import log
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.compute.client import Science
from crowdsky_tui.curves.chain_terms import ChainTerms, Key, chain_terms, key_of, referred
from crowdsky_tui.curves.product import Product, State
from crowdsky_tui.curves.project import Effective, Project
from crowdsky_tui.photometry.frame_messages import FrameMeasure, StarPoint
from crowdsky_tui.timeseries.quality import BAD, Quality
from crowdsky_tui.timeseries.series_messages import SeriesAnswer, SeriesRequest

if TYPE_CHECKING:
    import sqlalchemy as sa

Frame = tuple[Product, FrameMeasure, dict[str, StarPoint]]
Frames = list[Frame]
Terms = Mapping[Key, ChainTerms]
MOST_OTHERS = 300
FLUX_PER_MAG = log(10) / 2.5
SEEN = 3.0
"""Times its error from which on a star's light is a magnitude; below it there is a limit."""


class CurvePoint(msgspec.Struct, frozen=True, kw_only=True):
    """One point of a curve, with the frame that it comes from (its SHA-256 and name).

    A star that was not seen has no magnitude, but `limit_mag`: what it was fainter than (five times
    the noise of the sky in its circle).
    """

    jd_utc: float
    bjd_tdb: float
    mag: float | None
    error: float | None
    flags: int
    season: int
    airmass: float | None
    check_mag: float | None
    exposure_s: float | None
    time_source: str
    frame: str
    frame_name: str
    limit_mag: float | None = None

    @property
    def good(self) -> bool:
        """Whether nothing speaks against it."""
        return self.mag is not None and not self.flags & int(BAD)

    @property
    def good_limit(self) -> bool:
        """Whether the star was not seen in a frame that nothing speaks against."""
        return self.limit_mag is not None and not self.flags & int(BAD)


class StarCurve(msgspec.Struct, frozen=True, kw_only=True):
    """A star's points of one telescope and filter, oldest first, and what it was compared with.

    `chains` are the colour terms and noise of the frames' kinds, as all of the project tell.
    """

    star: str
    band: str
    filter: str
    telescope: str
    points: tuple[CurvePoint, ...]
    comparisons: tuple[str, ...]
    loosened: tuple[str, ...]
    check: str
    check_rms: float | None
    mean: float | None
    rms: float | None
    amplitude: float | None
    good: int
    chains: tuple[ChainTerms, ...] = ()


class Measured(msgspec.Struct, frozen=True):
    """A project's frames that are done with its present parameters, and their points by name.

    `rejected` are by star the frames whose point the observer rejects.
    """

    frames: tuple[Frame, ...]
    rejected: dict[str, tuple[str, ...]] = {}

    @property
    def inputs_sha256(self) -> str:
        """Of all frames and catalogues that went in, in whatever order."""
        hashes = sorted(product.input_hash for product, _, _ in self.frames)
        return hashlib.sha256("".join(hashes).encode()).hexdigest()


def load(connection: "sa.Connection", project: Project, pars: Effective) -> Measured:
    """What can be used: never what was made with other parameters. For the database's thread."""
    from crowdsky_tui.curves import rows

    points = rows.points(connection, project.name)
    found = [
        (each, each.measure, {point.name: point for point in points.get(key, ())})
        for key, each in rows.products(connection, project.name).items()
        if each.state in (State.OK, State.EMPTY)
        and each.pars_hash == pars.sha256
        and each.measure is not None
        and each.measure.jd_utc is not None
    ]
    found.sort(key=lambda each: (each[1].jd_utc or 0.0, each[0].key))
    return Measured(tuple(found), project.rejected)


def band_of(filter_name: str) -> str:
    """Green behind IRCUT is TG; behind the dual-band filter it is a band of its own.

    Planes of photometric filters are B, V and R themselves, as is any other filter of a rig.
    """
    if filter_name.upper() in ("", "IRCUT"):
        return "TG"
    return "LP" if filter_name.upper() == "LP" else filter_name


async def star_curves(
    measured: Measured, star: str, science: Science, floor_mag: float
) -> list[StarCurve]:
    """The star's curves, one for each telescope and filter, in their order.

    No error is below `floor_mag` magnitudes.

    Raises
    ------
    UsageError
        No frame shows it.
    """
    groups: dict[tuple[str, str], Frames] = {}
    for each in measured.frames:
        if star in each[2]:
            groups.setdefault((each[1].telescope, each[1].filter), []).append(each)
    if not groups:
        raise UsageError(f"no measured frame shows {clean(star, 60)}", "", "curves show NAME")
    rejected = frozenset(measured.rejected.get(star, ()))
    terms = chain_terms(frame for _, frame, _ in measured.frames)
    return [
        await _curve(star, groups[key], rejected, terms, science, floor_mag)
        for key in sorted(groups)
    ]


async def _curve(
    star: str,
    frames: Frames,
    rejected: frozenset[str],
    terms: Terms,
    science: Science,
    floor_mag: float,
) -> StarCurve:
    others = _others(star, frames)
    frames = [_referred(each, {star, *others}, terms) for each in frames]
    request = _request(star, frames, others, rejected, floor_mag)
    found = await science.series(request)
    names = list(others)
    first = frames[0][1]
    return StarCurve(
        star=star,
        band=band_of(first.filter),
        filter=first.filter,
        telescope=first.telescope,
        points=_points(star, frames, found),
        comparisons=tuple(names[place] for place in found.comparisons),
        loosened=found.loosened,
        check="" if found.check is None else names[found.check],
        check_rms=found.check_rms,
        mean=found.mean,
        rms=found.rms,
        amplitude=found.amplitude,
        good=found.good,
        chains=tuple(terms[key] for key in sorted({key_of(frame) for _, frame, _ in frames})),
    )


def _referred(each: Frame, names: set[str], terms: Terms) -> Frame:
    """A frame with the points of these stars, by its chain's colour term and noise."""
    product, frame, points = each
    kept = {name: point for name, point in points.items() if name in names}
    return product, frame, {name: referred(point, frame, terms) for name, point in kept.items()}


def _request(
    star: str,
    frames: Frames,
    others: dict[str, StarPoint],
    rejected: frozenset[str],
    floor_mag: float,
) -> SeriesRequest:
    mine = [points[star] for _, _, points in frames]
    return SeriesRequest(
        jd_utc=[frame.jd_utc or 0.0 for _, frame, _ in frames],
        bjd_tdb=[frame.bjd_tdb or 0.0 for _, frame, _ in frames],
        zero_points=[frame.zero_point for _, frame, _ in frames],
        rms=[frame.zero_point_rms for _, frame, _ in frames],
        fwhm_px=[frame.fwhm_px for _, frame, _ in frames],
        mags=[point.mag if _is_seen(point) else None for point in mine],
        errors=[_photon_error(point) for point in mine],
        flags=_flags(star, frames, rejected),
        away_px=[point.away_px for point in mine],
        mag=mine[0].catalogue_mag if mine[0].catalogue_mag is not None else mine[0].mag,
        colour=mine[0].catalogue_colour,
        ra_deg=mine[0].ra_deg,
        dec_deg=mine[0].dec_deg,
        others=[[_mag(points.get(name)) for _, _, points in frames] for name in others],
        other_errors=[
            [_photon_error(points.get(name)) for _, _, points in frames] for name in others
        ],
        other_mags=[point.catalogue_mag or 0.0 for point in others.values()],
        other_colours=[point.catalogue_colour for point in others.values()],
        other_ra_deg=[point.ra_deg for point in others.values()],
        other_dec_deg=[point.dec_deg for point in others.values()],
        floor_mag=floor_mag,
    )


def _flags(
    star: str,
    frames: Frames,
    rejected: frozenset[str],
) -> list[int]:
    return [
        points[star].flags | (int(Quality.REJECTED) if product.key in rejected else 0)
        for product, _, points in frames
    ]


def _others(star: str, frames: Frames) -> dict[str, StarPoint]:
    """The stars that calibrated any of the frames, brightest first."""
    found: dict[str, StarPoint] = {}
    for _, _, points in frames:
        for name, point in points.items():
            if point.calibrates and point.catalogue_mag is not None and name != star:
                found.setdefault(name, point)
    ranked = sorted(found.items(), key=lambda each: (each[1].catalogue_mag or 0.0, each[0]))
    return dict(ranked[:MOST_OTHERS])


def _mag(point: StarPoint | None) -> float | None:
    return point.mag if point is not None and point.calibrates else None


def _photon_error(point: StarPoint | None) -> float | None:
    """Of its own light and sky alone: zero point and floor come with the ensemble."""
    if point is None or point.flux <= 0:
        return None
    return point.flux_error / point.flux / FLUX_PER_MAG


def _is_seen(point: StarPoint) -> bool:
    """Whether its light is so many times its error that it is no chance."""
    return point.flux >= SEEN * point.flux_error and point.flux > 0


def _points(
    star: str,
    frames: Frames,
    found: SeriesAnswer,
) -> tuple[CurvePoint, ...]:
    return tuple(
        CurvePoint(
            jd_utc=frame.jd_utc or 0.0,
            bjd_tdb=frame.bjd_tdb or 0.0,
            mag=found.mags[k],
            error=found.errors[k],
            flags=found.flags[k],
            season=found.season[k],
            airmass=frame.airmass,
            check_mag=found.check_mags[k],
            exposure_s=frame.exposure_s,
            time_source=frame.time_source,
            frame=product.key,
            frame_name=product.name,
            limit_mag=None if _is_seen(points[star]) else frame.limit_mag,
        )
        for k, (product, frame, points) in enumerate(frames)
    )
