"""The queue of a night, with all that its jobs may work with."""

from functools import partial
from typing import TYPE_CHECKING

from crowdsky_tui.base.supervisor import Faults
from crowdsky_tui.jobs.all_work import all_work
from crowdsky_tui.jobs.handover import Handover
from crowdsky_tui.jobs.resources import Resources
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.jobs.work import JobQueue
from crowdsky_tui.night.background.conditions import unsafe_words
from crowdsky_tui.night.measuring import ask_to_measure, ask_to_measure_remote, measure_stack

if TYPE_CHECKING:
    from crowdsky_tui.night.interfaces import NightParts


def make_queue(night: "NightParts", scopes: Scopes, handover: Handover, faults: Faults) -> JobQueue:
    """The queue; its jobs ask `night` for what may be another later."""
    work = all_work(
        Resources(
            scopes=scopes,
            server=night.server,
            listing=night.listing,
            science=night.science,
            clock=night.clock,
            settings=night.settings,
            scrub_location=lambda: night.settings.upload.scrub_location,
            handover=handover,
            telescope_org=night.telescope_org,
            frames=night.frames,
            instrument=night.sessions.instrument,
            unsafe=lambda: unsafe_words(night),
            proved=partial(ask_to_measure, night),
            fetched=partial(ask_to_measure_remote, night),
            measure=partial(measure_stack, night),
        )
    )
    lanes = {"upload": night.settings.upload.parallel}
    return JobQueue(night.journal, night.store, night.clock, work, lanes, faults)
