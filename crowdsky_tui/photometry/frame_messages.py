"""What the compute child is asked of a frame's stars, and what it answers. Imports no numpy."""

from datetime import datetime
from typing import Literal

import msgspec

TimeSource = Literal["journal", "block", "header"]
Chain = Literal["", "stack", "sub-frame", "server", "remote"]
"""How a frame was made: by the telescope, by nobody, by the CrowdSky server, by telescope.org."""
BANDS = ("R", "G", "B")


class PhotometrySettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a frame is measured.

    Attributes
    ----------
    fraction
        Part of a star's light that the aperture holds.
    floor_mag
        What no error goes below, in magnitudes.
    correlation
        Noise of an aperture by that of its pixels; 0: measured on the frame.
    gain
        Electrons for each ADU of the stack; 0: from the frame's own sky.
    brightest, faintest
        V of the stars that calibrate, in magnitudes.
    colour_term
        k of the telescope from many frames; None: fitted to each frame.
    """

    fraction: float = 0.95
    floor_mag: float = 0.02
    correlation: float = 0.0
    gain: float = 0.0
    brightest: float = 10.0
    faintest: float = 14.0
    colour_term: float | None = None


class PlaneOfFrame(msgspec.Struct, frozen=True):
    """The one plane of a picture that is measured, by itself.

    Attributes
    ----------
    number
        From 0.
    band
        Johnson-Cousins B, V or R: also the catalogue's magnitudes are of this band.
    scale_arcsec
        Of a pixel.
    cut_px
        Rows and columns at the end of each side that are no picture.
    """

    number: int
    band: str
    scale_arcsec: float
    cut_px: int = 0


class FrameRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="frame"):
    """Measure the stars of a field catalogue in a frame.

    Attributes
    ----------
    path, field
        The frame and the catalogue; bytes, as not every name is text.
    targets
        Names of stars that are measured and never calibrate.
    begin, end, middle
        Of the block's first and last sub-frame, and the middle of all their light, as the journal
        knows them (aware); None: by the header; without a middle that of the two.
    latitude_deg, longitude_deg, elevation_m
        The place, for altitude and Moon; None: they are not told.
    plane
        The one plane that is measured; None: green, with red and blue beside it.
    """

    path: bytes
    field: bytes
    targets: tuple[str, ...] = ()
    settings: PhotometrySettings = PhotometrySettings()
    begin: datetime | None = None
    end: datetime | None = None
    middle: datetime | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    elevation_m: float = 0.0
    plane: PlaneOfFrame | None = None

    def __repr__(self) -> str:
        """Without the place."""
        return f"FrameRequest({self.path!r}, {self.field!r})"


class StarPoint(msgspec.Struct, frozen=True, omit_defaults=True):
    """One star in one frame.

    Attributes
    ----------
    name
        As the catalogue has it.
    ra_deg, dec_deg
        ICRS at the catalogue's epoch.
    x, y
        Pixels, the first one's middle at 0.
    flux, flux_error
        Green, in ADU of the stack.
    mag, mag_error
        Calibrated, on the catalogue's V; None without light.
    catalogue_mag, catalogue_colour
        V and colour by the catalogue.
    away_px
        How far from its place something was detected; None: nothing was.
    peak
        Brightest green pixel in ADU.
    flags
        Quality bits.
    contamination_mag
        What neighbours add, in magnitudes, where that is much.
    red, blue
        Flux and its error in these colours, the same part of the light.
    calibrates
        It went into the zero point.
    """

    name: str
    ra_deg: float
    dec_deg: float
    x: float
    y: float
    flux: float
    flux_error: float
    mag: float | None
    mag_error: float | None
    catalogue_mag: float | None
    peak: float
    flags: int
    contamination_mag: float = 0.0
    catalogue_colour: float | None = None
    away_px: float | None = None
    red: tuple[float, float] | None = None
    blue: tuple[float, float] | None = None
    calibrates: bool = False


class FrameMeasure(msgspec.Struct, frozen=True, kw_only=True):
    """A measured frame.

    Attributes
    ----------
    jd_utc, bjd_tdb
        The middle, as Julian dates; None where the header tells no time.
    time_source
        Who told it.
    exposure_s
        Seconds of light altogether.
    zero_point, zero_point_error, zero_point_rms, colour_term, colour_zero, calibrators
        Of the fit, in magnitudes. `colour_kind` says which colour.
    slope
        Catalogue against instrumental magnitudes: 1 where the frame is linear.
    verdict
        photometric, usable, marginal or poor; `remark` says why.
    check_rms
        Scatter of each calibrator against the others, in magnitudes; None with too few.
    limit_mag
        Where a star has five times the noise.
    altitude_deg, airmass, moon_deg
        Of the field's middle; None without a place.
    chain
        How it was made: what frames have in common that share colour term and noise.
    """

    jd_utc: float | None
    bjd_tdb: float | None
    time_source: TimeSource
    exposure_s: float | None
    filter: str
    telescope: str
    object_name: str
    equatorial: bool | None
    ra_deg: float
    dec_deg: float
    scale_arcsec: float
    solved_with: int
    solve_rms_px: float
    zero_point: float
    zero_point_error: float
    zero_point_rms: float
    colour_term: float
    colour_kind: str
    colour_zero: float | None
    calibrators: int
    slope: float | None
    verdict: str
    remark: str
    check_rms: float | None
    limit_mag: float | None
    radius_px: float
    fwhm_px: float
    sky: float
    noise: float
    correlation: float
    gain: float
    altitude_deg: float | None
    airmass: float | None
    moon_deg: float | None
    points: tuple[StarPoint, ...]
    chain: Chain = ""


class StarRequest(msgspec.Struct, frozen=True, tag_field="op", tag="star"):
    """Where a field's catalogue has a star in a year."""

    path: bytes
    name: str
    year: float


class CatalogueStar(msgspec.Struct, frozen=True):
    """A star of a catalogue: ICRS degrees in the year that was asked for."""

    ra_deg: float
    dec_deg: float
    gaia_id: str = ""
