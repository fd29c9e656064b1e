"""Why a block is not proved: everything known about it, in words, and the key that changes it.

Pure functions, without Textual: they make the entries of a dialog.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo

from crowdsky_tui.review.stack_review import Step
from crowdsky_tui.store.store import BlockState, BlockView, ScopeView, ServerState, ServerView

Entry = tuple[str, str, str]
_REMEDY: dict[BlockState, tuple[str, str]] = {
    BlockState.READY: ("stack", "stacks it"),
    BlockState.FAILED: ("stack", "tries it again (where its stack exists, {upload})"),
    BlockState.WAITING: ("cancel", "cancels its job, in the job log"),
    BlockState.STACKING: ("cancel", "cancels it, in the job log; else wait"),
    BlockState.STACKED: ("upload", "fetches and sends it"),
    BlockState.FETCHED: ("upload", "sends it"),
    BlockState.HELD: ("review", "opens the review: keep it there, then send"),
    BlockState.REJECTED: ("review", "opens the review: undo or keep it there"),
    BlockState.SENDING: ("cancel", "cancels it, in the job log; else wait"),
    BlockState.SENT: ("refresh", "asks the server for its list again"),
}
_NO_KEY = {
    BlockState.RECORDING: "nothing: it is complete when its time is over",
    BlockState.SHORT: "no key: a smaller stacking.min_exptime in the settings would allow it",
    BlockState.UNCLEAR: "no key: when it was taken cannot be told, so it is left alone",
    BlockState.SAME: "nothing: what is in it is sent once, under the other name",
    BlockState.CONFIRMED: "nothing is to be changed: it is proved",
}


def why_entries(
    block: BlockView,
    steps: Sequence[Step],
    *,
    scope: ScopeView | None,
    server: ServerView,
    min_exptime: float,
    keys: Mapping[str, str],
    zone: tzinfo | None,
) -> list[Entry]:
    """Labels and texts, the state first. `keys` are written keys by action id."""
    entries: list[Entry] = [
        ("state", f"{block.state.value}{f': {block.reason}' if block.reason else ''}", "strong"),
        ("figures", figures(block, min_exptime), ""),
        ("would help", remedy(block.state, keys), "accent"),
    ]
    if scope is not None:
        doing = " · ".join(part for part in (scope.activity, scope.reason) if part)
        entries.append(("scope", f"{scope.name}: {scope.state.value}. {doing}".strip(), ""))
    if block.state in {BlockState.SENT, BlockState.FETCHED, BlockState.STACKED, BlockState.FAILED}:
        entries.append(("server", _server(server, zone), ""))
    if block.stack_name:
        entries.append(("stack", block.stack_name, ""))
    entries += [("", "", ""), ("", "In the journal", "strong")]
    if not steps:
        entries.append(("", "Nothing was asked for yet.", "dim"))
    entries += [_step(step, zone) for step in steps]
    return entries


def figures(block: BlockView, min_exptime: float) -> str:
    """`11 of at most 44 sub-frames, 110 s of the 240 s that a stack needs`"""
    try:
        each = float(block.key.exposure.removesuffix("s"))
    except ValueError:
        each = 0.0
    whole = (block.block_end - block.block_start).total_seconds()
    most = f" of at most {int(whole // each)}" if each > 0 else ""
    text = f"{block.frame_count}{most} sub-frames, {block.effective_s:.0f} s"
    if block.effective_s < min_exptime:
        return f"{text} of the {min_exptime:.0f} s that a stack needs"
    return text


def remedy(state: BlockState, keys: Mapping[str, str]) -> str:
    """Which key would change this state."""
    if state in _NO_KEY:
        return _NO_KEY[state]
    action, what = _REMEDY[state]
    return f"{keys.get(action, '?')} {what.format(upload=keys.get('upload', '?'))}"


def _server(server: ServerView, zone: tzinfo | None) -> str:
    if server.state is not ServerState.OK:
        return f"{server.state.value} {server.reason}".strip()
    listed = f", last read at {_time(server.listed_at, zone)}" if server.listed_at else ""
    return f"{len(server.stacks)} stacks in its list{listed}; this one is not among them"


def _step(step: Step, zone: tzinfo | None) -> Entry:
    parts = [f"asked {_time(step.asked_at, zone)}"]
    if step.proved_at is not None:
        parts.append(f"proved {_time(step.proved_at, zone)}")
    else:
        parts.append(step.state.value + (f" ({step.step})" if step.step else ""))
    if step.attempts > 1:
        parts.append(f"{step.attempts} tries")
    if step.reason:
        parts.append(step.reason)
    return (step.kind, " · ".join(parts), "")


def _time(moment: datetime, zone: tzinfo | None) -> str:
    return f"{moment.astimezone(zone):%d %b %H:%M:%S}"
