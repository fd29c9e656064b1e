"""The same pure functions on a Dask scheduler, where an archive outgrows a machine.

Files are named, not sent: scheduler, workers and this program see the same paths. Imports Dask
when first used (extra `cluster`).
"""

from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import (
    CrowdSkyError,
    FileDamaged,
    ScienceUnavailable,
    UsageError,
)
from crowdsky_tui.base.text import clean
from crowdsky_tui.compute.messages import Reply, Request
from crowdsky_tui.photometry.frame_messages import FrameMeasure, FrameRequest

if TYPE_CHECKING:
    from distributed import Client

CONNECT_S = 10.0
TRIES_ON_LOSS = 3
"""So often a frame is given to another worker when one dies over it."""
WHAT = "The Dask scheduler cannot be used"

_replies = msgspec.json.Decoder(Reply)


def answer_line(line: bytes) -> bytes:
    """What a worker runs: a request as JSON, and its answer."""
    from crowdsky_tui.compute.worker import answer

    request: Request = msgspec.json.decode(line, type=Request)
    return msgspec.json.encode(answer(request))


class Cluster:
    """A scheduler's workers. Used for several frames at once; closed once."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._client: Client | None = None

    async def open(self) -> int:
        """Connect, and tell how many threads all workers have together.

        Raises
        ------
        UsageError
            Dask is not installed.
        ScienceUnavailable
            Nobody answers there, or no worker has come.
        """
        try:
            from distributed import Client
        except ImportError as error:
            raise UsageError(
                WHAT, "Dask is not installed", "pip install 'crowdsky-tui[cluster]'"
            ) from error
        try:
            self._client = await Client(
                self._address, asynchronous=True, timeout=CONNECT_S, set_as_default=False
            )
            await self._client.wait_for_workers(1, timeout=CONNECT_S)
            threads: int = sum((await self._client.ncores()).values())
        except (OSError, TimeoutError, ValueError) as error:
            await self.close()
            why = clean(error, 200) or "nobody answers"
            raise ScienceUnavailable(WHAT, why, "Check compute.dask in the settings.") from error
        return max(threads, 1)

    async def frame(self, request: FrameRequest) -> FrameMeasure:
        """Measure the stars of a field catalogue in a frame, on any worker.

        Raises
        ------
        FileDamaged
            The frame is refused.
        ScienceUnavailable
            The workers are gone, or died over it, one after another.
        """
        if self._client is None:
            raise ScienceUnavailable(WHAT, "it is not connected")
        line = msgspec.json.encode(request)
        future = self._client.submit(answer_line, line, pure=False, retries=TRIES_ON_LOSS)
        try:
            reply = _replies.decode(await future)
        except CrowdSkyError:
            raise
        except Exception as error:
            why = clean(f"{type(error).__name__}: {error}", 200)
            raise ScienceUnavailable(WHAT, why, "Look at the scheduler and its workers.") from error
        finally:
            future.release()
        if reply.damage is not None:
            damage = reply.damage
            raise FileDamaged(damage.what, damage.why, damage.next_step)
        if reply.frame is None:
            raise ScienceUnavailable("the worker gave no measurement")
        return reply.frame

    async def close(self) -> None:
        """Leave the scheduler; what it still does for us is dropped. May be called again."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
