"""How long to wait for the CrowdSky server, and how often to ask again.

Every time-out is for lack of progress: a transfer that moves by `slowness.LEAST_RATE` is not cut
off before `whole`. An upload moves in pieces of 256 KiB, so that 120 s stand for 2 KB/s.
"""

import msgspec


class Patience(msgspec.Struct, frozen=True):
    """Seconds without progress before giving up: connecting, reading, writing.

    `whole` bounds the waiting of one call in all, however it moves.
    """

    connect: float
    read: float
    write: float
    whole: float = 6 * 3600.0

    @property
    def grace(self) -> float:
        """Seconds that all waiting without progress may take together."""
        return self.connect + self.read + self.write


class Limits(msgspec.Struct, frozen=True):
    """Time-outs by kind of call, and the retries of the calls that may be repeated.

    `total_s` bounds a short call with all its retries; downloads are bounded by `attempts` alone,
    as each may rightly take minutes.
    """

    query: Patience = Patience(connect=10, read=30, write=10, whole=600)
    download: Patience = Patience(connect=10, read=60, write=10)
    upload: Patience = Patience(connect=60, read=300, write=120, whole=24 * 3600)
    raw_file: Patience = Patience(connect=10, read=120, write=120)
    finalize: Patience = Patience(connect=10, read=120, write=10)
    finalize_overwrite: Patience = Patience(connect=10, read=300, write=10)
    coverage: Patience = Patience(connect=10, read=60, write=10, whole=1800)
    attempts: int = 4
    total_s: float = 20.0
    first_wait_s: float = 0.5
    longest_wait_s: float = 5.0
