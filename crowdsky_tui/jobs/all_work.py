"""How every kind of job is done, made of what is at hand."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import cast

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.config.load import Settings
from crowdsky_tui.instruments.seestar.files.marks import this_copy
from crowdsky_tui.jobs.clock_check import ByRightClock
from crowdsky_tui.jobs.engine.kind import AnyKind, kinds
from crowdsky_tui.jobs.engine.work import AnyWork
from crowdsky_tui.jobs.handover import Handover
from crowdsky_tui.jobs.kinds import load_kinds
from crowdsky_tui.jobs.resources import Resources
from crowdsky_tui.jobs.scopes import Scopes
from crowdsky_tui.jobs.work import Work


def make_handover(scopes: Scopes, settings: Settings, clock: Clock) -> Handover:
    """The marks of what is on its way, as the copy with these settings makes them."""
    deadline = timedelta(hours=settings.confirm.deadline_h)
    copy = this_copy(settings.state_dir)
    return Handover(scopes, copy, clock, deadline, settings.downloads)


def all_work(resources: Resources) -> Mapping[str, AnyWork]:
    """What the queue runs, by kind: a kind decides of what type its payload is."""
    load_kinds()
    return {kind.name: _work_of(kind, resources) for kind in kinds()}


def _work_of(kind: AnyKind, resources: Resources) -> AnyWork:
    make = cast(Callable[[Resources], AnyWork], kind.make)  # every kind here is made of these
    work = make(resources)
    # only what is about a block, whose payload is an order, needs the clock
    return ByRightClock(cast(Work, work), resources.clock) if kind.needs_clock else work
