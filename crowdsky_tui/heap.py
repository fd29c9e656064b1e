"""What the C library does with memory that Python has freed."""

import ctypes

_M_MMAP_THRESHOLD = -3  # glibc's malloc.h
_OF_ITS_OWN = 256 * 1024


def give_back_large_blocks() -> None:
    """Let every block of 256 KiB or more be its own mapping, which goes when it is freed.

    glibc otherwise moves that limit up to the largest block ever freed, and keeps what lies below
    it: a server list of 14 MB, read every five minutes, then costs its size several times over,
    for good. Other C libraries have no such switch, and no need of one.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _OF_ITS_OWN)
