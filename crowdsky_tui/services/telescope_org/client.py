"""telescope.org's robotic telescopes: folders, requests, jobs, public nights, pictures, asking.

Each method answers one of the documented class (docs/design/telescope-org.md 2), with typed
records and errors instead of dictionaries and None.
"""

import asyncio
from datetime import UTC, date, datetime, timedelta

from crowdsky_tui.base.errors import (
    AuthRefused,
    CrowdSkyError,
    NetworkDown,
    ProtocolError,
    ServerError,
    UsageError,
)
from crowdsky_tui.base.text import clean
from crowdsky_tui.services.telescope_org import codes, pages
from crowdsky_tui.services.telescope_org.cache import CachedAs
from crowdsky_tui.services.telescope_org.download import Downloads, Kept, Progress
from crowdsky_tui.services.telescope_org.draft import Draft, api_fields, check, form_steps
from crowdsky_tui.services.telescope_org.errors import RequestInDoubt
from crowdsky_tui.services.telescope_org.place_text import read_object_id
from crowdsky_tui.services.telescope_org.records import (
    Details,
    Folder,
    Form,
    RequestRow,
    Search,
    Weather,
)
from crowdsky_tui.services.telescope_org.requests import (
    SORTS,
    number,
    read_folders,
    read_requests,
)
from crowdsky_tui.services.telescope_org.session import Session
from crowdsky_tui.sky.coordinates import separation_deg

INBOX = 1
ROWS_A_PAGE = 100
SAME_PLACE_DEG = 30 / 3600
QUEUE = 10
_MANAGER, _CONSTRUCTOR = "request-manager", "request-constructor"
_DETAILS_PATH = "/v4request-view.php"

MOST_READINGS = 3
"""So often a list is read that changes while it is read."""


