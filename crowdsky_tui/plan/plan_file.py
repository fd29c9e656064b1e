"""A friend's list and plan from a file (`exchange` writes it): what it holds, cleaned. Pure."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.plan.exchange import FORMAT, VERSION
from crowdsky_tui.plan.import_preview import FROM_SOURCE
from crowdsky_tui.plan.importers.items import Gathering, Item, ListRead
from crowdsky_tui.plan.importers.read_list import MOST_BYTES
from crowdsky_tui.plan.target import Target, TargetState, checked
from crowdsky_tui.scheduling.messages import MOST_SCOPES, MOST_SLOTS, SLOT, Skip

LONGEST_UID = 32
MOST_RUNS = MOST_SCOPES * MOST_SLOTS
DAY = timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 2000, 2200


class FileRun(msgspec.Struct, frozen=True):
    """A run of the other site: target (uid and name), from `start` to `end`, aware."""

    scope: str
    target: str
    name: str
    start: datetime
    end: datetime


class PlanFile(msgspec.Struct, frozen=True):
    """What a file holds. `targets` are as the other site has them, `read` as rows to take over."""

    author: str
    made_at: str
    read: ListRead
    targets: tuple[Target, ...]
    runs: tuple[FileRun, ...]


def read_plan(data: bytes, known: Collection[str]) -> PlanFile:
    """The plan in a file.

    Targets that are not `known` (uids) come as drafts; of the others only what a list may change
    does: their priority, state and notes are the user's.

    Raises
    ------
    UsageError
        For what is no such file, or one of a later version.
    """
    what = "this plan is not read"
    if len(data) > MOST_BYTES:
        raise UsageError(what, f"it has more than {MOST_BYTES:,} bytes")
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise UsageError(what, f"its JSON is broken: {clean(error)}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UsageError(what, "it is none that 'plan export' wrote",
                         "'target import' reads other programs' lists")  # fmt: skip
    version = document.get("version")
    if not isinstance(version, int) or version > VERSION:
        raise UsageError(what, f"it is of version {clean(version, 20)}", "Update crowdsky-tui")
    gathering, targets = Gathering("crowdsky-tui plan"), []
    for number, row in enumerate(_rows(document, "targets"), start=1):
        try:
            target = _target(row)
        except UsageError as error:
            name = row.get("name", "") if isinstance(row, dict) else ""
            gathering.refuse(number, name, error.why or error.what)
            continue
        targets.append(target)
        gathering.add(_item(number, target, known))
    runs = []
    for number, row in enumerate(_rows(document, "runs")[:MOST_RUNS], start=1):
        run = _run(row)
        if run is None:
            gathering.refuse(number, "run", "it has no scope, target or time that can be read")
        else:
            runs.append(run)
    author, made_at = (clean(document.get(key) or "", 80) for key in ("author", "made_at"))
    return PlanFile(author, made_at, gathering.done(), tuple(targets), tuple(runs))


def _rows(document: dict[str, Any], name: str) -> list[Any]:
    rows = document.get(name)
    return rows if isinstance(rows, list) else []


def _target(row: Any) -> Target:
    if not isinstance(row, dict):
        raise UsageError("this is no target")
    fields = _cleaned(row)
    uid = fields.get("uid")
    if not isinstance(uid, str) or not 0 < len(uid) <= LONGEST_UID:
        raise UsageError("this is no target", "it has no uid")
    return checked(fields)


def _cleaned(value: Any) -> Any:
    """The same with every text in one printable line."""
    if isinstance(value, str):
        return clean(value, 1000)
    if isinstance(value, list):
        return [_cleaned(each) for each in value[:100]]
    if isinstance(value, dict):
        return {clean(key, 80): _cleaned(each) for key, each in list(value.items())[:100]}
    return value


def _item(number: int, target: Target, known: Collection[str]) -> Item:
    fields = msgspec.structs.asdict(target)
    for name in ("name", "ra_deg_j2000", "dec_deg_j2000"):
        del fields[name]
    if target.uid in known:
        fields = {name: fields[name] for name in ("uid", *FROM_SOURCE)}
    else:
        fields["state"] = TargetState.DRAFT
    return Item(number, target.name, target.ra_deg_j2000, target.dec_deg_j2000, fields=fields)


def _run(row: Any) -> FileRun | None:
    try:
        run = msgspec.convert(_cleaned(row), FileRun)
    except (msgspec.ValidationError, ValueError):
        return None
    for each in (run.start, run.end):
        if each.tzinfo is None or not FIRST_YEAR <= each.year <= LAST_YEAR:
            return None
    return run if timedelta(0) < run.end - run.start <= DAY else None


def not_again(runs: Sequence[FileRun]) -> tuple[Skip, ...]:
    """What the other site observes anyway: its targets in the quarters of its runs."""
    found = []
    for run in runs:
        start, end = run.start.astimezone(UTC), run.end.astimezone(UTC)
        slot = start - (start - start.replace(minute=0, second=0, microsecond=0)) % SLOT
        while slot < end:
            found.append(Skip(run.target, slot))
            slot += SLOT
    return tuple(found)
