"""What a FITS file's header says of its picture. Child only."""

from astropy.io.fits import Header

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.blocks import healpix_pixel
from crowdsky_tui.fits.compressed import image_header, is_compressed
from crowdsky_tui.fits.date_obs import parse_date_obs
from crowdsky_tui.fits.headers import (
    axes_of,
    card_count,
    card_number,
    card_text,
    check_first_card,
    data_size,
    read_header,
)
from crowdsky_tui.fits.messages import HeaderFacts


def exposures_of(header: Header) -> tuple[float | None, int | None, float | None]:
    """Seconds per sub-frame, their count, and seconds in all.

    A file from the telescope has them as EXPTIME, STACKCNT and TOTALEXP; in one from the CrowdSky
    server EXPTIME is the total and NIMAGES the count.
    """
    exposure = card_number(header, "EXPTIME", "EXPOSURE")
    images = card_count(header, "NIMAGES")
    if images:
        return (None if exposure is None else exposure / images), images, exposure
    return exposure, card_count(header, "STACKCNT"), card_number(header, "TOTALEXP")


def _position(header: Header) -> tuple[float | None, float | None, int | None]:
    """RA and Dec in degrees and their pixel; sexagesimal text counts as absent."""
    ra, dec = card_number(header, "RA"), card_number(header, "DEC")
    if ra is None or dec is None:
        return ra, dec, None
    try:
        return ra, dec, healpix_pixel(ra, dec)
    except ValueError:
        return None, None, None


def header_facts(data: bytes, label: str) -> HeaderFacts:
    """Read a file's primary header from its first bytes; FileDamaged if that cannot be done."""
    check_first_card(data, label)
    header, header_size = read_header(data, label)
    size = header_size + data_size(header, label)
    header = _of_the_picture(header, data[size:], label)
    axes = axes_of(header, label)
    width, height, planes = ([*axes, 1, 1][:3]) if axes else (0, 0, 0)
    ra, dec, pixel = _position(header)
    exposure, count, total = exposures_of(header)
    return HeaderFacts(
        ra_deg=ra,
        dec_deg=dec,
        pixel=pixel,
        date_obs=parse_date_obs(card_text(header, "DATE-OBS")),
        filter=card_text(header, "FILTER"),
        exposure_s=exposure,
        stack_count=count,
        total_s=total,
        telescope=card_text(header, "TELESCOP"),
        object_name=card_text(header, "OBJECT"),
        width=width,
        height=height,
        planes=planes,
        expected_size=size,
    )


def _of_the_picture(header: Header, behind: bytes, label: str) -> Header:
    """The header of a compressed picture that follows one without data; else that one."""
    if axes_of(header, label) or not behind.startswith(b"XTENSION="):
        return header
    try:
        second, _ = read_header(behind, label)
    except FileDamaged:  # it may go on behind what was looked at
        return header
    return image_header(second, label) if is_compressed(second) else header
