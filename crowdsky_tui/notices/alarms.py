"""What is worth waking somebody: pure functions from what is known to notices."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from crowdsky_tui.notices.send import Notice
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.report.report import LOW_NIGHTS, Report, report_text
from crowdsky_tui.store.store import (
    BlockState,
    ConditionsView,
    ScopeState,
    ScopeView,
    ServerState,
    ServerView,
)

STANDING = ("login", "disk", "dusk", "none", "clock", "unsafe")
"""Kinds of notices that end when their cause ends."""
_LOGIN = {ScopeState.LOGIN_NEEDED, ScopeState.LOGIN_REFUSED}
LOW_GB = 0.5


def login_alarms(scopes: Iterable[ScopeView], server: ServerView) -> list[Notice]:
    """Logins that somebody has to mend."""
    alarms = [
        Notice(f"login {scope.name}", f"{scope.name}: {scope.state.value}", scope.reason)
        for scope in scopes
        if scope.state in _LOGIN
    ]
    if server.state is ServerState.REFUSED:
        alarms.append(Notice("login server", "CrowdSky refused the login", server.reason))
    return alarms


def safety_alarms(conditions: ConditionsView) -> list[Notice]:
    """That it is not safe to observe, with the reasons."""
    if conditions.safety != "unsafe" or not conditions.reasons:
        return []
    alarms = [Notice("unsafe", "Not safe to observe", "; ".join(conditions.reasons))]
    if conditions.left_alone:
        who = "; ".join(conditions.left_alone)
        alarms.append(Notice(f"unsafe {who}", "Not safe, and somebody observes on", who))
    if conditions.unproved:
        which = "; ".join(conditions.unproved)
        alarms.append(Notice(f"unsafe {which}", "Not safe, and a telescope does not obey", which))
    return alarms


def dusk_alarms(scopes: Iterable[ScopeView]) -> list[Notice]:
    """Telescopes that are not there when the night begins."""
    return [
        Notice(f"dusk {scope.name}", f"{scope.name} is not reachable at dusk", scope.reason)
        for scope in scopes
        if not scope.state.usable
    ]


def disk_alarms(rooms: Mapping[str, tuple[float | None, float | None]]) -> list[Notice]:
    """`rooms` are (free GB, nights left) by name; None where it is not known."""
    alarms = []
    for name, (free_gb, nights) in rooms.items():
        short = nights is not None and nights < LOW_NIGHTS
        if short or (free_gb is not None and free_gb < LOW_GB):
            room = "" if free_gb is None else f"{free_gb:.1f} GB free"
            left = "" if nights is None else f"room for {nights:.1f} more nights"
            text = ", ".join(part for part in (room, left) if part)
            alarms.append(Notice(f"disk {name}", f"Disk low: {name}", text))
    return alarms


def failure_alarm(seen: Sequence[Situation], known: set[str]) -> Notice | None:
    """One notice about the blocks that failed since; they are added to `known`."""
    failed = [item for item in seen if item.block.state is BlockState.FAILED]
    new = [item for item in failed if item.order.block_id not in known]
    known.update(item.order.block_id for item in new)
    if not new:
        return None
    lines = [
        f"{item.order.scope} {item.block.target} {item.order.start:%H:%M} {item.order.exposure}"
        f" {item.order.filter}: {item.block.reason}"
        for item in new[:5]
    ]
    if len(new) > 5:
        lines.append(f"and {len(new) - 5} more")
    title = f"{len(new)} block{'s' if len(new) > 1 else ''} failed"
    return Notice(f"failed {new[-1].order.block_id}", title, "\n".join(lines))


def report_notice(report: Report, page: Path | None = None) -> Notice:
    """The morning report, with the file of its page if it carries that."""
    title = f"CrowdSky: {report.verdict}"
    return Notice(f"report {report.night}", title, report_text(report), page)
