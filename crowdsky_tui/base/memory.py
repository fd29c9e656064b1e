"""What the C library does with memory that Python has freed. Only glibc has these switches."""

import ctypes

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # glibc's malloc.h
_OF_ITS_OWN = 256 * 1024


def give_back_large_blocks() -> None:
    """Let every block of 256 KiB or more be its own mapping, which goes when it is freed.

    glibc otherwise moves that limit up to the largest block ever freed, and keeps what lies below
    it: a server list of 14 MB, read every five minutes, then costs its size several times over,
    for good. Other C libraries have no such switch, and no need of one.
    """
    _set(_M_MMAP_THRESHOLD, _OF_ITS_OWN)


def share_one_heap() -> None:
    """Let threads that begin from now on take their memory from the one heap there is.

    glibc gives up to eight per core to them, each with free memory of its own that no other can
    use: after twenty nights of `tests/soak` that was 4 MB of 12.
    """
    _set(_M_ARENA_MAX, 1)


def _set(switch: int, value: int) -> None:
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(switch, value)


def give_back_holes() -> None:
    """Hand back the free pages between the blocks that are in use. Takes milliseconds.

    Smaller buffers come and go, and leave about a megabyte more lying free after every night of 128
    stacks (measured by `tests/soak`).
    """
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
