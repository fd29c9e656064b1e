"""Bytes that arrive and go to a disk: how many are announced, and why they cannot be kept."""

import errno
from collections.abc import Mapping

from crowdsky_tui.base.errors import CrowdSkyError, DiskFull, UsageError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def content_length(headers: Mapping[str, str]) -> int | None:
    """Bytes of a body as its headers announce them; None if they do not, or not plainly."""
    text = headers.get("content-length", "")
    plain = "content-encoding" not in headers
    return int(text) if plain and text.isascii() and text.isdigit() else None


def disk_error(what: str, error: OSError) -> CrowdSkyError:
    """The typed error for a file that could not be written."""
    why = error.strerror or str(error)
    if error.errno in _NO_ROOM:
        return DiskFull(what, why, "Make room on the disk, then try again.")
    return UsageError(what, why, "Choose another folder, or check its permissions.")
