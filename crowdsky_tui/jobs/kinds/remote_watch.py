"""Wait for a request at telescope.org, days or weeks, until there is a picture."""

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, Rejected, UsageError
from crowdsky_tui.jobs.engine.kind import register
from crowdsky_tui.jobs.engine.queue import Later, Proof
from crowdsky_tui.jobs.engine.work import Work
from crowdsky_tui.jobs.remote_order import (
    LANE,
    RemoteContext,
    RemoteJob,
    RemoteKind,
    RemoteOrder,
    request_of,
)
from crowdsky_tui.jobs.resources import OpenTelescopeOrg, Resources
from crowdsky_tui.services.telescope_org.codes import Group, group_of, status_of

WHAT_TO_DO = {
    Group.PARKED: "; look at the site",
    Group.UNKNOWN: "; this version does not know what that means",
}


class WatchWork:
    """Reads the request's page now and then. An outage of the site ends no watch."""

    def __init__(self, open_client: OpenTelescopeOrg, every_s: float) -> None:
        self._open = open_client
        self._every_s = every_s

    def lane(self, _order: RemoteOrder) -> str:
        """One lane for all that is asked of the site."""
        return LANE

    async def run(self, job: RemoteJob, context: RemoteContext) -> Proof:
        """Look once. Raises Later until it is complete, Rejected where it never will be."""
        order = job.payload
        if order.request is None:
            raise UsageError("no request is waited for", "the job names none")
        client = await self._open()
        try:
            page = await client.request(order.request)
        except CrowdSkyError as error:
            if error.outage or error.retryable:
                raise Later(self._every_s, str(error)) from error
            raise
        group = group_of(status_of(page.status))
        said = page.status or "its page tells no state"
        if group is Group.FAILED:
            raise Rejected(
                f"R{order.request} will bring no picture", f"the site says: {said}", "Ask again."
            )
        if group is not Group.DONE:
            raise Later(self._every_s, f"{said}{WHAT_TO_DO.get(group, '')}")
        if page.job_id is None:
            raise Later(self._every_s, f"{said}, but no job is named yet")
        target = order.target or page.object_name
        found = msgspec.structs.replace(order, job=page.job_id, target=target)
        return Proof(f"R{order.request} is complete: J{page.job_id}", found)


def _make(at_hand: Resources) -> Work[RemoteOrder, RemoteContext]:
    return WatchWork(at_hand.telescope_org, at_hand.settings.remote.look_every)


WATCH = register(
    RemoteKind(
        "remote-watch",
        RemoteOrder,
        _make,
        subject=request_of,
        doing="waiting for telescope.org",
        follower="remote-fetch",
        harmless=True,
        repeatable=True,
    )
)
