"""Ask telescope.org for pictures of a target: sent once, proved by the site's list of requests."""

from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import NotProved, UsageError
from crowdsky_tui.base.threads import whatever_is_cancelled
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
    draft_of,
)
from crowdsky_tui.jobs.resources import OpenTelescopeOrg, Resources
from crowdsky_tui.services.telescope_org.errors import RequestInDoubt

if TYPE_CHECKING:
    from crowdsky_tui.services.telescope_org.client import TelescopeOrg
    from crowdsky_tui.services.telescope_org.draft import Draft
    from crowdsky_tui.services.telescope_org.records import RequestRow

HANDING_OVER, TAKEN = "hand over", "taken"
LOOK_AGAIN_S = 60.0
LOOKS = 2
"""The list is read so often, a minute apart, before a lost answer counts as not sent."""
MOST_SENDINGS = 5
READ_ONLY_S = 900.0


class RequestWork:
    """Checks, sends, proves. After `HANDING_OVER` nothing is sent before the list has told."""

    def __init__(self, open_client: OpenTelescopeOrg, *, read_only: bool) -> None:
        self._open = open_client
        self._read_only = read_only

    def lane(self, _order: RemoteOrder) -> str:
        """One lane for all that is asked of the site."""
        return LANE

    async def run(self, job: RemoteJob, context: RemoteContext) -> Proof:
        """Send the request unless the list has it. Raises Later to look again."""
        order = job.payload
        draft = order.draft
        if draft is None:
            raise UsageError("nothing was asked for", "the job has no draft")
        if self._read_only:
            raise Later(READ_ONLY_S, "waits for a run that may: this one is read-only")
        client = await self._open()
        if job.step in (HANDING_OVER, TAKEN):
            row = await self._look(client, draft, context)
        else:
            row = None
        if row is None:
            before = await client.check(draft)
            # every call in it has its patience, and a request that went out is written down
            row = await whatever_is_cancelled(self._send(client, order, draft, before, context))
        proved = msgspec.structs.replace(order, request=row.id, status=row.word)
        return Proof(f"R{row.id} is in the site's list ({row.word})", proved)

    async def _send(
        self,
        client: "TelescopeOrg",
        order: RemoteOrder,
        draft: "Draft",
        before: "list[RequestRow]",
        context: RemoteContext,
    ) -> "RequestRow":
        """Hand the request over and find it in the list. Raises Later where that is open."""
        sendings = fact_number(context.job.facts, "sendings") + 1
        if sendings > MOST_SENDINGS:
            raise NotProved(
                f"{order.label} was sent {MOST_SENDINGS} times, and the list shows none of them",
                "the site takes it without an answer and without a request",
                "Look at your requests on the site.",
            )
        known = [row.id for row in before if client.may_be_same(row, draft)]
        await context.note(HANDING_OVER, {"known": known, "looks": 0, "sendings": sendings})
        context.progress(None, "handing over")
        try:
            number = await client.submit(draft, via_form=order.via_form)
        except RequestInDoubt as error:
            raise Later(LOOK_AGAIN_S, f"{error.why}; looking whether the site took it") from error
        if not order.via_form:  # the form says in no known way whether it was taken
            await context.note(TAKEN, {"number": number})
        row = await client.find_submitted(draft, frozenset(known), number)
        if row is None:
            raise Later(LOOK_AGAIN_S, "sent; the site's list does not show it yet")
        return row

    async def _look(
        self, client: "TelescopeOrg", draft: "Draft", context: RemoteContext
    ) -> "RequestRow | None":
        """What came of the last sending; None if it may be sent again."""
        facts = context.job.facts
        listed, number = facts.get("known"), facts.get("number")
        known = listed if isinstance(listed, list) else []
        row = await client.find_submitted(
            draft,
            frozenset(each for each in known if isinstance(each, int)),
            number if context.job.step == TAKEN and isinstance(number, int) else None,
        )
        if row is not None:
            return row
        looks = fact_number(facts, "looks") + 1
        await context.note(context.job.step, {"looks": looks})
        if looks < LOOKS:
            raise Later(LOOK_AGAIN_S, "the site's list does not show it; looking once more")
        if context.job.step == TAKEN:
            raise NotProved(
                f"{context.job.label} is not in the site's list",
                "the site took it, but shows no such request",
                "Look at your requests on the site before you ask again.",
            )
        return None


def _make(at_hand: Resources) -> Work[RemoteOrder, RemoteContext]:
    return RequestWork(at_hand.telescope_org, read_only=at_hand.settings.read_only)


REQUEST = register(
    RemoteKind(
        "remote-request",
        RemoteOrder,
        _make,
        subject=draft_of,
        doing="asking telescope.org for pictures",
        follower="remote-watch",
        changes_instrument=True,
        repeatable=True,
    )
)
