"""What agent and app say to each other: JSON lines of typed records, on a socket of the user's own.

The agent begins with `Hello` and sends `Changed` whenever its store moved; the app sends one of
the requests and gets an `Answer` with the same id.
"""

from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.night.calls import Errand
from crowdsky_tui.night.night import Asked, PlanLine
from crowdsky_tui.night.telescope_session import Reading, SessionPlan
from crowdsky_tui.review.desk import BlockKey, ReviewItem, Step
from crowdsky_tui.sky.coordinates import SkyNight
from crowdsky_tui.store.store import BlockView, JobView, LogLine, ScopeView, ServerView, TargetView

LONGEST_LINE = 64 * 1024 * 1024
TargetKey = tuple[str, str]
ScopeVerb = Literal["read", "plan", "do"]
ReviewVerb = Literal["items", "measure", "preview", "mark", "send_kept", "fetch", "steps"]


class Hello(msgspec.Struct, frozen=True, tag=True):
    """The first line: the version and the clock (`origin` None: the real one).

    With `holder` it may only be looked at: somebody else is at work, and this says who.
    """

    version: str
    speed: float
    origin: datetime | None = None
    since: datetime | None = None
    holder: str = ""


class TargetChange(msgspec.Struct, frozen=True):
    """One target and its blocks; `view` None says that it is gone."""

    key: TargetKey
    view: TargetView | None
    blocks: tuple[BlockView, ...] = ()


class Changed(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """What moved in the agent's store since the last such line; None where nothing did.

    `jobs` is the whole list, `log` only the new lines.
    """

    scopes: tuple[ScopeView, ...] | None = None
    targets: tuple[TargetChange, ...] | None = None
    jobs: tuple[JobView, ...] | None = None
    log: tuple[LogLine, ...] | None = None
    server: ServerView | None = None
    automatic: str | None = None
    sky: SkyNight | None = None


class Failure(msgspec.Struct, frozen=True):
    """A request's error, as the error tree would say it."""

    what: str
    why: str = ""
    next_step: str = ""


class Answer(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """What came of a request: one of the fields."""

    id: int
    asked: Asked | None = None
    plan: tuple[PlanLine, ...] | None = None
    text: str | None = None
    reading: Reading | None = None
    session_plan: SessionPlan | None = None
    stacks: tuple[ReviewItem, ...] | None = None
    preview: Preview | None = None
    steps: tuple[Step, ...] | None = None
    result: msgspec.Raw = msgspec.Raw(b"null")
    failure: Failure | None = None


class StackRequest(msgspec.Struct, frozen=True, tag=True):
    id: int
    targets: tuple[TargetKey, ...] | None = None
    blocks: tuple[BlockView, ...] | None = None
    insist: bool = False
    again: bool = False


class UploadRequest(msgspec.Struct, frozen=True, tag=True):
    id: int
    targets: tuple[TargetKey, ...] | None = None


class PlanRequest(msgspec.Struct, frozen=True, tag=True):
    id: int
    targets: tuple[TargetKey, ...] | None = None


class CancelRequest(msgspec.Struct, frozen=True, tag=True):
    id: int
    job_id: int


class ScopeRequest(msgspec.Struct, frozen=True, tag=True):
    """One call of `Sessions`, named by `verb`."""

    id: int
    verb: ScopeVerb
    scope: str
    action: str = ""
    text: str = ""


class ErrandRequest(msgspec.Struct, frozen=True, tag=True):
    """One of the errands; its result comes back as JSON in the answer."""

    id: int
    errand: Errand


class ReviewRequest(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """One call of the review desk, named by `verb`, with as many of its parameters as it has."""

    id: int
    verb: ReviewVerb
    stack_id: str = ""
    mark: Mark = Mark.NONE
    block: BlockKey | None = None
    width: int = 0
    height: int = 0
    stretch: int = 1
    zoom: int = 1


class AutomaticRequest(msgspec.Struct, frozen=True, tag=True):
    """Turn the automatic night on or off; `on` None asks for the morning report."""

    id: int
    on: bool | None = None


class RefreshRequest(msgspec.Struct, frozen=True, tag=True):
    id: int
    scope: str | None = None


Request = (
    StackRequest
    | AutomaticRequest
    | UploadRequest
    | PlanRequest
    | CancelRequest
    | ScopeRequest
    | ErrandRequest
    | ReviewRequest
    | RefreshRequest
)
Event = Hello | Changed | Answer


def socket_path(state_dir: Path) -> Path:
    """Where the agent of this journal listens."""
    return state_dir / "agent.sock"


def line_of(message: Request | Event) -> bytes:
    return msgspec.json.encode(message) + b"\n"
