"""The morning report: what became of a night, as a record and as one page of text.

Pure functions. The same text goes to the screen, the file, the verb and the notices. Everything in
the records is clean.
"""

import textwrap
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import msgspec

from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.blocks.nights import night_of
from crowdsky_tui.instruments.seestar.control.clock_offset import (
    LARGEST_OFFSET_S as LARGEST_OFFSET_S,
)
from crowdsky_tui.plan.visits import Visit, VisitState
from crowdsky_tui.progress.situation import Situation
from crowdsky_tui.store.store import BlockState

LOW_NIGHTS = 2.0
"""Fewer nights of room than this need somebody."""
MOST_LINES = 12
COLUMNS = 78
_LEFT_ALONE = frozenset(
    {BlockState.RECORDING, BlockState.SHORT, BlockState.UNCLEAR, BlockState.REJECTED}
)
_STACKED = frozenset(
    {
        BlockState.STACKED,
        BlockState.FETCHED,
        BlockState.HELD,
        BlockState.SENDING,
        BlockState.SENT,
        BlockState.CONFIRMED,
    }
)
_DONE = frozenset({BlockState.CONFIRMED, BlockState.SAME})
_SENT = frozenset({BlockState.SENT, BlockState.CONFIRMED})


class TargetLine(msgspec.Struct, frozen=True):
    """One target's blocks of the night on one scope: how many got how far.

    `short` are too short to stack, `recording` not over yet, `unclear` in a doubtful hour, and
    `rejected` in the review.
    """

    scope: str
    target: str
    eligible: int
    stacked: int
    sent: int
    proved: int
    short: int = 0
    recording: int = 0
    unclear: int = 0
    rejected: int = 0


class OpenBlock(msgspec.Struct, frozen=True):
    """One block that should be proved and is not; `start` is on the scope's clock.

    `undecided`: it was handed over, is not listed, and only the user can settle that.
    """

    scope: str
    target: str
    start: datetime
    filter: str
    state: BlockState
    reason: str
    undecided: bool = False

    @property
    def needs_human(self) -> bool:
        """Whether only a person can go on with it."""
        return self.undecided or self.state in {
            BlockState.FAILED,
            BlockState.UNCLEAR,
            BlockState.HELD,
        }


class ScopeLine(msgspec.Struct, frozen=True):
    """One telescope: room in GB (10^9 bytes) and nights, its clock minus ours in seconds.

    `trouble` says why it could not be used; empty if it could.
    """

    name: str
    state: str
    trouble: str = ""
    free_gb: float | None = None
    nights_left: float | None = None
    clock_offset_s: float | None = None


class VisitLine(msgspec.Struct, frozen=True):
    """A planned visit that is not done: from `start` (aware, the site's zone), so many blocks."""

    scope: str
    target: str
    start: datetime
    blocks: int
    state: str
    reason: str


class Report(msgspec.Struct, frozen=True):
    """One night, from noon to noon on the scopes' clocks, named by its evening's date.

    `visits` are those of the plan that are not done. `earlier_open` counts blocks of earlier nights
    that are not proved. `server` says how the server was; empty if all was well. `human` is what
    needs somebody, one line each.
    `records` are lines of what was measured in the night (`report.quotes`), `stars` those of the
    projects' curves (`curves.night_words`).
    """

    night: date
    written_at: datetime
    verdict: str
    targets: tuple[TargetLine, ...]
    scopes: tuple[ScopeLine, ...]
    open_blocks: tuple[OpenBlock, ...]
    earlier_open: int
    human: tuple[str, ...]
    server: str = ""
    here_free_gb: float | None = None
    here_nights: float | None = None
    visits_planned: int = 0
    visits_done: int = 0
    visits: tuple[VisitLine, ...] = ()
    records: tuple[str, ...] = ()
    stars: tuple[str, ...] = ()


def newest_night(seen: Iterable[Situation], now: datetime) -> date:
    """The newest night that has blocks; the one of `now` if there are none.

    Blocks of a time that is still to come were dated by a wrong clock and make no night.
    """
    nights = [night_of(item.order.start) for item in seen if item.order.start <= now]
    return max(nights, default=night_of(now))


