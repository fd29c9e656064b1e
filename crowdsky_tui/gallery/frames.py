"""Which stacks of a target a picture or a film is made of, and by which roads they are had."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks import TargetKey
from crowdsky_tui.blocks.nights import night_of
from crowdsky_tui.gallery.records import GalleryItem
from crowdsky_tui.gallery.stacks import ON_SERVER
from crowdsky_tui.jobs.frame_files import FrameFiles, FrameSource
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.store.store import BlockState

if TYPE_CHECKING:
    from crowdsky_tui.gallery.reviewed_night import ReviewedNight
    from crowdsky_tui.instruments.seestar.service import SeestarService


def frame_of(night: "ReviewedNight", target: TargetKey, key: str) -> FrameSource:
    """The stack whose `GalleryItem` has this key. UsageError if there is none any more."""
    for source, item in _found(night, [target]):
        if item.key == key:
            return source
    raise UsageError("there is no such stack any more", "its target was read again")


def frames_of(
    night: "ReviewedNight", targets: Sequence[TargetKey], evening: date | None = None
) -> tuple[FrameSource, ...]:
    """The stacks of these targets that a film shows, oldest first: of one night, or of all.

    What was rejected stays out.
    """
    found = [
        source
        for source, item in _found(night, targets)
        if item.state is not BlockState.REJECTED
        and (evening is None or night_of(item.start) == evening)
    ]
    return tuple(sorted(found, key=lambda source: source.start))


def frame_named(night: "ReviewedNight", name: str) -> FrameSource | None:
    """The stack or sub-frame of this file name on a scope that was read; None if there is none."""
    for seen in night.situations():
        order, sub = seen.order, name if name in seen.order.files else ""
        if sub or order.name == name:
            bare = msgspec.structs.replace(order, files=())
            return FrameSource(clean(name), order.start, order=bare, sub_frame=sub)
    return None


def files_of(night: "ReviewedNight") -> FrameFiles:
    """What brings the stacks' files, for this night."""

    async def service(order: Order) -> "SeestarService":
        watch = night.watches.get(order.scope)
        if watch is None or not watch.service.state.usable:
            raise CrowdSkyError(f"{order.scope} is off or away", "", "Try again when it is on")
        return watch.service

    return FrameFiles(service, night.server, night.journal.entry)


def _found(
    night: "ReviewedNight", targets: Sequence[TargetKey]
) -> list[tuple[FrameSource, GalleryItem]]:
    """Each stack once, whichever scope of several has it."""
    rows = night.store.server.stacks
    of_key = Counter(row.chunk_key for row in rows)
    chunk_keys = {row.id: row.chunk_key for row in rows}
    found, seen = [], set[str]()
    for target in targets:
        orders = {
            each.order.stack_id: msgspec.structs.replace(each.order, files=())
            for each in night.situations([target])
        }
        for item in night.services.gallery.stacks(target):
            if item.key in seen:
                continue
            seen.add(item.key)
            key = chunk_keys.get(item.server_id, "")
            source = FrameSource(
                label=clean(f"{target.name} {item.start:%Y-%m-%d %H:%M}"),
                start=item.start,
                order=None if item.key.startswith(ON_SERVER) else orders.get(item.key),
                key=key if of_key[key] == 1 else "",
            )
            found.append((source, item))
    return found
