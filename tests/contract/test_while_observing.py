"""A scope that observes: stacking waits and says how long, unless the user insists."""

from pathlib import Path

import msgspec
from device_kit import shots, until
from night_kit import night_on, states
from seestar_kit import take

from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.cli.parser import parse
from crowdsky_tui.night.calls.jobs import Stack
from crowdsky_tui.store.store import BlockState, JobState


async def test_stacking_waits_and_says_how_long_until_the_user_insists(tmp_path: Path) -> None:
    take(tmp_path / "scope", shots(12))
    take(tmp_path / "scope", shots(12, "NGC 7000"))
    async with night_on(tmp_path) as (scope, night):
        scope.view.working = True
        await until(lambda: states(night) == [BlockState.READY] * 2)
        assert len((await night.do(Stack())).jobs) == 2
        await until(lambda: any(" min so far" in job.reason for job in night.unfinished()))
        waiting = next(job for job in night.unfinished() if job.reason)
        assert waiting.state is JobState.WAITING and "stacking waits" in waiting.reason
        assert "start_batch_stack" not in scope.requests

        asked = await night.do(Stack((TargetKey("garden", "NGC 7000"),), insist=True))
        assert "already under way" in asked.note
        await until(lambda: sorted(states(night)) == [BlockState.STACKED, BlockState.WAITING])
        assert [job.target for job in night.unfinished()] == ["M 81"]


def observes_on(words: list[str]) -> bool:
    return bool(msgspec.structs.asdict(parse(words).options)["while_observing"])


def test_the_option_is_one_runs_own() -> None:
    assert observes_on(["stack", "--while-observing"])
    assert observes_on(["sync", "--while-observing"])
    assert not observes_on(["stack"])
