"""Light curves of TESS and Kepler in their FITS files."""

from io import BytesIO
from math import log10

from astropy.io import fits

from crowdsky_tui.timeseries.surveys.messages import SurveyPoint, SurveyPoints, TimeScale
from crowdsky_tui.timeseries.surveys.tables import MOST_ROWS, refusal, word

TESS_ZERO_POINT = 20.44  # TESS Instrument Handbook: one electron a second
FLUX_PER_MAG = 1.0857362
DAYS = {"TESS": 2_457_000.0, "KEPLER": 2_454_833.0}


def read_satellite(raw: bytes) -> SurveyPoints:
    """Points of quality 0, from `PDCSAP_FLUX`; Kepler's magnitudes have an arbitrary zero point.

    Raises
    ------
    SurveyRefused
        No table with TIME and PDCSAP_FLUX is in it.
    """
    try:
        with fits.open(BytesIO(raw), memmap=False) as file:
            return _read(file)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise refusal(f"it is no such FITS file ({type(error).__name__})", "") from None


def _read(file: fits.HDUList) -> SurveyPoints:
    for hdu in file:
        if isinstance(hdu, fits.BinTableHDU) and "PDCSAP_FLUX" in hdu.columns.names:
            break
    else:
        raise refusal("no table in it has a column PDCSAP_FLUX", "")
    if len(hdu.data) > MOST_ROWS:
        raise refusal(f"it has more than {MOST_ROWS:,} rows", "")
    mission = str(file[0].header.get("TELESCOP", "TESS")).strip().upper()
    start = hdu.header.get("BJDREFI", DAYS.get(mission, DAYS["TESS"]))
    zero = float(start) + float(hdu.header.get("BJDREFF", 0.0))
    quality = next((name for name in hdu.columns.names if name.endswith("QUALITY")), None)
    columns = [hdu.data["TIME"], hdu.data["PDCSAP_FLUX"], hdu.data["PDCSAP_FLUX_ERR"]]
    flags = hdu.data[quality] if quality else [0] * len(hdu.data)
    points, unread = [], 0
    for time, flux, error, flag in zip(*columns, flags, strict=True):
        if flag or not time > 0 or not flux > 0:
            unread += 1
            continue
        points.append(
            SurveyPoint(
                day=zero + float(time),
                mag=round(TESS_ZERO_POINT - 2.5 * log10(flux), 5),
                error=round(FLUX_PER_MAG * float(error) / float(flux), 5) if error > 0 else None,
                band="TESS" if mission == "TESS" else "Kp",
                series=word(str(file[0].header.get("OBJECT", ""))),
                system="STD" if mission == "TESS" else "DIFF",
            )
        )
    points.sort(key=lambda each: each.day)
    return SurveyPoints(tuple(points), TimeScale.BJD_TDB, unread)
