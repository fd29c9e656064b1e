"""One look at some telescopes at once; what goes wrong with one is no other's trouble."""

import asyncio
from collections.abc import Sequence

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.base.supervisor import Faults
from crowdsky_tui.progress.telescope_watch import ScopeWatch


async def look_at(watches: Sequence[ScopeWatch], faults: Faults) -> dict[str, CrowdSkyError]:
    """Read these telescopes' folders now. Returns what went wrong, by telescope."""
    outcomes = await asyncio.gather(*(one.look() for one in watches), return_exceptions=True)
    problems: dict[str, CrowdSkyError] = {}
    for watch, outcome in zip(watches, outcomes, strict=True):
        name = watch.service.name
        if isinstance(outcome, CrowdSkyError):
            problems[name] = outcome
        elif isinstance(outcome, Exception):
            await faults.report(f"looking at {name}", outcome)
            problems[name] = CrowdSkyError(f"looking at {name} met a fault in crowdsky-tui")
        elif outcome is not None:
            raise outcome
    return problems
