"""What agent and app say to each other: JSON lines of typed records, on a socket of the user's own.

The agent begins with `Hello` and sends `Changed` whenever its store moved; the app sends `Ask`
with a call, and gets an `Answer` with the same id.
"""

from datetime import datetime
from pathlib import Path

import msgspec

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.sky.sky_night import SkyNight
from crowdsky_tui.store.store import (
    BlockView,
    ConditionsView,
    JobView,
    LogLine,
    ScopeView,
    ServerView,
    TargetView,
)

LONGEST_LINE = 64 * 1024 * 1024


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
    conditions: ConditionsView | None = None


class Failure(msgspec.Struct, frozen=True):
    """A call's error, as the error tree would say it."""

    what: str
    why: str = ""
    next_step: str = ""
    exit_code: ExitCode = ExitCode.SOME_FAILED


class Ask(msgspec.Struct, frozen=True, tag=True):
    """A call (`night.calls`) of an app's."""

    id: int
    call: msgspec.Raw


class Answer(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """What came of the call with this id: its result, or a failure."""

    id: int
    result: msgspec.Raw = msgspec.Raw(b"null")
    failure: Failure | None = None


Event = Hello | Changed | Answer


def socket_path(state_dir: Path) -> Path:
    """Where the agent of this journal listens."""
    return state_dir / "agent.sock"


def line_of(message: Ask | Event) -> bytes:
    """A message as it is sent: JSON and a line's end."""
    return msgspec.json.encode(message) + b"\n"
