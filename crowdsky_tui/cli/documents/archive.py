"""Documents of `archive` and `remote`."""

from typing import Any, NotRequired, TypedDict

from crowdsky_tui.cli.archive_stacks import ArchiveLine
from crowdsky_tui.night.calls.remote_jobs import RemoteJobLine
from crowdsky_tui.services.telescope_org.records import Folder


class Frames(TypedDict):
    """Frames of the archive (`where` in words), and what could not be looked through."""

    frames: list[dict[str, Any]]
    remarks: list[str]


class Refused(TypedDict):
    """A file that was left out."""

    path: str
    why: str


class Indexed(TypedDict):
    """Frames that were noted."""

    dry_run: bool
    indexed: list[dict[str, Any]]
    unchanged: int
    refused: list[Refused]


class JobEnded(TypedDict):
    """How a job ended."""

    job: str
    state: str
    said: str


class Brought(TypedDict):
    """Frames brought to this machine, or with --dry-run the keys of those that would be."""

    would_fetch: NotRequired[list[str]]
    frames: NotRequired[list[dict[str, Any]]]
    note: NotRequired[str]
    jobs: NotRequired[list[JobEnded]]


class Removed(TypedDict):
    """Local copies: `why` says why one stays."""

    dry_run: bool
    frames: list[dict[str, Any]]


class Stacks(TypedDict):
    """Stacks that were fetched; what was chosen and done, by name."""

    action: str
    dry_run: bool
    stacks: list[ArchiveLine]
    chosen: list[str]
    done: list[str]


class Folders(TypedDict):
    """The account's folders."""

    folders: list[Folder]


class Requests(TypedDict):
    """Requests with their states."""

    requests: list[dict[str, Any]]


class JobOf(TypedDict):
    """The job of a request."""

    request: int
    job: int | None


class JobsOfRequests(TypedDict):
    """The jobs of requests."""

    jobs: list[JobOf]


class JobsFound(TypedDict):
    """Jobs of an object; `cut`: there are more than the site tells."""

    jobs: list[int]
    cut: bool


class Imported(TypedDict):
    """Pictures taken over from another cache."""

    imported: Any
    refused: list[Refused]


class Outcome(TypedDict):
    """What became of one that was asked for."""

    asked: str
    job: NotRequired[int | None]
    path: NotRequired[str]
    bytes: NotRequired[int]
    not_ready: NotRequired[str]
    error: NotRequired[str]
    waiting: NotRequired[str]


class Fetched(TypedDict):
    """What became of each, or with --dry-run what would be fetched."""

    fetched: NotRequired[list[Outcome]]
    would_fetch: NotRequired[list[dict[str, Any]]]


class Submitted(TypedDict):
    """A request, or with --dry-run what would be sent."""

    would_send: NotRequired[Any]
    request: NotRequired[int | None]
    proved: NotRequired[bool]
    status: NotRequired[str]
    why: NotRequired[str]


class Jobs(TypedDict):
    """Our own jobs with telescope.org."""

    jobs: list[RemoteJobLine]
    dry_run: NotRequired[bool]


class Cleared(TypedDict):
    """How many failed jobs were cleared; with --dry-run which."""

    cleared: NotRequired[int]
    dry_run: NotRequired[bool]
    jobs: NotRequired[list[RemoteJobLine]]
