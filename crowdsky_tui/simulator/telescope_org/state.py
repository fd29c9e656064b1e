"""What the stand-in of telescope.org knows: its account's requests, jobs, and what grows."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from crowdsky_tui.base.clock import Clock

SUBMITTED_WALK = ((0, 1), (60, 3), (600, 4), (900, 7), (1200, 8))
"""Seconds after a submission, and the state that the request has from then on."""
TELESCOPE_NAMES = {
    1: "Constellation",
    2: "Galaxy",
    3: "Cluster",
    5: "Planet",
    6: "COAST",
    7: "PIRATE",
}
FOLDERS = (
    (1, "0", "Inbox"),
    (2, "0", "Favourites"),
    (3, "0", "Archive"),
    (4, "0", "Trash"),
    (461, "1407254495", "Complete"),
)
STATES = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 21, 22, 23, 24, 25, 26)
BASE_S = 1_700_000_000


@dataclass
class Job:
    """A picture that was taken. `private` ones are not in the public search."""

    id: int
    object_type: str
    object_id: str
    exposure_ms: int
    filter: str
    telescope_type: str
    completed: datetime
    flat: int | None = 24
    success: bool = True
    private: bool = False
    blank: bool = False
    """The status cell ends in a blank."""


@dataclass
class Request:
    """What was asked for; `walk` since its submission where it grows by itself."""

    id: int
    object_name: str
    object_type: str
    object_id: str
    comment: str
    requested_s: int
    status: int
    telescope: int = 6
    filter: str = "BVR"
    exposure_ms: int = 30000
    job: int | None = None
    folder: int = 1
    dark_frame: bool = True
    submitted: datetime | None = None


@dataclass
class Builder:
    """The request constructor of one cookie, and the ticket chain of its old form."""

    draft: dict[str, object] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    ticket: int | None = None
    signed_in: bool = False


class Account:
    """One account: a name, a password, requests and jobs."""

    def __init__(self, clock: Clock, username: str, password: str) -> None:
        self.clock = clock
        self.username = username
        self.password = password
        self.requests: dict[int, Request] = {}
        self.jobs: dict[int, Job] = {}
        self.cookies: dict[str, Builder] = {}
        self._next_request = 800_000
        self._next_job = 450_000
        fill(self)

    def grow(self) -> None:
        """Bring every submitted request to where it is by now; a complete one has a job."""
        now = self.clock.now()
        for request in self.requests.values():
            if request.submitted is None:
                continue
            age = (now - request.submitted).total_seconds()
            request.status = max(
                (status for after, status in SUBMITTED_WALK if age >= after), default=1
            )
            if request.status == 8 and request.job is None:
                request.job = self._next_job
                self._next_job += 1
                self.jobs[request.job] = Job(
                    id=request.job,
                    object_type=request.object_type,
                    object_id=request.object_id,
                    exposure_ms=request.exposure_ms,
                    filter=request.filter,
                    telescope_type=TELESCOPE_NAMES.get(request.telescope, "undefined"),
                    completed=request.submitted + timedelta(seconds=SUBMITTED_WALK[-1][0]),
                )

    def submit(
        self,
        *,
        name: str,
        object_id: str,
        telescope: int,
        filter: str,
        exposure_ms: int,
        comment: str,
        dark_frame: bool,
    ) -> Request:
        """A new request, which walks by itself."""
        now = self.clock.now()
        request = Request(
            id=self._next_request,
            object_name=name,
            object_type="RADEC",
            object_id=object_id,
            comment=comment,
            requested_s=int(now.timestamp()),
            status=1,
            telescope=telescope,
            filter=filter,
            exposure_ms=exposure_ms,
            dark_frame=dark_frame,
            submitted=now,
        )
        self._next_request += 1
        self.requests[request.id] = request
        return request

    def requests_of(self, job: int) -> list[int]:
        """The requests that a job answers."""
        return [request.id for request in self.requests.values() if request.job == job]


def fill(account: Account) -> None:
    """250 requests in the inbox in all states, 13 in a folder of its owner's, over 60 jobs."""
    names = ("SS Cyg", "CH Cyg", "T CrB", "V1223 Sgr", "EQ Lyr", "IP Cyg", "V686 Cyg", "DX Vul")
    for index in range(263):
        status = 8 if index % 3 == 0 else STATES[index % len(STATES)]
        rid = 700_000 + 37 * index
        job = None
        if status == 8:
            job = 360_000 + 53 * index
            account.jobs[job] = _job(job, index)
        account.requests[rid] = Request(
            id=rid,
            object_name=names[index % len(names)],
            object_type="RADEC",
            object_id=f"{index % 24:02d}:42:42.80 +{index % 60:02d}:35:09.86",
            comment="AAVSO",
            requested_s=BASE_S + 3600 * index,
            status=status,
            telescope=7 if index % 11 == 0 else 6,
            filter="Green" if index % 11 == 0 else "BVR",
            job=job,
            folder=461 if index >= 250 else 1,
        )
    rows = list(account.requests.values())
    rows[3].object_type, rows[3].object_id, rows[3].object_name = "MESSIER", "109", "M 109"
    rows[6].object_name = "<b>SS&amp;Cyg</b>"
    rows[9].object_name = "T\x1b]0;CrB\x07 \x1b[31m"
    rows[12].job = rows[15].job  # two requests, one job
    jobs = list(account.jobs.values())
    jobs[1].flat = None
    jobs[2].private = True
    jobs[8].blank = True


def _job(number: int, index: int) -> Job:
    return Job(
        id=number,
        object_type="RADEC",
        object_id=f"{index % 24:02d}:42:42.80 +{index % 60:02d}:35:09.86",
        exposure_ms=120_000 if index % 2 else 30_000,
        filter="BVR",
        telescope_type="Galaxy" if index % 2 else "COAST",
        completed=datetime.fromtimestamp(BASE_S + 3600 * index + 86_400, tz=UTC),
        flat=24 + index % 9,
    )
