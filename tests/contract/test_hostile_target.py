"""A target whose name is shown otherwise than its folder is called: its chosen block is stacked."""

from pathlib import Path

from device_kit import shots, until
from night_kit import night_on, states
from seestar_kit import take

from crowdsky_tui.base.redaction import keep_secret
from crowdsky_tui.night.calls.jobs import Stack
from crowdsky_tui.store.store import BlockState


async def test_a_chosen_block_is_stacked_though_its_target_is_called_as_the_password(
    tmp_path: Path,
) -> None:
    root = tmp_path / "scope"
    take(root, shots(12, "NGC 7000"))
    keep_secret("NGC 7000")
    async with night_on(tmp_path) as (_, night):
        await until(lambda: states(night) == [BlockState.READY])
        ((block,),) = night.store.blocks.values()
        assert "NGC 7000" not in block.target
        asked = await night.do(Stack(blocks=(block.key,)))
        assert len(asked.jobs) == 1
        await until(lambda: states(night) == [BlockState.STACKED], 60)
    assert list((root / "MyWorks/NGC 7000").glob("CrowdSky_*.fit"))
