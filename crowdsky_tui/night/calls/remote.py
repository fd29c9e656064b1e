"""Calls about telescope.org: the account's requests by folder, asking for one, fetching one."""

from typing import TYPE_CHECKING, ClassVar

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.jobs.remote_order import RemoteOrder
from crowdsky_tui.jobs.scopes import refuse_kind
from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.night.remote_visibility import check_visible
from crowdsky_tui.services.telescope_org.codes import telescope_filter
from crowdsky_tui.services.telescope_org.draft import Draft, check, warnings
from crowdsky_tui.services.telescope_org.records import Folder, Form, RequestRow

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

ALL_FILTERS = ("B", "V", "R")
CANCEL_THERE = "telescope.org lets nobody cancel from here: do it on the site"


class RemoteRequests(msgspec.Struct, frozen=True):
    """The folders of an account, and the requests of one of them."""

    folders: tuple[Folder, ...]
    folder: int
    requests: tuple[RequestRow, ...]


class ListRemote(Call[RemoteRequests], frozen=True):
    """The requests of a folder (the inbox is 1). Asks the site, which takes seconds."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    folder: int = 1

    async def run(self, night: "NightParts") -> RemoteRequests:
        client = await night.telescope_org()
        folders = await client.folders()
        rows = await client.requests(self.folder)
        return RemoteRequests(tuple(folders), self.folder, tuple(rows))


class AskRemotely(Call[tuple[str, ...]], frozen=True):
    """Ask telescope.org for pictures of a target in some filters; each becomes a job.

    Each is checked before: name, place, telescope, filter, exposure. With `dry_run` nothing is
    asked for: it is said what would be. With `fetch` the picture is fetched once it is there.
    """

    target: str
    telescope: str = "COAST"
    filters: tuple[str, ...] = ("BVR",)
    exposure_s: float = 90.0
    comment: str = ""
    fetch: bool = True
    dry_run: bool = False

    async def run(self, night: "NightParts") -> tuple[str, ...]:
        refuse_kind("remote-request", read_only=night.settings.read_only and not self.dry_run)
        if not self.filters:
            raise UsageError("no filter was named", f"such as BVR, or {', '.join(ALL_FILTERS)}")
        found = await night.science.find_target(self.target, night.clock.now())
        said: list[str] = []
        orders: list[RemoteOrder] = []
        for name in dict.fromkeys(self.filters):
            draft = Draft(
                name=found.name,
                position=found.j2000,
                exposure_s=self.exposure_s,
                telescope=self.telescope.strip().upper(),
                filter=name,
                comment=self.comment,
            )
            check(draft)
            if not orders:
                check_visible(draft, night.clock.now())
            orders.append(RemoteOrder(target=found.name, draft=draft))
            said.append(
                f"{draft.telescope} {telescope_filter(draft.telescope, name)},"
                f" {draft.exposure_s:g} s of {clean(found.name, 40)} at {found.j2000}"
            )
            said += [f"Mind: {warning}" for warning in warnings(draft)]
        if not self.dry_run:
            goal = "remote-fetch" if self.fetch else "remote-request"
            for order in orders:
                await night.queue.add("remote-request", goal, order)
            night.views.stale = True
        return tuple(said)


class FetchRemote(Call[str], frozen=True):
    """Fetch the pictures of these requests, now or as soon as there are any."""

    requests: tuple[int, ...]
    form: Form = Form.CUBE

    async def run(self, night: "NightParts") -> str:
        if not self.requests:
            raise UsageError("no request was chosen")
        for request in self.requests:
            order = RemoteOrder(request=request, form=self.form)
            await night.queue.add("remote-watch", "remote-fetch", order)
        night.views.stale = True
        return f"{len(self.requests)} on their way (job log)"


class ShowRequest(Call[tuple[tuple[str, str], ...]], frozen=True):
    """What the page of a request says, as names and values."""

    changes: ClassVar[bool] = False
    patience_s: ClassVar[float] = SLOW_S
    request: int

    async def run(self, night: "NightParts") -> tuple[tuple[str, str], ...]:
        try:
            page = await (await night.telescope_org()).request(self.request)
        except CrowdSkyError as error:
            return (("request", f"R{self.request}"), ("not read", str(error)))
        told = msgspec.to_builtins(page)
        told["request_ids"] = f"R{self.request}"
        return tuple(
            (name.replace("_", " "), clean(value, 200))
            for name, value in told.items()
            if value not in (None, "")
        )
