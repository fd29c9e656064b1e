"""What the verb `target` does with the list of targets."""

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, cast

import msgspec

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, FileInTheWay, UsageError
from crowdsky_tui.base.files import write_whole
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.output import print_json, print_table, say
from crowdsky_tui.compute.client import Science
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.plan.due import Due, due_of
from crowdsky_tui.plan.exporters import FORMATS
from crowdsky_tui.plan.import_preview import Preview, preview, preview_lines
from crowdsky_tui.plan.importers.items import ListRead
from crowdsky_tui.plan.importers.list_file import list_content
from crowdsky_tui.plan.importers.places import with_places
from crowdsky_tui.plan.importers.read_list import read_list
from crowdsky_tui.plan.proved import newest
from crowdsky_tui.plan.target import Kind, Target, TargetState, changed, new_target
from crowdsky_tui.plan.target_edits import fields_of, refuse_known
from crowdsky_tui.plan.target_list import TargetList, find_named
from crowdsky_tui.plan.timeliness import parse_timeliness

if TYPE_CHECKING:
    from crowdsky_tui.cli.documents.plan import ListRead as ListDocument
    from crowdsky_tui.cli.documents.plan import Near
    from crowdsky_tui.cli.verbs.target import Add, Export, Import, List, Named, Options, Set

_STATES = {"pause": TargetState.PAUSED, "resume": TargetState.ACTIVE, "done": TargetState.DONE}


class TargetBook:
    """The actions, on one list. `ask` is given how many targets would be written."""

    def __init__(
        self,
        targets: TargetList,
        science: Science,
        clock: Clock,
        ask: Callable[[int], None],
        journal: Journal,
    ) -> None:
        self._list, self._science, self._now, self._ask = targets, science, clock.now, ask
        self._journal = journal

    async def show(self, options: "List") -> int:
        """Print the targets, or those of one state, or those that are due; the exit code."""
        every, proved, now = await self._list.all(), await self._proved(), self._now()
        told = [(each, due_of(each, proved, now)) for each in every]
        found = [
            (each, due)
            for each, due in told
            if options.state in (None, each.state.value) and (due.due or not options.due)
        ]
        if options.json:
            rows = [msgspec.to_builtins(each) | {"due": due} for each, due in found]
            print_json({"targets": rows})
        elif not every:
            print("The list is empty; 'target add M 81' begins it")
        else:
            headings = ("name", "state", "kind", "priority", "when", "ra", "dec", "due", "")
            print_table(headings, [_row(each, due) for each, due in found])
        return ExitCode.OK

    async def _proved(self) -> dict[str, datetime]:
        """When each target was last proved, by the journal, which is read beside its owner."""
        await self._journal.open("crowdsky-tui target", read_only=True)
        try:
            entries = await self._journal.ledger(uploads=(Delivery.CONFIRMED,))
        finally:
            await self._journal.close()
        return newest((each.order.target, each.order.end) for each in entries)

    async def add(self, options: "Add") -> int:
        """Add a target by its name or its coordinates; the exit code."""
        place = await self._science.find_target(" ".join(options.what), self._now())
        more: dict[str, Any] = {"notes": clean(options.notes, 1000), "created": self._now()}
        more |= {"source_id": clean(place.source)}
        if options.priority is not None:
            more["priority"] = options.priority
        if options.blocks is not None:
            more |= {"blocks_per_visit": options.blocks, "min_run": min(2, options.blocks)}
        if options.filter:
            more["filter"] = options.filter
        try:
            more["timeliness"] = tuple(map(parse_timeliness, options.when))
        except ValueError as error:
            raise UsageError("nothing was added", str(error)) from error
        name, at = options.name or place.name, place.j2000
        fresh = new_target(name, at.ra_deg_j2000, at.dec_deg_j2000, kind=Kind(options.kind), **more)
        refuse_known(fresh, await self._list.all())
        await self._list.save([fresh])
        return _tell(options, fresh, f"{fresh.name} is on the list ({at})")

    async def set_fields(self, options: "Set") -> int:
        """Change fields of a target; the exit code."""
        found = find_named(await self._list.all(), options.name)
        fields = fields_of(options.fields)
        after = changed(found, **fields)
        await self._list.save([after])
        return _tell(options, after, f"{after.name}: {', '.join(fields)} changed")

    async def move(self, options: "Named") -> int:
        """Delete a target, or change its state; the exit code."""
        found = find_named(await self._list.all(), options.name)
        if options.action == "rm":
            await self._list.remove([found])
            return _tell(options, found, f"{found.name} is off the list")
        after = changed(found, state=_STATES[options.action])
        await self._list.save([after])
        return _tell(options, after, f"{after.name} is {after.state.value}")

    async def import_list(self, options: "Import") -> int:
        """Add the targets of a file in another program's form; the exit code."""
        unit = cast("Literal['hours', 'degrees'] | None", options.ra)
        read = read_list(await list_content(options.file, pipes=True), unit)
        items, unknown = await with_places(read.items, self._science, self._now())
        found = preview(items, await self._list.all(), (*read.refused, *unknown))
        chosen = [*found.new, *(change.after for change in found.changed)]
        if options.near:
            chosen += [each.target for each in found.near]
        fate = "it is added" if options.near else "it is left; --near adds it"
        for line in preview_lines(read, found, fate=fate):
            (say if options.json else print)(line)
        written = 0 if options.dry_run else len(chosen)
        if written:
            if not options.yes:
                self._ask(written)
            await self._list.save([changed(each, fetched_at=self._now()) for each in chosen])
        if options.json:
            print_json(_preview_document(read, found, written))
        else:
            print(f"{written} written")
        return _code(found, options)

    async def export(self, options: "Export") -> int:
        """Write the targets in another program's form; the exit code."""
        text = FORMATS[options.format](await self._list.all())
        if options.file is None:
            sys.stdout.write(text)
            return ExitCode.OK
        if options.file.exists():
            raise FileInTheWay(f"{clean(options.file)} is there already", "", "Choose another name")
        try:
            write_whole(options.file, text.encode())
        except OSError as error:
            raise CrowdSkyError(
                f"{clean(options.file)} cannot be written", error.strerror or ""
            ) from error
        return ExitCode.OK


def _row(each: Target, due: Due) -> Sequence[object]:
    when = "; ".join(map(str, each.timeliness))
    place = (f"{each.ra_deg_j2000:.4f}", f"{each.dec_deg_j2000:+.4f}")
    return (each.name, each.state.value, each.kind.value, each.priority, when, *place,
            "due" if due.due else "", due.words)  # fmt: skip


def _tell(options: "Options", about: Target, words: str) -> int:
    if options.json:
        print_json({"target": msgspec.structs.asdict(about), "text": words})
    else:
        print(words)
    return ExitCode.OK


def _code(found: Preview, options: "Import") -> int:
    left = found.refused or (found.near and not options.near)
    return ExitCode.SOME_FAILED if left else ExitCode.OK


def _preview_document(read: ListRead, found: Preview, written: int) -> "ListDocument":
    near: list[Near] = [
        {"name": each.target.name, "other": each.other.name, "why": each.reason}
        for each in found.near
    ]
    return {
        "format": read.format,
        "new": [each.name for each in found.new],
        "changed": {each.before.name: each.fields for each in found.changed},
        "near": near,
        "same": found.same,
        "refused": [str(each) for each in found.refused],
        "passed_over": read.passed_over,
        "notes": found.notes,
        "written": written,
    }
