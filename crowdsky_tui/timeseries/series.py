"""A star's curve from many frames: by an ensemble that stays the same in all of them. Child only.

The frames' own zero points are taken back, and one is found for all comparison stars together.
"""

from collections.abc import Sized

import numpy as np

from crowdsky_tui.timeseries.comparisons import Candidates, Chosen, choose_comparisons
from crowdsky_tui.timeseries.curve import Floats, known
from crowdsky_tui.timeseries.ensemble import apply_ensemble, solve_ensemble
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.flags import (
    POSITION_SCORE,
    comparison_bits,
    night_bits,
    position_bits,
)
from crowdsky_tui.timeseries.quality import BAD, FEWEST_FRAMES
from crowdsky_tui.timeseries.reduce import GAP_D
from crowdsky_tui.timeseries.series_messages import Numbers, SeriesAnswer, SeriesRequest
from crowdsky_tui.timeseries.statistics import robust

FEWEST_TO_CHECK = 4
PLACE_PX = 0.1


def answer_series(request: SeriesRequest) -> SeriesAnswer:
    """The star's magnitudes, errors and bits.

    Raises
    ------
    CurveRefused
        Without frames, or with lists of different lengths.
    """
    frames = _count_frames(request)
    zero = _array(request.zero_points)
    others = _array(request.others).reshape(len(request.others), frames).T - zero[:, None]
    spread = _array(request.other_errors).reshape(len(request.others), frames).T
    catalogue = np.array(request.other_mags, dtype=np.float64)
    chosen = _chosen(request, others, catalogue)
    places = chosen.index
    ensemble = solve_ensemble(others[:, places], spread[:, places], catalogue[places])
    instrumental, errors = _array(request.mags) - zero, _array(request.errors)
    found = apply_ensemble(ensemble, instrumental, errors, request.floor_mag)
    flags = np.array(request.flags, dtype=np.int64) | comparison_bits(ensemble.counts)
    flags = flags | _of_nights(request) | _of_places(request)
    check, check_mags, check_rms = _check(others, spread, catalogue, places)
    good = np.isfinite(found.mags) & ((flags & int(BAD)) == 0)
    usual = robust(found.mags[good])
    wide = np.percentile(found.mags[good], (5, 95)) if good.any() else (np.nan, np.nan)
    return SeriesAnswer(
        mags=_numbers(found.mags),
        errors=_numbers(found.errors),
        flags=[int(each) for each in flags],
        comparisons=[int(each) for each in places],
        loosened=chosen.loosened,
        check=check,
        check_mags=_numbers(check_mags),
        check_rms=known(check_rms),
        season=_seasons(request.jd_utc),
        mean=known(usual.mean),
        rms=known(usual.rms),
        amplitude=known(float(wide[1] - wide[0])),
        good=int(good.sum()),
    )


def _chosen(request: SeriesRequest, others: Floats, catalogue: Floats) -> Chosen:
    """Which of the others it is compared with."""
    unknown: Numbers = [None] * len(catalogue)
    return choose_comparisons(
        np.nan if request.mag is None else request.mag,
        np.nan if request.colour is None or not request.other_colours else request.colour,
        Candidates(
            mags=catalogue,
            colours=_array(request.other_colours or unknown),
            away_arcmin=_away_arcmin(request),
            variable=np.zeros(len(catalogue), np.bool_),
            peak=np.zeros(len(catalogue)),
            present=np.isfinite(others).mean(axis=0) if len(catalogue) else np.zeros(0),
        ),
    )


def _count_frames(request: SeriesRequest) -> int:
    """How many frames. Raises CurveRefused for none, or for lists of different lengths."""
    frames = len(request.jd_utc)
    lists: list[Sized] = [request.bjd_tdb, request.zero_points, request.rms, request.fwhm_px]
    lists += [request.mags, request.errors, request.flags, *request.others, *request.other_errors]
    lists += [request.away_px] if request.away_px else []
    lengths = {len(each) for each in lists}
    stars = {len(each) for each in (request.others, request.other_mags)}
    stars |= {len(request.other_colours)} if request.other_colours else set()
    if not frames or lengths != {frames} or len(stars) != 1:
        raise CurveRefused("No curve", "its lists are not of one length")
    return frames


def _array(values: Numbers | list[Numbers]) -> Floats:
    return np.array(values, dtype=np.float64)


def _numbers(values: Floats) -> Numbers:
    return [round(float(each), 5) if np.isfinite(each) else None for each in values]


def _away_arcmin(request: SeriesRequest) -> Floats:
    """Distances of the others from the star, in arcminutes."""
    ra, dec = np.radians(request.other_ra_deg), np.radians(request.other_dec_deg)
    ra0, dec0 = np.radians(request.ra_deg), np.radians(request.dec_deg)
    half = np.sin((dec - dec0) / 2) ** 2
    half = half + np.cos(dec) * np.cos(dec0) * np.sin((ra - ra0) / 2) ** 2
    return np.asarray(np.degrees(2 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))) * 60)


def _of_nights(request: SeriesRequest) -> np.ndarray:
    """Bits of each frame beside its night's others; Julian dates change at noon UTC."""
    nights = np.floor(np.array(request.jd_utc))
    told = [_array(each) for each in (request.zero_points, request.rms, request.fwhm_px)]
    bits = np.zeros(len(nights), dtype=np.int64)
    for night in np.unique(nights):
        here = nights == night
        bits[here] = night_bits(*(each[here] for each in told))
    return bits


def _of_places(request: SeriesRequest) -> np.ndarray:
    """POSITION where it was detected farther from its place than it usually is.

    Where nothing was detected its place tells nothing: it is faint there. A tenth of a pixel is
    what a place is known to: below it there is no scatter to speak of.
    """
    unknown: Numbers = [None] * len(request.jd_utc)
    away = _array(request.away_px or unknown)
    there = np.isfinite(away)
    bits = np.zeros(len(away), dtype=np.int64)
    if there.sum() >= FEWEST_FRAMES:
        far = away > np.median(away[there]) + PLACE_PX * POSITION_SCORE
        bits[there & far] = position_bits(away[there])[far[there]]
    return bits


def _check(
    others: Floats, spread: Floats, catalogue: Floats, places: np.ndarray
) -> tuple[int | None, Floats, float]:
    """The first of the chosen, which is the most alike, as a target of all others."""
    if len(places) < FEWEST_TO_CHECK:
        return None, np.full(len(others), np.nan), np.nan
    star, rest = places[0], places[1:]
    ensemble = solve_ensemble(others[:, rest], spread[:, rest], catalogue[rest])
    mags = others[:, star] + ensemble.zero_points
    return int(star), mags, robust(mags[np.isfinite(mags)]).rms


def _seasons(jd_utc: list[float]) -> list[int]:
    gaps = np.diff(np.array(jd_utc), prepend=jd_utc[0]) > GAP_D
    return [int(each) for each in np.cumsum(gaps)]
