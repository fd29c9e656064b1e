"""The automatic night observes the plan: from dusk to dawn, whatever comes between."""

from pathlib import Path

import pytest
from dusk_kit import M13, M51, SLOTS, dusk, run_dusk, target
from virtual_time import VirtualClock

from crowdsky_tui.plan.visits import VisitState
from crowdsky_tui.store.store import JobState


def test_from_dusk_to_dawn_hands_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(clock: VirtualClock) -> None:
        async with dusk(tmp_path, clock, [target("M 13", M13), target("M 51", M51)]) as night:
            await night.until_parked()
            visits = await night.until_settled()
            print(*(f"{line.at:%H:%M} {line.text}" for line in night.night.store.log), sep="\n")
            told = [(v.name, v.start, v.blocks, v.state, v.reason) for v in visits]
            assert sum(each.blocks for each in visits) == SLOTS, told
            assert {each.state for each in visits} == {VisitState.DONE}, told
            assert [job.state for job in await night.jobs("park")] == [JobState.PROVED]
            assert night.scopes[0].session.mount.closed and not night.scopes[0].view.working
            assert len(night.server.jobs) == sum(each.proved for each in visits) == SLOTS

    run_dusk(monkeypatch, work)
