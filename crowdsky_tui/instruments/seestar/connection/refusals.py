"""The telescope's error codes as errors that say what to do (docs/design/seestar-protocol.md 8)."""

from crowdsky_tui.base.errors import (
    AlreadyStacking,
    BelowHorizon,
    CommandRefused,
    NoStars,
    OperationAborted,
    OperationFailed,
    OutOfLimit,
    ScopeMoving,
    SolveFailed,
)
from crowdsky_tui.instruments.seestar.control.state import text_of, whole_of

ABORTED = 253
BELOW_HORIZON = 270

_CHECK_ARM = "Check that the arm is open and free to move, then try again"
_KNOWN: dict[int, tuple[type[OperationFailed], str, str]] = {
    103: (OperationFailed, "its firmware does not know this", "Update the telescope's firmware"),
    203: (ScopeMoving, "its mount is moving already", "Wait until it rests, or stop it"),
    204: (OutOfLimit, "its mount cannot go there", "Choose a target elsewhere on the sky"),
    207: (OperationFailed, "its mount did not obey", _CHECK_ARM),
    251: (
        SolveFailed,
        "it could not find out where it points",
        "Look for clouds, dew and lost focus, then try again",
    ),
    ABORTED: (OperationAborted, "it was stopped", "Try again when nobody else uses it"),
    259: (AlreadyStacking, "it stacks already", "Leave it, or stop it first"),
    BELOW_HORIZON: (BelowHorizon, "the place is below its horizon", "Choose a target that is up"),
    279: (
        NoStars,
        "it saw no stars",
        "Go to a target first, and look for clouds and dew",
    ),
    315: (OperationFailed, "its mount does not answer", "Restart the telescope"),
    318: (OperationFailed, "a part of it does not answer", "Restart the telescope"),
    501: (OperationFailed, "its mount could not go there", _CHECK_ARM),
}


def failure(doing: str, code: int, text: str = "") -> OperationFailed:
    """The error for a code; `doing` is what was wanted, `text` the telescope's own words."""
    said = f"“{text}”, code {code}" if text else f"code {code}"
    if code in _KNOWN:
        kind, why, next_step = _KNOWN[code]
        return kind(f"{doing} failed", f"{why} ({said})", next_step, code=code)
    return OperationFailed(
        f"{doing} failed", f"the telescope said {said}", "Look at it, then try again", code=code
    )


def refusal(doing: str, error: CommandRefused) -> OperationFailed:
    """The error for a command that was refused."""
    return failure(doing, error.code, error.why.removesuffix(f" (code {error.code})"))


def ended(doing: str, fields: dict[str, object]) -> OperationFailed:
    """The error for an object or outer event with the state `fail` or `cancel`."""
    code = whole_of(fields, "code")
    return failure(doing, ABORTED if code is None else code, text_of(fields, "error"))
