"""What front ends look at: plain records by topic, each topic with a revision.

Services and jobs write here, on the event loop. A front end remembers the revisions it has painted,
looks a few times a second, and repaints only what moved. All text in these records is clean.
"""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.sky.sky_night import SkyNight

LOG_LINES = 2000


class Topic(StrEnum):
    """What of the store may have changed."""

    SCOPES = "scopes"
    TARGETS = "targets"
    BLOCKS = "blocks"
    JOBS = "jobs"
    LOG = "log"
    SERVER = "server"
    AUTOMATIC = "automatic"
    SKY = "sky"
    CONDITIONS = "conditions"


class ScopeState(StrEnum):
    """How far we get with a telescope.

    REACHABLE is connected and not yet known; BUSY answers, but another app's stack runs on it;
    STALLED is connected and does not answer.
    """

    OFF = "off"
    CONNECTING = "connecting"
    REACHABLE = "reachable"
    LOGIN_NEEDED = "login needed"
    LOGIN_REFUSED = "login refused"
    READY = "ready"
    BUSY = "busy"
    STALLED = "stalled"

    @property
    def usable(self) -> bool:
        """Whether it answers commands."""
        return self in (ScopeState.READY, ScopeState.BUSY)


class BlockState(StrEnum):
    """How far a block is on its way to the server."""

    RECORDING = "recording"
    SHORT = "short"
    UNCLEAR = "unclear"
    READY = "ready"
    WAITING = "waiting"
    STACKING = "stacking"
    STACKED = "stacked"
    FETCHED = "fetched"
    HELD = "held"
    REJECTED = "rejected"
    SAME = "same file"
    SENDING = "sending"
    SENT = "sent"
    CONFIRMED = "confirmed"
    FAILED = "failed"


class ServerState(StrEnum):
    """What the server last answered."""

    UNKNOWN = "not asked yet"
    NO_ACCOUNT = "no account"
    OK = "ok"
    REFUSED = "login refused"
    DOWN = "not reachable"