def make_report(  # noqa: PLR0913 - options by name
    night: date,
    written_at: datetime,
    seen: Sequence[Situation],
    scopes: Sequence[ScopeLine],
    *,
    server: str = "",
    here_free_gb: float | None = None,
    here_nights: float | None = None,
    left_out: Sequence[str] = (),
    visits: Sequence[Visit] = (),
) -> Report:
    """Put together what is known of a night.

    `seen` are the situations of all blocks, `visits` what the plan wanted.

    `left_out` says what nobody works on, one line each: folders, and stacks that wait for a word in
    the review while the automatic night is on. The report is
    *FAILED* only if no telescope could be used: one bad one needs somebody, the others count.
    """
    mine = [item for item in seen if night_of(item.order.start) == night]
    earlier = sum(1 for item in seen if night_of(item.order.start) < night and _is_open(item))
    targets = _target_lines(mine)
    blocks = tuple(_open_block(item) for item in mine if _is_open(item))
    open_visits = tuple(map(_visit_line, sorted(visits, key=lambda v: (v.start, v.scope))))
    human = (*_human(blocks, scopes, server, here_nights), *left_out)
    return Report(
        night,
        written_at,
        _verdict(targets, blocks, scopes, human),
        targets,
        tuple(scopes),
        blocks,
        earlier,
        human,
        server,
        here_free_gb,
        here_nights,
        len(visits),
        sum(each.state is VisitState.DONE for each in visits),
        tuple(filter(None, open_visits)),
    )


def _visit_line(visit: Visit) -> VisitLine | None:
    if visit.state is VisitState.DONE:
        return None
    name, reason = clean(visit.name, 40), clean(visit.reason, 300)
    return VisitLine(visit.scope, name, visit.start, visit.blocks, visit.state.value, reason)


def _is_open(item: Situation) -> bool:
    if item.block.state is BlockState.UNCLEAR:
        return True
    return item.block.state not in _LEFT_ALONE and item.block.state not in _DONE


def _open_block(item: Situation) -> OpenBlock:
    block = item.block
    return OpenBlock(
        block.key.target.scope,
        block.target,
        block.block_start,
        block.key.filter,
        block.state,
        block.reason,
        item.unchased,
    )


def _target_lines(seen: Sequence[Situation]) -> tuple[TargetLine, ...]:
    states: dict[TargetKey, list[BlockState]] = {}
    for item in seen:
        states.setdefault(item.block.key.target, []).append(item.block.state)
    return tuple(
        TargetLine(
            key.scope,
            clean(key.name),
            eligible=sum(state not in _LEFT_ALONE for state in found),
            stacked=sum(state in _STACKED for state in found),
            sent=sum(state in _SENT for state in found),
            proved=found.count(BlockState.CONFIRMED),
            short=found.count(BlockState.SHORT),
            recording=found.count(BlockState.RECORDING),
            unclear=found.count(BlockState.UNCLEAR),
            rejected=found.count(BlockState.REJECTED),
        )
        for key, found in sorted(states.items())
    )


def _human(
    blocks: Sequence[OpenBlock], scopes: Sequence[ScopeLine], server: str, nights: float | None
) -> tuple[str, ...]:
    lines = [f"{scope.name}: {scope.trouble}" for scope in scopes if scope.trouble]
    for scope in scopes:
        if scope.nights_left is not None and scope.nights_left < LOW_NIGHTS:
            lines.append(f"{scope.name}: room for {scope.nights_left:.1f} more nights only")
        offset = scope.clock_offset_s
        if offset is not None and abs(offset) > LARGEST_OFFSET_S:
            lines.append(f"{scope.name}: its clock is {offset:+.0f} s off ours")
    if server:
        lines.append(f"server: {server}")
    if nights is not None and nights < LOW_NIGHTS:
        lines.append(f"here: room for {nights:.1f} more nights only")
    lines += [_block_text(block) for block in blocks if block.needs_human]
    return tuple(lines)


def _verdict(
    targets: Sequence[TargetLine],
    blocks: Sequence[OpenBlock],
    scopes: Sequence[ScopeLine],
    human: Sequence[str],
) -> str:
    eligible = sum(line.eligible for line in targets)
    proved = sum(line.proved for line in targets)
    if not scopes or all(scope.trouble for scope in scopes):
        return "FAILED: no telescope could be used"
    if not targets:
        verdict = "There are no blocks of this night"
    elif not blocks:
        verdict = f"All {eligible} eligible blocks are proved" if eligible else "Nothing to stack"
    else:
        verdict = f"{proved} of {eligible} eligible blocks are proved"
    return f"{verdict}; {_count(len(human), 'thing')} for you to look at" if human else verdict


