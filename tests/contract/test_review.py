"""The review on the stand-ins: what is graded how, what is held, and what is sent."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from commands_kit import Simulation, simulation

from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.agent.server import Listener
from crowdsky_tui.base.errors import CrowdSkyError, UsageError
from crowdsky_tui.compute.client import Science
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.night.calls.review import (
    DrawStack,
    ListReview,
    ListSteps,
    MarkStack,
    MeasureStack,
    SendKept,
)
from crowdsky_tui.night.night import Night
from crowdsky_tui.photometry.measures import Quality
from crowdsky_tui.review.grades import Grade, grade, hints
from crowdsky_tui.review.stack_review import ReviewItem
from crowdsky_tui.simulator.frames import Stack, light_cards, write_stack
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.sky import Scene, debayer
from crowdsky_tui.simulator.star_field import generator
from crowdsky_tui.store.store import BlockState

BEGUN = datetime(2026, 2, 27, 20, 0, tzinfo=UTC)
FRAMES = 12
ORDER = [Grade.GOOD, Grade.DOUBTFUL, Grade.POOR]


def demo_stack(folder: Path, name: str, quality: str, number: int) -> Path:
    """A stack of the demo's sky, as its telescope would write it."""
    scene = Scene(1, "M 81", (192, 108), exposure_s=20.0, quality=quality)  # type: ignore[arg-type]
    random = generator(number, name)
    total = sum(scene.expose(random, each).astype(np.float32) for each in range(FRAMES))
    cards = light_cards(
        Profile(), "a349", target="M 81", position=(149.4, 68.9), begun=BEGUN,
        ended=BEGUN + timedelta(seconds=20), exposure_s=20.0, filter="IRCUT",
    )  # fmt: skip
    header = {key: value for key, value, _ in cards}
    write_stack(
        folder, name, Stack(debayer(np.asarray(total / FRAMES, np.float32)), header, FRAMES)
    )
    return folder / name


async def test_bad_blocks_of_the_demo_are_graded_worse_than_good_ones(tmp_path: Path) -> None:
    science = Science()
    found: dict[str, Quality] = {}
    kinds = {f"clear{number}": "clear" for number in range(5)}
    kinds |= {kind: kind for kind in ("hazy", "trailed", "defocused")}
    try:
        for number, (name, kind) in enumerate(kinds.items()):
            path = demo_stack(tmp_path, f"{name}.fit", kind, number)
            found[name] = await science.quality(path)
    finally:
        await science.close()
    verdicts = {
        name: grade(own, [other for each, other in found.items() if each != name])
        for name, own in found.items()
    }
    grades = {name: verdict.grade for name, verdict in verdicts.items()}
    assert {grades[f"clear{number}"] for number in range(5)} == {Grade.GOOD}
    assert ORDER.index(grades["hazy"]) > 0
    assert grades["trailed"] is Grade.POOR and "elongation" in verdicts["trailed"].text
    assert grades["defocused"] is Grade.POOR and "FWHM" in verdicts["defocused"].text
    good = [found[f"clear{number}"] for number in range(5)]
    assert "clouds or haze" in " ".join(hints(found["hazy"], good))
    assert "trails" in " ".join(hints(found["trailed"], good))
    assert all(each.fwhm_arcsec and each.frames == FRAMES for each in found.values())


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Simulation]:
    with simulation(tmp_path, "--scopes", "1") as running:
        yield running


def settings(sim: Simulation, mode: str) -> Settings:
    return read_settings(sim.config, {}, {"review.mode": mode}).settings


async def until(check: Callable[[], object], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not check():
            await asyncio.sleep(0.1)


async def ready(night: Night) -> None:
    await night.start()
    await night.look()
    await until(lambda: night.store.blocks)


def find(items: tuple[ReviewItem, ...], target: str, at: str) -> ReviewItem:
    (item,) = (
        each
        for each in items
        if each.block.target == target and f"{each.block.block_start:%H:%M}" == at
    )
    return item


async def all_steps_proved(remote: RemoteNight, item: ReviewItem) -> None:
    steps = await remote.do(ListSteps(item.block.key))
    assert {"stack", "fetch", "upload"} <= {step.kind for step in steps}
    async with asyncio.timeout(30):  # the list tells it a moment before the journal does
        while not all(step.proved_at for step in steps):
            await asyncio.sleep(0.05)
            steps = await remote.do(ListSteps(item.block.key))


async def test_all_waits_for_a_persons_word_and_only_kept_stacks_go(sim: Simulation) -> None:
    async with Night(settings(sim, "all")) as night:
        await ready(night)
        leo = [key for key in night.store.targets if key.name == "AM Leo"]
        await night.sync(leo)
        await until(
            lambda: (
                [each.block.state for key in leo for each in night.situations([key])]
                == [BlockState.HELD] * 2
            )
        )
        remote = RemoteNight(night.settings)
        listener = Listener(night)
        await listener.open()
        await remote.open()
        try:
            items = await remote.do(ListReview())
            clear, trailed = find(items, "AM Leo", "22:30"), find(items, "AM Leo", "22:45")
            assert (await remote.do(MeasureStack(clear.stack_id))).graded is not None
            picture = await remote.do(DrawStack(clear.stack_id, 60, 60, 2, 2))
            assert len(picture.rgb) == 3 * picture.width * picture.height > 0
            assert "rejected" in await remote.do(MarkStack(trailed.stack_id, Mark.REJECTED))
            await remote.do(MarkStack(clear.stack_id, Mark.KEPT))
            assert "1 stack to send" in (await remote.do(SendKept())).note
            await until(lambda: night.situations(leo)[0].block.state is BlockState.CONFIRMED)
            await all_steps_proved(remote, clear)
            with pytest.raises(CrowdSkyError, match="sent already"):
                await remote.do(MarkStack(clear.stack_id, Mark.REJECTED))
            with pytest.raises(CrowdSkyError, match="no such stack"):
                await remote.do(MeasureStack("nothing"))
        finally:
            await remote.close()
            await listener.close()
        await night.sync(leo)
        rejected = night.situations(leo)[1]
        assert (rejected.block.state, rejected.to_upload) == (BlockState.REJECTED, False)
        assert len(sim.rows()) == 1

    async with Night(settings(sim, "off")) as again:  # the word outlives the program and the mode
        await ready(again)
        await again.list_quietly()
        states = [each.block.state for each in again.situations(leo)]
        assert states == [BlockState.CONFIRMED, BlockState.REJECTED]
        item = find(await again.review.items(), "AM Leo", "22:45")
        await again.review.mark(item.stack_id, Mark.NONE)
        assert again.situations(leo)[1].to_upload


async def test_hold_poor_sends_what_is_not_poor_by_itself(sim: Simulation) -> None:
    async with Night(settings(sim, "hold_poor")) as night:
        await ready(night)
        await night.sync()
        done = {BlockState.CONFIRMED, BlockState.SHORT, BlockState.HELD}
        await until(lambda: {each.block.state for each in night.situations()} <= done, 240)
        await until(lambda: not night.review.reviews.to_look_at)  # until then it is held as well
        held = [each for each in night.situations() if each.block.state is BlockState.HELD]
        items = await night.review.items()
        for each in held:
            assert "graded poor" in each.block.reason
        assert [each.order.target for each in held] in ([], ["AM Leo"])
        hazy = find(items, "M 81", "21:00")
        assert hazy.graded is not None
        assert (hazy.graded.grade, hazy.block.state) == (Grade.DOUBTFUL, BlockState.CONFIRMED)
        with pytest.raises(UsageError, match="sent already"):
            await night.review.mark(hazy.stack_id, Mark.HELD)
