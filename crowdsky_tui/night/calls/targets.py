"""Calls about the list of targets: one as it is, add one, change one, take a file's list over."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.night.calls.call import SLOW_S, Call
from crowdsky_tui.plan.import_preview import preview, preview_lines
from crowdsky_tui.plan.importers.coordinates import RaUnit
from crowdsky_tui.plan.importers.list_file import list_content
from crowdsky_tui.plan.importers.places import with_places
from crowdsky_tui.plan.importers.read_list import read_list
from crowdsky_tui.plan.target import Target, changed, new_target
from crowdsky_tui.plan.target_edits import edited, refuse_known
from crowdsky_tui.plan.target_list import TargetList, find_named

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts

MOST_LINES = 200


class ListPreview(msgspec.Struct, frozen=True):
    """What a list would do to the one that is there, as lines; `count` targets are to be written.

    `written` of them are.
    """

    lines: tuple[str, ...]
    count: int
    written: int = 0


class ShowTarget(Call[Target], frozen=True):
    """A target of the list (by uid)."""

    uid: str
    changes: ClassVar[bool] = False

    async def run(self, night: "NightParts") -> Target:
        return find_named(await _list(night).all(), self.uid)


class AddTarget(Call[str], frozen=True):
    """Put a target on the list, by its name or its J2000 coordinates."""

    what: str
    name: str = ""

    async def run(self, night: "NightParts") -> str:
        now = night.clock.now()
        place = await night.science.find_target(self.what, now)
        at = place.j2000
        fresh = new_target(
            self.name or place.name, at.ra_deg_j2000, at.dec_deg_j2000,
            source_id=clean(place.source), created=now,
        )  # fmt: skip
        refuse_known(fresh, await _list(night).all())
        await _list(night).save([fresh])
        return f"{fresh.name} is on the list ({at})"


class ChangeTarget(Call[str], frozen=True):
    """Change a target (by uid) by `field=value` texts."""

    uid: str
    fields: tuple[str, ...]

    async def run(self, night: "NightParts") -> str:
        found = find_named(await _list(night).all(), self.uid)
        after = edited(found, self.fields)
        await _list(night).save([after])
        return f"{after.name}: {', '.join(each.partition('=')[0] for each in self.fields)} changed"


class ImportTargets(Call[ListPreview], frozen=True):
    """Look at another program's list in a file, or `write` what is new and changed in it.

    `unit` is that of bare right ascensions: hours, degrees, or "".
    """

    path: str
    unit: str = ""
    write: bool = False
    patience_s: ClassVar[float] = SLOW_S

    async def run(self, night: "NightParts") -> ListPreview:
        targets, now = _list(night), night.clock.now()
        read = read_list(await list_content(Path(self.path)), _unit(self.unit))
        items, unknown = await with_places(read.items, night.science, now)
        found = preview(items, await targets.all(), (*read.refused, *unknown))
        chosen = [*found.new, *(change.after for change in found.changed)]
        if self.write:
            await targets.save([changed(each, fetched_at=now) for each in chosen])
        lines = list(preview_lines(read, found, fate="it is left"))[:MOST_LINES]
        return ListPreview(tuple(lines), len(chosen), len(chosen) if self.write else 0)


def _unit(typed: str) -> RaUnit | None:
    if typed not in ("", "hours", "degrees"):
        raise UsageError("right ascensions are in hours or degrees", clean(typed, 40))
    return cast("RaUnit", typed) if typed else None


def _list(night: "NightParts") -> TargetList:
    return TargetList(night.records.database, night.clock)