class JobState(StrEnum):
    """A job's life; `jobs.journal.TRANSITIONS` says what may follow what."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    PROVED = "proved"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Severity(StrEnum):
    """How much a line of the log matters."""

    INFO = "info"
    GOOD = "good"
    WARNING = "warning"
    ERROR = "error"


class ScopeView(msgspec.Struct, frozen=True):
    """One telescope's line. `name` is unique among scopes and stays; `serial` once it is known.

    `nights_left` says for how many nights there is room at last week's rate. `doing` is the user's
    action on it that is under way, `done` how the last one ended.
    """

    name: str
    serial: str = ""
    model: str = ""
    host: str = ""
    state: ScopeState = ScopeState.OFF
    reason: str = ""
    activity: str = ""
    firmware: str = ""
    battery_percent: int | None = None
    charging: bool | None = None
    temperature_c: float | None = None
    free_gb: float | None = None
    nights_left: float | None = None
    zone: str = ""
    observing: bool | None = None
    doing: str = ""
    done: str = ""


class TargetView(msgspec.Struct, frozen=True, gc=False):
    """One target on one scope. Counts: files as documented, blocks by state.

    `target` is its name as it is shown, `key` what names it in requests.
    `coverage` says when anybody last observed its tile, "" while that is not known, and
    `coverage_days` how many days ago that was, None for never. `note` says what in its folders is
    left out, and why; a folder that is left out as a whole has nothing else.
    """

    key: TargetKey
    target: str
    raw_files: int = 0
    stacked_files: int = 0
    ready: int = 0
    stacked: int = 0
    confirmed: int = 0
    busy: int = 0
    failed: int = 0
    last_frame: datetime | None = None
    coverage: str = ""
    coverage_days: int | None = None
    note: str = ""


class BlockView(msgspec.Struct, frozen=True, gc=False):
    """One block of a target, with how far it is and, where it is not done, why.

    `target` is its target's name as it is shown, `key` what names it in requests. `block_start` and
    `block_end` are aware, on the scope's clock. `stack_name` is the finished
    stack's file name, `chunk_key` the server's or the file's key, None before there is one.
    `late` counts the sub-frames that came after stacking.
    """

    key: BlockKey
    target: str
    block_start: datetime
    block_end: datetime
    frame_count: int
    effective_s: float
    state: BlockState
    reason: str = ""
    progress: float | None = None
    stack_name: str | None = None
    chunk_key: str | None = None
    late: int = 0


class JobView(msgspec.Struct, frozen=True, gc=False):
    """One job that is not over yet. `progress` is 0 to 1, None where it cannot be known.

    `harmless`: it may be taken back while it waits for another try. `told_by_block`: its block's
    state tells of it.
    """

    id: int
    kind: str
    scope: str
    target: str
    label: str
    state: JobState
    asked_at: datetime
    progress: float | None = None
    detail: str = ""
    reason: str = ""
    filter: str = ""
    harmless: bool = False
    told_by_block: bool = False


class LogLine(msgspec.Struct, frozen=True, gc=False):
    """One event of the night; `at` is aware UTC."""

    at: datetime
    severity: Severity
    text: str


class StackRow(msgspec.Struct, frozen=True, gc=False):
    """One stack on the server, as its list shows it (times aware UTC, exposures in seconds).

    `local` says that its file is on this machine too. With `queued_since` it was sent then and the
    server does not list it yet; `note` says what is odd about that, if anything is.
    """

    id: int | None
    chunk_key: str
    object_name: str
    telescope: str
    filter: str
    n_frames: int | None = None
    total_exptime: float | None = None
    date_obs_start: datetime | None = None
    date_obs_end: datetime | None = None
    file_size: int | None = None
    created_at: datetime | None = None
    local: bool = False
    n_stars: int | None = None
    queued_since: datetime | None = None
    note: str = ""


class ServerView(msgspec.Struct, frozen=True):
    """The server pane: who we are there, how it is, its list, and what it has yet to list."""

    state: ServerState = ServerState.UNKNOWN
    username: str = ""
    reason: str = ""
    listed_at: datetime | None = None
    stacks: tuple[StackRow, ...] = ()
    queued: tuple[StackRow, ...] = ()
    in_flight: int = 0


class SensorView(msgspec.Struct, frozen=True):
    """One sensor: its last reading in words, when that was measured, why nothing comes now."""

    name: str
    kind: str
    text: str = ""
    measured_at: datetime | None = None
    trouble: str = ""
    for_safety: bool = False


class ConditionsView(msgspec.Struct, frozen=True):
    """Whether it is safe to observe: "no sensor", "safe" or "unsafe"; the reasons in words.

    `left_alone` are telescopes that go on although it is not safe, and who drives them;
    `unproved` those that were told to stop or park again and again, and have not proved it.
    """

    safety: str = "no sensor"
    text: str = "no sensor"
    reasons: tuple[str, ...] = ()
    sensors: tuple[SensorView, ...] = ()
    left_alone: tuple[str, ...] = ()
    unproved: tuple[str, ...] = ()


class Store:
    """The state of the night. Read freely; write through the methods, which count revisions."""

    def __init__(self) -> None:
        self.revisions: dict[Topic, int] = dict.fromkeys(Topic, 0)
        self.scopes: dict[str, ScopeView] = {}
        self.targets: dict[TargetKey, TargetView] = {}
        self.blocks: dict[TargetKey, tuple[BlockView, ...]] = {}
        self.jobs: dict[int, JobView] = {}
        self.log: deque[LogLine] = deque(maxlen=LOG_LINES)
        self.lines_logged = 0
        self.server = ServerView()
        self.automatic = "off"
        self.sky: SkyNight | None = None
        self.conditions = ConditionsView()
        self.on_log: Callable[[LogLine], None] = lambda line: None

    def touch(self, topic: Topic) -> None:
        """Say that something of this topic changed."""
        self.revisions[topic] += 1

    def set_scope(self, view: ScopeView) -> None:
        """Show a telescope as it is now."""
        if self.scopes.get(view.name) != view:
            self.scopes[view.name] = view
            self.touch(Topic.SCOPES)

    def set_target(self, view: TargetView, blocks: Iterable[BlockView]) -> None:
        """Replace one target and its blocks."""
        key = view.key
        fresh = tuple(blocks)
        if self.targets.get(key) != view:
            self.targets[key] = view
            self.touch(Topic.TARGETS)
        if self.blocks.get(key) != fresh:
            self.blocks[key] = fresh
            self.touch(Topic.BLOCKS)

    def drop_target(self, key: TargetKey) -> None:
        """Show a target, and its blocks, no more."""
        if self.targets.pop(key, None):
            self.blocks.pop(key, None)
            self.touch(Topic.TARGETS)
            self.touch(Topic.BLOCKS)

    def set_job(self, view: JobView) -> None:
        """Show a job as it is now."""
        if self.jobs.get(view.id) != view:
            self.jobs[view.id] = view
            self.touch(Topic.JOBS)

    def drop_job(self, job_id: int) -> None:
        """Show a job no more."""
        if self.jobs.pop(job_id, None):
            self.touch(Topic.JOBS)

    def set_server(self, view: ServerView) -> None:
        """Show the server as it is now."""
        if self.server != view:
            self.server = view
            self.touch(Topic.SERVER)

    def set_automatic(self, words: str) -> None:
        """How the automatic night is: "off", "on", or what it waits for."""
        if self.automatic != words:
            self.automatic = words
            self.touch(Topic.AUTOMATIC)

    def set_sky(self, night: SkyNight) -> None:
        """The Sun's and the Moon's times of the present night."""
        if self.sky != night:
            self.sky = night
            self.touch(Topic.SKY)

    def set_conditions(self, view: ConditionsView) -> None:
        """What the sensors say, and whether it is safe to observe."""
        if self.conditions != view:
            self.conditions = view
            self.touch(Topic.CONDITIONS)

    def add_log(self, line: LogLine) -> None:
        """Add a line; the oldest go when there are too many."""
        self.log.append(line)
        self.lines_logged += 1
        self.on_log(line)
        self.touch(Topic.LOG)
