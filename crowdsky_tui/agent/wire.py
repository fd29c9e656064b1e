"""What agent and app say to each other: JSON lines of typed records, on a socket of the user's own.

The agent begins with `Hello` and sends `Changed` whenever its store moved; the app sends one of
the requests and gets an `Answer` with the same id.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from crowdsky_tui.night import Asked, PlanLine
from crowdsky_tui.store import BlockView, JobView, LogLine, ScopeView, ServerView, TargetView

LONGEST_LINE = 64 * 1024 * 1024
TargetKey = tuple[str, str]


class Hello(msgspec.Struct, frozen=True, tag=True):
    """The agent's first line: its version and its clock (`origin` None: the real one)."""

    version: str
    speed: float
    origin: datetime | None = None
    since: datetime | None = None


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
    failure: Failure | None = None


class StackRequest(msgspec.Struct, frozen=True, tag=True):
    id: int
    targets: tuple[TargetKey, ...] | None = None
    blocks: tuple[BlockView, ...] | None = None


class UploadRequest(msgspec.Struct, frozen=True, tag=True):
    id: int
    targets: tuple[TargetKey, ...] | None = None


class PlanRequest(msgspec.Struct, frozen=True, tag=True):
    id: int
    targets: tuple[TargetKey, ...] | None = None


class CancelRequest(msgspec.Struct, frozen=True, tag=True):
    id: int
    job_id: int


class RefreshRequest(msgspec.Struct, frozen=True, tag=True):
    id: int
    scope: str | None = None


Request = StackRequest | UploadRequest | PlanRequest | CancelRequest | RefreshRequest
Event = Hello | Changed | Answer


def socket_path(state_dir: Path) -> Path:
    """Where the agent of this journal listens."""
    return state_dir / "agent.sock"


def line_of(message: Request | Event) -> bytes:
    return msgspec.json.encode(message) + b"\n"
