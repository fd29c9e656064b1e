"""Fetch a picture from telescope.org into the cache: whole and checked, or not at all."""

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.jobs.engine.kind import register
from crowdsky_tui.jobs.engine.model import fact_number
from crowdsky_tui.jobs.engine.queue import Later, Proof
from crowdsky_tui.jobs.engine.work import Work
from crowdsky_tui.jobs.remote_order import (
    LANE,
    RemoteContext,
    RemoteJob,
    RemoteKind,
    RemoteOrder,
    picture_of,
)
from crowdsky_tui.jobs.resources import OpenTelescopeOrg, Resources
from crowdsky_tui.services.telescope_org.errors import NotReady

DOWNLOAD = "download"
NOT_READY_S = (300.0, 900.0, 3600.0)
"""Pauses while the site prepares a file (docs/design/telescope-org.md 5)."""


class RemoteFetchWork:
    """Downloads one picture; one that is in the cache already is not asked for."""

    def __init__(self, open_client: OpenTelescopeOrg) -> None:
        self._open = open_client

    def lane(self, _order: RemoteOrder) -> str:
        """One lane for all that is asked of the site."""
        return LANE

    async def run(self, job: RemoteJob, context: RemoteContext) -> Proof:
        """Fetch it, or find it here. Raises Later while the site prepares it."""
        order, number = job.payload, job.payload.job
        if number is None:
            raise UsageError("no picture is fetched", "the job names none")
        client = await self._open()
        if order.with_flat and order.flat is None:
            order = msgspec.structs.replace(order, flat=(await client.job(number)).flat)
        await context.note(DOWNLOAD)

        def tell(done: int, total: int | None) -> None:
            context.progress(done / total if total else None, f"{done / 1e6:.1f} MB")

        try:
            kept = await client.fetch(number, order.form, order.flat, tell)
        except NotReady as error:
            turn = int(fact_number(context.job.facts, "not_ready"))
            await context.note(DOWNLOAD, {"not_ready": turn + 1})
            raise Later(NOT_READY_S[min(turn, len(NOT_READY_S) - 1)], str(error)) from error
        return Proof(f"in the cache, {kept.size:,} bytes, checked", order)


def _make(at_hand: Resources) -> Work[RemoteOrder, RemoteContext]:
    return RemoteFetchWork(at_hand.telescope_org)


FETCH = register(
    RemoteKind(
        "remote-fetch",
        RemoteOrder,
        _make,
        subject=picture_of,
        doing="fetching from telescope.org",
        harmless=True,
        repeatable=True,
    )
)
