"""What the CrowdSky worker makes of a pre-stacked upload: a multi-extension FITS and a picture.

Layout: docs/design/crowdsky-protocol.md 6.2. Blocking and heavy (astropy, numpy, Pillow): call
it in a thread.
"""

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS
from numpy.typing import NDArray
from PIL import Image

from crowdsky_tui.simulator.crowdsky.state import Stack

Plane = NDArray[Any]

BLOCK = 2880
CHANNELS = ("RED", "GREEN", "BLUE")
COPIED = (
    *("TELESCOP", "INSTRUME", "FILTER", "OBJECT", "RA", "DEC", "SITELAT", "SITELONG", "FOCUSPOS"),
    *("FOCALLEN", "APERTURE", "XPIXSZ", "YPIXSZ", "BAYERPAT", "GAIN", "CCD-TEMP", "DATE-OBS"),
)
LOCATION = ("SITELAT", "SITELONG")
THUMBNAIL_PX = 512
STRETCH_PERCENT = (1.0, 99.5)
MAX_STARS = 200
DEFAULT_SCALE_ARCSEC = 2.39
_SEP_COLUMNS = (
    "thresh:f8 npix:i8 tnpix:i8 xmin:i8 xmax:i8 ymin:i8 ymax:i8 x:f8 y:f8 x2:f8 y2:f8 xy:f8 "
    "errx2:f8 erry2:f8 errxy:f8 a:f8 b:f8 theta:f8 cxx:f8 cyy:f8 cxy:f8 cflux:f8 flux:f8 "
    "cpeak:f8 peak:f8 xcpeak:i8 ycpeak:i8 xpeak:i8 ypeak:i8 flag:i2"
)
_OTHER_COLUMNS = "ra:f8 dec:f8 gaia_id:i8 gaia_gmag:f8 gaia_vmag:f8 match_dist_arcsec:f8"
_SAME_FOR_ALL = {
    **dict.fromkeys(("a", "b", "npix", "tnpix"), 1),
    **dict.fromkeys(("gaia_gmag", "gaia_vmag", "match_dist_arcsec"), math.nan),
}


def make_product(
    upload: Path, product: Path, thumbnail: Path | None, row: Stack, *, scrub: bool, made: datetime
) -> int:
    """Write `product` (and a PNG `thumbnail` unless it is None); return the number of stars.

    `row` is what the server knows of the stack, `made` the present in UTC. Raises OSError,
    ValueError, TypeError or KeyError for a file that is damaged or is not a cube of three planes.
    """
    _check_whole(upload)
    with fits.open(upload, memmap=False) as hdus:
        native, cube = hdus[0].header, hdus[0].data
    if cube is None or cube.ndim != 3 or cube.shape[0] != len(CHANNELS):
        raise ValueError("the upload is not a cube of three colour planes")
    wcs = _wcs(native, cube.shape[2], cube.shape[1])
    stars = find_stars(cube[1], wcs)
    primary = _primary(native, wcs, row, scrub=scrub, made=made)
    frames = min(row.n_frames_aligned, 255)
    footprint = fits.ImageHDU(np.full(cube.shape[1:], frames, np.uint8), name="FOOTPRINT")
    footprint.header["BUNIT"] = "N"
    table = fits.BinTableHDU(stars, name="STAR-TAB")
    part = product.with_suffix(".part")
    planes = [_plane(cube[index], index) for index in range(len(CHANNELS))]
    fits.HDUList([primary, *planes, footprint, table]).writeto(part, overwrite=True)
    part.replace(product)
    if thumbnail is not None:
        write_thumbnail(cube, thumbnail)
    return len(stars)


def _check_whole(upload: Path) -> None:
    header = fits.Header.fromfile(upload)
    pixels = math.prod(header[f"NAXIS{axis + 1}"] for axis in range(header["NAXIS"]))
    data = math.ceil(pixels * abs(header["BITPIX"]) / 8 / BLOCK) * BLOCK
    if upload.stat().st_size < len(header.tostring()) + data:
        raise ValueError("the upload is shorter than its header says")


def _plane(data: Plane, index: int) -> fits.ImageHDU:
    hdu = fits.ImageHDU(data, name=CHANNELS[index])
    hdu.header["CHANNEL"] = index
    hdu.header["BUNIT"] = "ADU"
    return hdu


