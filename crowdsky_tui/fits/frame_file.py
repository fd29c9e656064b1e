"""A camera's picture as a FITS file with its header, whole or not at all. Child only.

Source: FITS standard 4.0, 4.4.2 (BZERO for unsigned integers).
"""

import io
import os
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from crowdsky_tui.base.errors import CannotWrite, FileDamaged
from crowdsky_tui.base.files import sync
from crowdsky_tui.fits.frame_file_messages import FrameFileRequest
from crowdsky_tui.fits.images import find_image

NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
LARGEST_UINT16 = 65535
FITS = "fits"


def write_frame(request: FrameFileRequest) -> None:
    """Write it, mode 0644, synced; `out` appears as a whole.

    Raises
    ------
    FileDamaged
        For pixels that are not as many as the request says.
    CannotWrite
        Where the disk does not take it, or there is a file already.
    """
    path, out = Path(os.fsdecode(request.path)), Path(os.fsdecode(request.out))
    sent_as_fits = request.element == FITS
    rows = picture_in(path, request) if sent_as_fits else picture_of(path.read_bytes(), request)
    unit = fits.PrimaryHDU(rows)
    for keyword, value, comment in request.cards:
        unit.header[keyword] = value, comment
    unit.add_checksum()
    made = io.BytesIO()
    unit.writeto(made, output_verify="silentfix")
    part = out.with_name(f"{out.name}.part")
    try:
        with os.fdopen(os.open(part, NEW, 0o644), "wb") as file:
            file.write(made.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.link(part, out)  # never over a file that is there
        sync(out.parent)
    except OSError as error:
        raise CannotWrite(f"{out.name} cannot be written", error.strerror or "") from error
    finally:
        part.unlink(missing_ok=True)


def picture_in(path: Path, request: FrameFileRequest) -> NDArray[np.generic]:
    """The picture in a FITS file, refused where it is damaged or larger than the camera.

    Its header is left out: some drivers write the observer's place there.
    """
    label = "the camera's picture"
    found = find_image(path, label)
    _, rows, columns = found.shape
    if columns > request.width or rows > request.height:
        raise FileDamaged(f"{label} is damaged", "it has more pixels than the camera")
    with fits.open(path, memmap=False) as units:
        for unit in units:
            if unit.data is not None:
                return np.ascontiguousarray(unit.data)
    raise FileDamaged(f"{label} is damaged", "it holds no pixels")


def picture_of(content: bytes, request: FrameFileRequest) -> NDArray[np.generic]:
    """The picture in rows, planes first where there are several, in the least type that holds it.

    Integers that fit are unsigned with 16 bits, as cameras make them.
    """
    kind = np.dtype(request.element)
    width, height, planes = request.width, request.height, request.planes
    if len(content) != width * height * planes * kind.itemsize or not content:
        raise FileDamaged("the frame is damaged", "its pixels are not as many as it says")
    columns = np.frombuffer(content, kind).reshape(width, height, planes)
    rows = columns.transpose(2, 1, 0)
    if planes == 1:
        rows = rows[0]
    if kind.kind in "iu" and rows.min() >= 0 and rows.max() <= LARGEST_UINT16:
        return np.ascontiguousarray(rows, np.uint8 if kind.itemsize == 1 else np.uint16)
    if kind.kind in "iu":
        return np.ascontiguousarray(rows, np.int32 if kind.itemsize <= 4 else np.int64)
    return np.ascontiguousarray(rows, kind.newbyteorder("="))
