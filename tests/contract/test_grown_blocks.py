"""Sub-frames that came after stacking: said, offered again, stacked anew beside the old stack."""

from pathlib import Path

from device_kit import shots, until
from night_kit import night_on, states
from seestar_kit import take

from crowdsky_tui.night.calls.jobs import Stack
from crowdsky_tui.night.night import Night
from crowdsky_tui.store.store import BlockState, BlockView


def the_block(night: Night) -> BlockView:
    night.views.refresh()
    ((block,),) = night.store.blocks.values()
    return block


def shown(night: Night) -> list[tuple[str, int]]:
    """Each stack and how many sub-frames it lacks, which is read after its job's end."""
    night.views.refresh()
    (blocks,) = night.store.blocks.values()
    return sorted((str(block.stack_name)[:11], block.late) for block in blocks)


async def test_a_block_that_grew_says_so_and_is_stacked_again_when_asked(tmp_path: Path) -> None:
    root = tmp_path / "scope"
    take(root, shots(12))
    async with night_on(tmp_path) as (_, night):
        await until(lambda: states(night) == [BlockState.READY])
        await night.do(Stack())
        await until(lambda: states(night) == [BlockState.STACKED], 60)
        assert the_block(night).late == 0
        assert (await night.do(Stack(restack=True))).jobs == ()

        take(root, shots(15)[12:])
        await night.look()
        assert the_block(night).late == 3
        assert the_block(night).reason.startswith("3 sub-frames came after stacking")
        assert (await night.do(Stack())).jobs == ()

        assert len((await night.do(Stack(blocks=(the_block(night).key,), restack=True))).jobs) == 1
        await until(lambda: not night.unfinished() or bool(night.store.log), 60)
        await until(lambda: len(list((root / "MyWorks/M 81").glob("CrowdSky_*.fit"))) == 2, 60)
        await until(lambda: not night.unfinished(), 60)
        await night.look()
        await until(lambda: shown(night) == [("CrowdSky_12", 0), ("CrowdSky_15", 0)])
