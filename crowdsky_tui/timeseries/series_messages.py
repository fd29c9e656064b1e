"""What the compute child is asked of a star in many frames, and what it answers. No numpy."""

import msgspec

Numbers = list[float | None]


class SeriesRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="series"):
    """Refer a star to an ensemble of others over n frames, oldest first.

    Attributes
    ----------
    jd_utc, bjd_tdb
        The frames' middles. Shape (n,).
    zero_points, rms, fwhm_px
        The frames' calibration and width. Shape (n,).
    mags, errors, flags
        The star's, by each frame's own calibration; None where it is missing. Shape (n,).
    away_px
        How far from its place it was detected; None where it was not. Shape (n,), or none at all.
    mag, colour, ra_deg, dec_deg
        The star's by the catalogue.
    others
        m stars that may be compared with: magnitudes in each frame. Shape (m, n).
    other_errors
        Their standard deviations. Shape (m, n).
    other_mags, other_colours, other_ra_deg, other_dec_deg
        By the catalogue; without colours none is asked for. Shape (m,).
    floor_mag
        What no error is below.
    """

    jd_utc: list[float]
    bjd_tdb: list[float]
    zero_points: Numbers
    rms: Numbers
    fwhm_px: Numbers
    mags: Numbers
    errors: Numbers
    flags: list[int]
    mag: float | None
    ra_deg: float
    dec_deg: float
    others: list[Numbers]
    other_errors: list[Numbers]
    other_mags: list[float]
    other_ra_deg: list[float]
    other_dec_deg: list[float]
    floor_mag: float = 0.02
    away_px: Numbers = []
    colour: float | None = None
    other_colours: Numbers = []


class SeriesAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The star's curve. Lists are of the n frames.

    Attributes
    ----------
    mags, errors, flags
        By the ensemble; None without a zero point.
    comparisons
        Places of those chosen; `loosened` tells what was not as it should be.
    check
        Place of the check star; None with fewer than four comparisons. `check_mags` are its
        magnitudes by the others, `check_rms` their scatter.
    season
        Of each frame: a gap of more than 40 days begins another one, from 0 on.
    mean, rms, amplitude
        Of the good points: robust mean, scatter, and 5 to 95 percent.
    good
        How many are good.
    """

    mags: Numbers
    errors: Numbers
    flags: list[int]
    comparisons: list[int]
    loosened: tuple[str, ...]
    check: int | None
    check_mags: Numbers
    check_rms: float | None
    season: list[int]
    mean: float | None
    rms: float | None
    amplitude: float | None
    good: int


class EpochRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="epoch"):
    """Tell a catalogue's epoch, HJD in UTC, as BJD (TDB); the star's place is ICRS in degrees."""

    hjd_utc: float
    ra_deg: float
    dec_deg: float
