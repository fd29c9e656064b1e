"""What the doctor sees of the night's work: folders, names, blocks, jobs, files. Pure functions."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from crowdsky_tui.base.text import clean
from crowdsky_tui.doctor.check import Check, fail, ok, warn
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Job
from crowdsky_tui.progress.situation import NO_ROW, Situation, TargetFacts
from crowdsky_tui.store.store import BlockState

MANY_ATTEMPTS = 4


def check_folders(scope: str, targets: Sequence[TargetFacts], only_in: Mapping[str, str]) -> Check:
    """Whether the share and the telescope's albums show the same folders (field, problem 11)."""
    name = f"{scope} folders"
    if only_in:
        sources = [source for source in ("share", "albums") if source in only_in.values()]
        text = f"{len(only_in)} of {len(targets)} targets only in the {' or the '.join(sources)}"
        return warn(name, text, "Nothing: both are read. The Seestar app may not show them all")
    return ok(name, f"{len(targets)} targets")


def check_left_out(scope: str, lines: Sequence[str]) -> list[Check]:
    """Folders and files that seem to hold sub-frames and are not worked on, each with its reason.

    A change of the firmware's names must not look like nothing to do.
    """
    fix = "Rename it on the telescope; files of a new firmware need a newer crowdsky-tui"
    return [warn(f"{scope} left out", line, fix) for line in lines]


def check_orphans(scope: str, targets: Sequence[TargetFacts]) -> list[Check]:
    """Results of batch stacking that were never given a block's name (9)."""
    count = sum(facts.orphans for facts in targets)
    if not count:
        return []
    text = f"{count} results of batch stacking have no block's name"
    fix = "'stack' adopts those that are a block's before it stacks anything; others are yours"
    return [warn(f"{scope} results", text, fix)]


def check_names(scope: str, targets: Sequence[TargetFacts]) -> list[Check]:
    """Stacks whose name has no place on the sky: the server knows them by another key (10)."""
    bad = [
        stack.filename
        for facts in targets
        for stack in facts.stacks
        if "HP000000" in stack.filename
    ]
    if not bad:
        return []
    fix = "'upload' sends each once, by its contents; 'purge' removes them"
    return [warn(f"{scope} stack names", f"{len(bad)} without a place on the sky", fix)]


def check_work(seen: Sequence[Situation]) -> list[Check]:
    """Blocks that do not get on by themselves (3, 7, 15, 20)."""
    failed = [item for item in seen if item.block.state is BlockState.FAILED]
    unclear = [item for item in seen if item.block.state is BlockState.UNCLEAR]
    held = [item for item in seen if item.block.state is BlockState.HELD]
    unproved = [item for item in seen if item.unchased or item.block.reason == NO_ROW]
    checks = [
        warn("blocks", f"{len(found)} {text}: {_first_of(found)}", fix)
        for found, text, fix in (
            (failed, "failed", "'crowdsky-tui report' names each with its reason"),
            (unclear, "of an unclear time", "'crowdsky-tui blocks TARGET' says why"),
            (unproved, "sent but not proved", "'crowdsky-tui upload' looks for each at the server"),
            (held, "held by the review", "Look at them: v in the app keeps or rejects"),
        )
        if found
    ]
    return checks or [ok("blocks", f"{len(seen)} known, none failed")]


def _first_of(found: Sequence[Situation]) -> str:
    order = found[0].order
    what = f"{order.scope} {clean(order.target)} {order.start:%d %b %H:%M} {order.filter}"
    return f"{what}, {found[0].block.reason}" if found[0].block.reason else what


def check_jobs(unfinished: Sequence[Job], now: datetime) -> Check:
    """What the journal has not finished, and what of it does not get on (15, 22)."""
    tried = [job for job in unfinished if job.attempts >= MANY_ATTEMPTS]
    text = f"{len(unfinished)} not finished"
    if tried:
        worst = max(tried, key=lambda job: job.attempts)
        hours = (now - worst.asked_at).total_seconds() / 3600
        return warn(
            "jobs",
            f"{text}; {worst.kind} {clean(worst.words)} was tried {worst.attempts} times in"
            f" {hours:.0f} h: {clean(worst.reason, 200)}",
            "It goes on trying until noon; mend what it names, or cancel it (x)",
        )
    return ok("jobs", text if unfinished else "all finished")


def check_downloads(entries: Sequence[LedgerEntry], sizes: Mapping[str, int | None]) -> Check:
    """The fetched stacks on this machine against the ledger: cut, changed or gone ones (4).

    `sizes` are the files' lengths in bytes by path, None where there is no such file.
    """
    kept = [entry for entry in entries if entry.local_path in sizes and entry.size]
    gone = [entry for entry in kept if sizes[entry.local_path] is None]
    wrong = [entry for entry in kept if sizes[entry.local_path] not in (None, entry.size)]
    if wrong:
        name = clean(wrong[0].order.name or wrong[0].local_path)
        text = (
            f"{len(wrong)} fetched stacks have another length than when they were checked: {name}"
        )
        return fail("downloads", text, "Remove them: they are fetched and checked again when asked")
    unsent = [entry for entry in gone if entry.upload == Delivery.NOTHING_SENT]
    if unsent:
        text = f"{len(unsent)} fetched stacks are gone from this machine and were not sent"
        return warn("downloads", text, "'crowdsky-tui upload' fetches them again")
    return ok("downloads", f"{len(kept) - len(gone)} fetched stacks, each of its length")