def report_text(report: Report) -> str:
    """The page: plain text that ends in a line feed.

    At most 78 columns but for long names and reasons.
    """
    evening = report.night
    morning = evening + timedelta(days=1)
    lines = [
        f"CrowdSky, night of {evening:%d %b} to {morning:%d %b %Y}",
        f"{report.verdict}.",
        "",
        *_section("Your stars", [part for each in report.stars for part in _wrap(each)]),
        *_section("Needs you", report.human),
        *_targets_text(report),
        *_section(
            "Not proved yet",
            [_block_text(block) for block in report.open_blocks if not block.needs_human],
        ),
    ]
    lines += _visits_text(report)
    if report.earlier_open:
        lines += [f"Of earlier nights: {_count(report.earlier_open, 'block')} not proved.", ""]
    lines += _section("From the records", [part for each in report.records for part in _wrap(each)])
    lines += ["Telescopes", *(f"  {_scope_text(scope)}" for scope in report.scopes)]
    here = _room_text(report.here_free_gb, report.here_nights)
    lines += [f"  here: {here}", "", f"Written {report.written_at:%Y-%m-%d %H:%M} UTC."]
    return "\n".join(lines) + "\n"


def _targets_text(report: Report) -> list[str]:
    if not report.targets:
        return []
    scope_width = max(5, *(len(line.scope) for line in report.targets))
    width = max(6, *(len(line.target) for line in report.targets))
    heading = f"{'scope':{scope_width}}  {'target':{width}}  blocks  stacked  sent  proved"
    rows = [heading]
    for line in report.targets:
        notes = [
            f"{count} {word}"
            for count, word in (
                (line.short, "too short"),
                (line.recording, "recording"),
                (line.unclear, "unclear"),
                (line.rejected, "rejected"),
            )
            if count
        ]
        row = (
            f"{line.scope:{scope_width}}  {line.target:{width}}  {line.eligible:6}"
            f"  {line.stacked:7}  {line.sent:4}  {line.proved:6}"
        )
        said = ", ".join(notes)
        fits = len(row) + 2 + len(said) <= COLUMNS
        rows += [f"{row}  {said}".rstrip()] if fits else [row, f"{'':{scope_width}}  {said}"]
    return [*rows, ""]


def _visits_text(report: Report) -> list[str]:
    """Every visit that is not done, with its reason: none is left out."""
    if not report.visits_planned:
        return []
    told = [f"Planned: {report.visits_done} of {_count(report.visits_planned, 'visit')} done"]
    for each in report.visits:
        what = f"{each.scope} {each.target} {each.start:%H:%M}, {_count(each.blocks, 'block')}"
        told.append(f"  {what}: {each.state}{f', {each.reason}' if each.reason else ''}")
    return [*told, ""]


def _section(title: str, lines: Sequence[str]) -> list[str]:
    if not lines:
        return []
    shown = [f"  {line}" for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        shown.append(f"  and {len(lines) - MOST_LINES} more")
    return [title, *shown, ""]


def _wrap(line: str) -> list[str]:
    return textwrap.wrap(line, COLUMNS - 2, subsequent_indent="  ")


def _block_text(block: OpenBlock) -> str:
    what = f"{block.scope} {block.target} {block.start:%H:%M} {block.filter}: {block.state.value}"
    return f"{what}, {block.reason}" if block.reason else what


def _scope_text(scope: ScopeLine) -> str:
    parts = [scope.state, _room_text(scope.free_gb, scope.nights_left)]
    if scope.clock_offset_s is not None:
        parts.append(f"clock {scope.clock_offset_s:+.0f} s")
    return f"{scope.name}: {', '.join(parts)}"


def _room_text(free_gb: float | None, nights: float | None) -> str:
    if free_gb is None:
        return "free space not known"
    room = f"{free_gb:.1f} GB free"
    return f"{room}, {nights:.0f} nights" if nights is not None else room


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