class TelescopeOrg:
    """One account. Signs in when first needed; `downloads` fetches the pictures.

    `queue` is how many requests the account may have waiting: 10, or 40 for the larger one.
    """

    def __init__(
        self,
        session: Session,
        downloads: Downloads,
        *,
        queue: int = QUEUE,
    ) -> None:
        self.session = session
        self.downloads = downloads
        self._queue = queue
        self._building = asyncio.Lock()

    @property
    def queue(self) -> int:
        """How many requests the account may have waiting."""
        return self._queue

    async def close(self) -> None:
        """Close the connection; the site is not told."""
        await self.session.close()

    async def login(self) -> list[Folder]:
        """Prove the login with one harmless call. Raises AuthRefused."""
        return await self.folders()

    async def logout(self) -> None:
        """Sign out. The session is forgotten even if that fails."""
        await self.session.sign_out()

    # --- looking ---------------------------------------------------------------------------------

    async def folders(self) -> list[Folder]:
        """The folders of requests."""
        _, data = await self.session.json("The folders were not read", _MANAGER, "0-get-my-folders")
        return read_folders(data)

    async def requests(self, folder: int = INBOX, sort: str = "rid") -> list[RequestRow]:
        """Every request of a folder, each once, though some arrive while it is read.

        Parameters
        ----------
        folder : int
            A folder's id; 1 is the inbox.
        sort : str
            "rid", "object" or "completion"; UsageError for another.
        """
        if sort not in SORTS:
            raise UsageError(
                f"Requests cannot be sorted by {clean(sort, 40)!r}",
                next_step=f"Use one of {', '.join(SORTS)}.",
            )
        seen: dict[int, RequestRow] = {}
        for _ in range(MOST_READINGS):
            rows, steady = await self._all_requests(folder, sort)
            if steady:
                return list(rows.values())
            seen = rows | {key: row for key, row in seen.items() if key not in rows}
        return list(seen.values())

    async def _all_requests(self, folder: int, sort: str) -> tuple[dict[int, RequestRow], bool]:
        """The requests of a folder to its end, and whether their count stayed the same."""
        rows: dict[int, RequestRow] = {}
        first_total, steady = None, True
        offset = 0
        while True:
            params = {"limit": ROWS_A_PAGE, "sort": sort, "folderid": folder}
            if offset:
                params["startAfterRow"] = offset
            _, data = await self.session.json(
                "The requests were not read", _MANAGER, "1-get-list-own", params
            )
            total, page = read_requests(data)
            if first_total is None:
                first_total = total
            new = {row.id: row for row in page if row.id not in rows}
            rows |= new
            offset += ROWS_A_PAGE
            steady = steady and total == first_total
            if not page or offset >= total or not (new or not steady):
                return rows, steady

    async def request(self, rid: int) -> Details:
        """What the page of a request says."""
        return await self._details({"rid": str(rid)})

    async def job(self, jid: int) -> Details:
        """What the page of a job says."""
        return await self._details({"jid": str(jid)})

    async def _details(self, query: dict[str, str]) -> Details:
        page = await self.session.page("The details were not read", _DETAILS_PATH, {}, query=query)
        return await asyncio.to_thread(pages.read_details, page)

    async def job_of_request(self, rid: int) -> int | None:
        """The job that answered a request, None while there is none."""
        page = await self.session.page(
            "The details were not read", _DETAILS_PATH, {}, query={"rid": str(rid)}
        )
        return await asyncio.to_thread(pages.read_job_of_request, page)

    async def jobs_of_object(self, name: str, folder: int = INBOX) -> dict[int, int]:
        """Jobs of all complete requests of exactly this name, by request, newest first."""
        rows = [row for row in await self.requests(folder) if row.object_name == name]
        rows = [row for row in rows if row.status == codes.COMPLETE]
        rows.sort(key=lambda row: (row.requested or datetime.min.replace(tzinfo=UTC), row.id))
        found = {}
        for row in reversed(rows):
            job = await self.job_of_request(row.id)
            if job is not None:
                found[row.id] = job
        return found

    async def night(
        self, night: date, *, days: int = 1, camera: str = "", filter: str = "", at: int = 16
    ) -> Search:
        """Successful public jobs completed from `night` on, `at` o'clock, for so many days.

        The site does not say in which zone it reads the hours; its other pages say UTC. Raises
        UsageError for an unknown camera.
        """
        begin, end = night, night + timedelta(days=days)
        fields = [("sort1", "completetime"), ("sort1order", "desc")]
        for key, day in (("searchearliestcom[]", begin), ("searchlatestcom[]", end)):
            fields += [(key, str(part)) for part in (day.day, day.month, day.year, at, 0)]
        fields += [
            ("searchstatus[]", "1"),
            ("resultsperpage", str(pages.MOST_RESULTS)),
            ("searchfilter", filter),
            ("searchtelescope", str(codes.telescope_number(camera)) if camera else ""),
            ("submit", "Go"),
        ]
        page = await self.session.page(
            "The public jobs were not read", "/v3job-search-query.php", fields, public=True
        )
        return await asyncio.to_thread(pages.read_search, page)

    async def weather(self) -> Weather:
        """The weather at Teide; a line to read, never a reason for safety here."""
        page = await self.session.page(
            "The weather was not read", "/weather.php", None, public=True
        )
        return await asyncio.to_thread(pages.read_weather, page)

    # --- pictures --------------------------------------------------------------------------------

    async def fetch(
        self,
        jid: int,
        form: Form = Form.CUBE,
        flat: int | None = None,
        progress: Progress | None = None,
        *,
        again: bool = False,
    ) -> Kept:
        """The picture of a job, from the cache or the site (`Downloads.fetch`)."""
        return await self.downloads.fetch(CachedAs(jid, form, flat), progress, again=again)

    # --- asking for one --------------------------------------------------------------------------

    async def pending(self) -> list[RequestRow]:
        """The requests of the inbox that may still be carried out; parked ones are among them."""
        return [row for row in await self.requests() if row.pending]

    async def check(self, draft: Draft) -> list[RequestRow]:
        """Whether a draft may be sent; all requests of the inbox as they were before it.

        Raises UsageError for a draft that is never sent, for a duplicate within 30″ with the same
        telescope and filter, and where the account's queue is full.
        """
        check(draft)
        rows = await self.requests()
        pending = [row for row in rows if row.pending]
        if len(pending) >= self._queue:
            raise UsageError(
                f"{clean(draft.name, 40)!r} was not asked for",
                f"{len(pending)} requests wait, and the account's queue takes {self._queue}",
                "Wait until some are done, or raise remote.queue if the account takes more.",
            )
        for row in pending:
            if self.may_be_same(row, draft) and await self._is_same(row, draft):
                raise UsageError(
                    f"{clean(draft.name, 40)!r} was not asked for",
                    f"request {row.id} ({row.word}) asks for the same",
                    "Wait for it, or choose another filter or telescope.",
                )
        return rows

    def may_be_same(self, row: RequestRow, draft: Draft) -> bool:
        """Whether a request is of the draft's place, or of its name where it tells no place."""
        there = read_object_id(row.object_id)
        if there is None:
            return row.object_name.casefold() == draft.name.strip().casefold()
        here = draft.position
        apart = separation_deg(
            here.ra_deg_j2000, here.dec_deg_j2000, there.ra_deg_j2000, there.dec_deg_j2000
        )
        return apart <= SAME_PLACE_DEG

    async def _is_same(self, row: RequestRow, draft: Draft) -> bool:
        """Whether telescope and filter too are the same; what its page leaves open counts as so."""
        there = await self.request(row.id)
        telescope = (there.telescope or draft.telescope).casefold()
        filters = {
            codes.plain_filter(name) for name in (there.filter or draft.filter, draft.filter)
        }
        return telescope == draft.telescope.strip().casefold() and len(filters) == 1

    async def submit(self, draft: Draft, *, via_form: bool = False) -> int | None:
        """Ask for a picture; the number that the site gave the request, None if it gave none.

        `check` comes before it. Raises RequestInDoubt where no answer came after the submission:
        look with `find_submitted` before any second try. Other errors mean that nothing was sent.
        """
        check(draft)
        async with self._building:
            if via_form:
                await self._submit_form(draft)
                return None
            return await self._submit_api(draft)

    async def _submit_api(self, draft: Draft) -> int | None:
        what = f"{clean(draft.name, 40)!r} was not asked for"
        await self.session.json(what, _CONSTRUCTOR, "0-rb-clear")
        await self.session.json(what, _CONSTRUCTOR, "0-rb-set", api_fields(draft), may_repeat=False)
        try:
            _, data = await self.session.json(
                what, _CONSTRUCTOR, "0-rb-submit", may_repeat=False, once=True
            )
        except (NetworkDown, ProtocolError, AuthRefused) as error:
            raise _in_doubt(draft, error) from error
        except ServerError as error:
            if error.status is not None and error.status >= 500:
                raise _in_doubt(draft, error) from error
            raise
        return number(data.get("id")) if isinstance(data, dict) else None

    async def _submit_form(self, draft: Draft) -> None:
        what = f"{clean(draft.name, 40)!r} was not asked for"
        path = "/request-constructor.php"
        page = await self.session.page(what, path, None, query={"action": "new"})
        steps = form_steps(draft)
        for step in steps[:-1]:
            ticket = await asyncio.to_thread(pages.read_ticket, page)
            page = await self.session.page(what, path, {"ticket": ticket, **step})
        last = {"ticket": await asyncio.to_thread(pages.read_ticket, page), **steps[-1]}
        try:
            await self.session.page(what, path, last, once=True)
        except CrowdSkyError as error:
            raise _in_doubt(draft, error) from error

    async def find_submitted(
        self, draft: Draft, known: frozenset[int], rid: int | None = None
    ) -> RequestRow | None:
        """The request that came of a submission: of its name and place, by its number if it has it.

        `known` are the requests of this place that were there before. Where none has the number
        `rid` (nobody knows what the site's number names), or there is no number, the telescope and
        the filter have to be the draft's. None if the list shows no such one.
        """
        new = [
            row
            for row in await self.requests()
            if row.id not in known
            and row.object_name == draft.name.strip()
            and self.may_be_same(row, draft)
        ]
        for row in sorted(new, key=lambda row: (row.id != rid, row.id)):
            if row.id == rid or await self._is_same(row, draft):
                return row
        return None


def _in_doubt(draft: Draft, error: CrowdSkyError) -> RequestInDoubt:
    return RequestInDoubt(
        f"{clean(draft.name, 40)!r} may or may not have been asked for",
        error.why or error.what,
        "It is not sent again before the list of requests has told.",
    )
