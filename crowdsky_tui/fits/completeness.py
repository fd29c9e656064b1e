"""Whether a file on this disk is a complete FITS file. Child only."""

import hashlib
import os
import stat
from pathlib import Path
from typing import BinaryIO

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.fits.header_facts import header_facts
from crowdsky_tui.fits.headers import (
    FETCH_AGAIN,
    MAX_EXTENSIONS,
    MAX_HEADER,
    data_size,
    read_header,
)
from crowdsky_tui.fits.messages import FileFacts

CHUNK = 1024**2


def _check_end(file: BinaryIO, end: int, size: int, label: str) -> None:
    """Follow the extensions from `end` on; the last must end where the file does."""
    for _ in range(MAX_EXTENSIONS):
        if end >= size:
            break
        file.seek(end)
        head = file.read(MAX_HEADER)
        if not head.startswith(b"XTENSION="):
            why = f"{size - end:,} bytes after the picture are not an extension"
            raise FileDamaged(f"{label} is not a clean FITS file", why, FETCH_AGAIN)
        header, header_size = read_header(head, label)
        end += header_size + data_size(header, label)
    if end > size:
        raise FileDamaged(f"{label} is cut short", f"{size:,} of {end:,} bytes", FETCH_AGAIN)
    if end < size:
        raise FileDamaged(f"{label} is not a usable FITS file", "it has too many extensions")


def _sha256(file: BinaryIO) -> tuple[str, int]:
    """Hex digest and number of the bytes that were read."""
    digest, count = hashlib.sha256(), 0
    file.seek(0)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        count += len(chunk)
    return digest.hexdigest(), count


def inspect_file(path: Path, label: str) -> FileFacts:
    """Check a whole file and hash it. Raises FileDamaged, or OSError if it cannot be read."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise FileDamaged(f"{label} is not a regular file")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        header = header_facts(file.read(MAX_HEADER), label)
        _check_end(file, header.expected_size, size, label)
        digest, count = _sha256(file)
    if count != size:
        raise FileDamaged(f"{label} changed while it was read", f"{count:,} of {size:,} bytes")
    return FileFacts(size=size, sha256=digest, header=header)
