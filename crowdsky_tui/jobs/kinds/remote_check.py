"""Check a picture of telescope.org that is here: the bytes that came, and a whole picture."""

from pathlib import Path

from crowdsky_tui.base.errors import FileDamaged, UsageError
from crowdsky_tui.jobs.engine.kind import register
from crowdsky_tui.jobs.engine.queue import Proof
from crowdsky_tui.jobs.engine.work import Work
from crowdsky_tui.jobs.kinds.remote_fetch import pictures_of
from crowdsky_tui.jobs.remote_order import (
    RemoteContext,
    RemoteJob,
    RemoteKind,
    RemoteOrder,
    picture_of,
)
from crowdsky_tui.jobs.remote_pictures import RemotePictures
from crowdsky_tui.jobs.resources import OpenTelescopeOrg, Resources
from crowdsky_tui.services.telescope_org.cache import CachedAs


class CheckWork:
    """Reads the file again. What is damaged is said and stays until it is fetched again."""

    def __init__(self, open_client: OpenTelescopeOrg, pictures: RemotePictures) -> None:
        self._open = open_client
        self._pictures = pictures

    def lane(self, _order: RemoteOrder) -> None:
        """Nothing is asked of the site."""

    async def run(self, job: RemoteJob, context: RemoteContext) -> Proof:
        """Compare the file with what was noted. Raises FileDamaged's kind where it differs."""
        order = job.payload
        if order.job is None:
            raise UsageError("no picture is checked", "the job names none")
        wanted = CachedAs(order.job, order.form, order.flat)
        frame = await self._pictures.known(wanted)
        if frame is None or not frame.path:
            raise UsageError(f"{wanted.name} is not here", next_step="Fetch it first.")
        context.progress(None, "reading it")
        if not await self._pictures.whole(frame):
            await self._pictures.note_damaged(frame)
            raise _Differs(
                f"{wanted.name} is not as it came",
                "its bytes have changed, or are gone",
                "Fetch it again: the site has it.",
            )
        await (await self._open()).downloads.check(wanted, Path(frame.path))
        await self._pictures.touch(frame)
        return Proof(f"whole, {frame.size or 0:,} bytes as they came", order)


class _Differs(FileDamaged):
    """To read it once more would not help."""

    retryable = False


def _make(at_hand: Resources) -> Work[RemoteOrder, RemoteContext]:
    return CheckWork(at_hand.telescope_org, pictures_of(at_hand))


CHECK = register(
    RemoteKind(
        "remote-check",
        RemoteOrder,
        _make,
        subject=picture_of,
        doing="checking pictures of telescope.org",
        harmless=True,
        repeatable=True,
    )
)
