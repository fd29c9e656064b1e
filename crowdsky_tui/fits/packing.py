"""A FITS picture as a smaller file of the same content, and back byte for byte. Child only.

The smaller file is a tile-compressed image (RICE for integers, GZIP for the rest; no value is
rounded) that every reader of `.fz` understands. Behind it stands the first file's header as it was,
byte for byte, so that what comes back is that very file.

Source: FITS standard 4.0, 10.1 (tiled image compression).
"""

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from crowdsky_tui.base.errors import CannotWrite, FileDamaged
from crowdsky_tui.base.text import clean
from crowdsky_tui.fits.completeness import inspect_file
from crowdsky_tui.fits.headers import MAX_HEADER, axes_of, card_number, padded, read_header

ORIGINAL = "ORIGINAL"
"""The extension that holds the first file's header."""
LARGEST = 128 * 1024**2
"""Bytes of pixels: they are in memory as a whole while they are packed."""
NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
STRIP = 8 * 1024**2
_TYPES = {8: ">u1", 16: ">i2", 32: ">i4", -32: ">f4", -64: ">f8"}
_RICE = (8, 16, 32)


def pack(path: Path, out: Path, label: str) -> None:
    """Write the compressed copy of a file whose only content is a picture, mode 0600, synced.

    Raises FileDamaged for what is no such file, CannotWrite, OSError.
    """
    inspect_file(path, label)  # whole, or it is not touched
    with path.open("rb") as file:
        head = file.read(MAX_HEADER)
        header, begin = read_header(head, label)
        axes, bits = axes_of(header, label), header["BITPIX"]
        size = int(np.prod(axes, dtype=np.int64)) * abs(bits) // 8 if axes else 0
        if bits not in _TYPES or not 2 <= len(axes) <= 3 or not 0 < size <= LARGEST:
            raise FileDamaged(f"{label} cannot be compressed", "it is no picture of usual size")
        if path.stat().st_size != begin + padded(size):
            raise FileDamaged(f"{label} cannot be compressed", "there is more in it than a picture")
        file.seek(begin)
        raw = np.frombuffer(file.read(size), _TYPES[bits]).reshape(axes[::-1])
    unit = fits.CompImageHDU(
        raw.astype(raw.dtype.newbyteorder("=")),
        header,
        compression_type="RICE_1" if bits in _RICE else "GZIP_2",
        quantize_level=0.0,
        do_not_scale_image_data=True,
    )
    for key in ("BZERO", "BSCALE"):
        if (value := card_number(header, key)) is not None:
            unit.header[key] = value
    kept = fits.ImageHDU(np.frombuffer(head[:begin], np.uint8), name=ORIGINAL)
    _write(fits.HDUList([fits.PrimaryHDU(), unit, kept]), out)


def _write(units: fits.HDUList, out: Path) -> None:
    made = io.BytesIO()
    units.writeto(made, output_verify="silentfix")
    try:
        with os.fdopen(os.open(out, NEW, 0o600), "wb") as file:
            file.write(made.getbuffer())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _cannot(out, error) from error


def _cannot(out: Path, error: OSError) -> CannotWrite:
    name = clean(out.name.removesuffix(".part"), 100)
    return CannotWrite(f"{name} cannot be written", clean(error.strerror or error), "Make room")


def restored_sha256(path: Path, label: str) -> str:
    """The SHA-256 (hex) of the file that a compressed copy gives back. Raises as `unpack`."""
    digest = hashlib.sha256()
    for piece in _pieces(*_content(path, label)):
        digest.update(piece)
    return digest.hexdigest()


def unpack(path: Path, out: Path, label: str) -> str:
    """Write the file that a compressed copy gives back, mode 0600, synced; its SHA-256 (hex).

    Raises FileDamaged for what `pack` did not make, or what was damaged since, CannotWrite.
    """
    digest = hashlib.sha256()
    content = _content(path, label)
    try:
        with os.fdopen(os.open(out, NEW, 0o600), "wb") as file:
            for piece in _pieces(*content):
                file.write(piece)
                digest.update(piece)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _cannot(out, error) from error
    return digest.hexdigest()


def _pieces(header: bytes, raw: NDArray[Any]) -> Iterator[bytes]:
    """The first file, piece by piece: header, pixels, padding."""
    yield header
    flat = raw.reshape(-1)
    step = STRIP // raw.dtype.itemsize
    for first in range(0, flat.size, step):
        yield flat[first : first + step].tobytes()
    yield b"\0" * (padded(raw.nbytes) - raw.nbytes)


def _content(path: Path, label: str) -> tuple[bytes, NDArray[Any]]:
    inspect_file(path, label)
    try:
        with fits.open(path, memmap=False, do_not_scale_image_data=True) as units:
            header = np.asarray(units[ORIGINAL].data, np.uint8).tobytes()
            data = np.asarray(units[1].data)
    except OSError:
        raise
    except Exception as error:
        raise FileDamaged(f"{label} cannot be expanded", "it is no compressed stack") from error
    first, begin = read_header(header, label)
    bits = first["BITPIX"]
    if begin != len(header) or bits not in _TYPES or axes_of(first, label)[::-1] != [*data.shape]:
        raise FileDamaged(f"{label} cannot be expanded", "its header and its pixels disagree")
    return header, data.astype(_TYPES[bits], copy=False)
