"""Every kind of job with how it is done."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings
from crowdsky_tui.instruments.seestar.files.marks import this_copy
from crowdsky_tui.jobs.clock_check import NEEDS_CLOCK, ByRightClock
from crowdsky_tui.jobs.engine.queue import Work
from crowdsky_tui.jobs.handover import Handover
from crowdsky_tui.jobs.kinds.confirm import ConfirmWork
from crowdsky_tui.jobs.kinds.fetch import FetchWork
from crowdsky_tui.jobs.kinds.hold import EmptyWork, HoldWork, UnholdWork
from crowdsky_tui.jobs.kinds.purge import PurgeWork
from crowdsky_tui.jobs.kinds.stack import StackWork
from crowdsky_tui.jobs.kinds.subframe_upload import RawWork
from crowdsky_tui.jobs.kinds.upload import UploadWork
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.jobs.server_list import ServerList

if TYPE_CHECKING:
    from crowdsky_tui.services.crowdsky.client import CrowdSkyServer


def make_handover(scopes: Scopes, settings: Settings, clock: Clock) -> Handover:
    """The marks of what is on its way, as the copy with these settings makes them."""
    deadline = timedelta(hours=settings.confirm.deadline_h)
    copy = this_copy(settings.state_dir)
    return Handover(scopes, copy, clock, deadline, settings.downloads)


def all_work(
    scopes: Scopes,
    server: "Callable[[], CrowdSkyServer]",
    listing: ServerList,
    science: Science,
    clock: Clock,
    settings: Settings,
    scrub: Callable[[], bool],
    handover: Handover,
) -> dict[str, Work]:
    """What the queue runs, by kind.

    `server` is called when it is needed, as it may want a login; `scrub` for each upload, as the
    user may say otherwise meanwhile.
    """
    deadline = timedelta(hours=settings.confirm.deadline_h)
    every: dict[str, Work] = {
        "stack": StackWork(scopes),
        "fetch": FetchWork(scopes, science, settings.downloads, handover),
        "upload": UploadWork(
            server,
            listing,
            science,
            clock,
            deadline=deadline,
            scrub_location=scrub,
            handover=handover,
        ),
        "confirm": ConfirmWork(
            listing, clock, poll_s=settings.confirm.poll_s, deadline=deadline, handover=handover
        ),
        "raw": RawWork(
            scopes,
            server,
            listing,
            science,
            clock,
            settings.downloads,
            deadline=deadline,
            scrub_location=scrub,
            handover=handover,
        ),
        "purge": PurgeWork(scopes),
        "hold": HoldWork(scopes, listing),
        "unhold": UnholdWork(scopes),
        "empty": EmptyWork(scopes),
    }
    return {
        kind: ByRightClock(work, clock) if kind in NEEDS_CLOCK else work
        for kind, work in every.items()
    }
