"""How every kind of job is done, made of what is at hand."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.config.load import Settings
from crowdsky_tui.instruments.seestar.files.marks import this_copy
from crowdsky_tui.jobs.clock_check import ByRightClock
from crowdsky_tui.jobs.engine.kind import kinds
from crowdsky_tui.jobs.engine.work import Work
from crowdsky_tui.jobs.handover import Handover
from crowdsky_tui.jobs.kinds import load_kinds
from crowdsky_tui.jobs.resources import Resources
from crowdsky_tui.jobs.scopes import Scopes


def make_handover(scopes: Scopes, settings: Settings, clock: Clock) -> Handover:
    """The marks of what is on its way, as the copy with these settings makes them."""
    deadline = timedelta(hours=settings.confirm.deadline_h)
    copy = this_copy(settings.state_dir)
    return Handover(scopes, copy, clock, deadline, settings.downloads)


def all_work(resources: Resources) -> Mapping[str, Work[Any]]:
    """What the queue runs, by kind: a kind decides of what type its payload is."""
    load_kinds()
    every = {kind.name: kind.make(resources) for kind in kinds()}
    clock = resources.clock
    return {
        kind.name: ByRightClock(every[kind.name], clock) if kind.needs_clock else every[kind.name]
        for kind in kinds()
    }