def _primary(
    native: fits.Header, wcs: WCS | None, row: Stack, *, scrub: bool, made: datetime
) -> fits.PrimaryHDU:
    """The header in the server's dialect: EXPTIME is the total, EQMODE is gone."""
    hdu = fits.PrimaryHDU()
    for key in COPIED:
        if key in native and not (scrub and key in LOCATION):
            hdu.header[key] = native[key]
    hdu.header["NIMAGES"] = row.n_frames_aligned
    hdu.header["EXPTIME"] = hdu.header["EXPOSURE"] = row.total_exptime
    hdu.header["OB-START"] = row.date_obs_start
    hdu.header["OB-END"] = row.date_obs_end
    hdu.header["STACKMET"] = "device"
    hdu.header["PROCDATE"] = made.strftime("%Y-%m-%dT%H:%M:%S")
    hdu.header["CREATOR"] = "CrowdSky stand-in"
    hdu.header["PLTSOLVD"] = wcs is not None
    if wcs is not None:
        hdu.header["PLTSCALE"] = hdu.header["PIXSCALE"] = _scale_arcsec(native)
        hdu.header.update(wcs.to_header())
    return hdu


def _scale_arcsec(native: fits.Header) -> float:
    focal_mm, pixel_um = native.get("FOCALLEN"), native.get("XPIXSZ")
    if isinstance(focal_mm, (int, float)) and isinstance(pixel_um, (int, float)) and focal_mm > 0:
        return round(206.265 * pixel_um / focal_mm, 4)
    return DEFAULT_SCALE_ARCSEC


def _wcs(native: fits.Header, width: int, height: int) -> WCS | None:
    """A gnomonic projection about the header's position; None where the header has none."""
    ra, dec = native.get("RA"), native.get("DEC")
    if not isinstance(ra, (int, float)) or not isinstance(dec, (int, float)) or abs(dec) > 90:
        return None
    wcs = WCS(naxis=2)
    step = _scale_arcsec(native) / 3600
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [ra % 360, dec]
    wcs.wcs.crpix = [(width + 1) / 2, (height + 1) / 2]
    wcs.wcs.cdelt = [-step, step]
    return wcs


def find_stars(plane: Plane, wcs: WCS | None) -> Table:
    """The brightest local maxima of a plane (2-D, ADU) as a STAR-TAB; x and y are zero-based.

    Brightness and shape are rough: the stand-in shows the layout, it does not measure.
    """
    data = plane.astype(np.float32)
    sky = float(np.median(data))
    noise = 1.4826 * float(np.median(np.abs(data - sky))) or 1.0
    inner = data[1:-1, 1:-1]
    peak = inner > sky + 5 * noise
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        for sign in (1, -1):
            height, width = data.shape
            y, x = 1 + sign * dy, 1 + sign * dx
            other = data[y : y + height - 2, x : x + width - 2]
            peak &= inner > other if sign > 0 else inner >= other
    ys, xs = np.nonzero(peak)
    order = np.argsort(inner[ys, xs])[::-1][:MAX_STARS]
    ys, xs = ys[order] + 1, xs[order] + 1
    return _star_table(xs, ys, data[ys, xs] - sky, noise, wcs)


def _star_table(xs: Plane, ys: Plane, heights: Plane, noise: float, wcs: WCS | None) -> Table:
    table = Table()
    for column in f"{_SEP_COLUMNS} {_OTHER_COLUMNS}".split():
        name, kind = column.split(":")
        table[name] = np.zeros(len(xs), dtype=kind)
    for name in ("x", "xmin", "xmax", "xpeak", "xcpeak"):
        table[name][:] = xs
    for name in ("y", "ymin", "ymax", "ypeak", "ycpeak"):
        table[name][:] = ys
    for name in ("peak", "cpeak"):
        table[name][:] = heights
    for name in ("flux", "cflux"):
        table[name][:] = heights * (2 * math.pi)
    for name, value in _SAME_FOR_ALL.items():
        table[name][:] = value
    table["thresh"][:] = 5 * noise
    if wcs is not None and len(xs):
        table["ra"][:], table["dec"][:] = wcs.all_pix2world(xs, ys, 0)
    return table


def write_thumbnail(cube: Plane, path: Path) -> None:
    """Write a PNG of a (3, height, width) cube, at most 512 px, stretched from 1 to 99.5 %."""
    step = math.ceil(max(cube.shape[1:]) / THUMBNAIL_PX)
    small = np.moveaxis(cube[:, ::step, ::step], 0, -1).astype(np.float32)
    low, high = np.percentile(small, STRETCH_PERCENT)
    scaled = np.clip((small - low) / max(high - low, 1e-6), 0, 1) * 255
    Image.fromarray(scaled.astype(np.uint8), "RGB").save(path, format="PNG")
