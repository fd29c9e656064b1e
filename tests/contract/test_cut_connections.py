"""The connection is cut before, inside and after every single step of a stack run.

The steps are all commands and all file operations; a run without a fault counts them, so that none
is left out by name.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from device_kit import joined, shots, unstacked
from seestar_kit import running, take

from crowdsky_tui.base.errors import ScopeUnreachable
from crowdsky_tui.instruments.seestar.files.access import ScopeFileAccess
from crowdsky_tui.instruments.seestar.files.records import StackResult
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.instruments.seestar.stacking.stack_block import stack_block
from crowdsky_tui.simulator.seestar.scope import Client
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn

FRAMES = 12
LOOK = "iscope_get_app_state"
STEPS = (
    "list 1", f"{LOOK} 1", f"{LOOK} 2", "clear_batch_stack 1", "set_batch_stack_setting 1",
    "get_batch_stack_setting 1", "start_batch_stack 1", f"{LOOK} 3", f"{LOOK} 4",
    "get_batch_stack_setting 2", "read_range 1", "read_range 2", "read_range 3", "rename 1",
    "rename 2", "rename 3", "list 2", "clear_batch_stack 2", "create 1",
    *(f"{step} {number}" for step in ("read_share", "replace") for number in range(1, 7)),
    "read_share 7", "read_share 8", "delete 1",
)  # fmt: skip
"""Of a run without a fault; it only looks more often after that."""
KEEPING = frozenset({"test_connection", "get_device_state", "pi_get_time", "get_verify_str"})
"""What the connection itself says, at moments of its own."""
FILE_STEPS = ("list", "read_range", "rename", "read_share", "create", "replace", "delete")
RESUMES = 5

Operation = Callable[[], Awaitable[Any]]


class Cutter:
    """Cuts at one step, at one moment of it, and once; counts all steps.

    `before`: the step never happens. `inside`: it is done, its answer lost. `after`: it is
    answered, then the connection is cut.
    """

    def __init__(self, step: str = "", moment: str = "") -> None:
        self.step = step
        self.moment = moment
        self.seen: list[str] = []
        self.cut = False
        self.counting = False
        self._count: Counter[str] = Counter()

    def hits(self, name: str) -> bool:
        """Count a step; whether it is the one to be cut."""
        if not self.counting or name in KEEPING:
            return False
        self._count[name] += 1
        self.seen.append(f"{name} {self._count[name]}")
        hit = not self.cut and self.seen[-1] == self.step
        self.cut = self.cut or hit
        return hit

    def wrap(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand between the telescope and whoever asks it."""
        answer = SeestarStandIn._answer

        async def answered(scope: SeestarStandIn, client: Client, request: dict[str, Any]) -> None:
            hit = self.hits(str(request.get("method")))
            if hit and self.moment == "inside":
                client.writer.close()
            if not (hit and self.moment == "before"):
                await answer(scope, client, request)
            if hit:
                client.writer.close()

        monkeypatch.setattr(SeestarStandIn, "_answer", answered)
        for name in FILE_STEPS:
            monkeypatch.setattr(ScopeFileAccess, name, self._file_step(name))

    def _file_step(self, name: str) -> Callable[..., Awaitable[Any]]:
        real = getattr(ScopeFileAccess, name)

        async def done(files: ScopeFileAccess, *about: Any) -> Any:
            hit = self.hits(name)
            if hit and self.moment == "before":
                raise ScopeUnreachable("the share is gone")
            result = await real(files, *about)
            if hit and self.moment == "inside":
                raise ScopeUnreachable("the share went")
            return result

        return done


class Notes:
    """The notes of a run, as the job queue keeps them."""

    def __init__(self) -> None:
        self.facts: dict[str, object] = {}
        self.begun = False

    async def note(self, step: str, facts: dict[str, object]) -> None:
        self.begun = True
        self.facts.update(facts)


async def stack_until_done(service: SeestarService, cutter: Cutter) -> StackResult:
    """Stack the block; what breaks is taken up again from the notes, as the queue does."""
    known = await service.list_blocks("M 81")
    (block,) = known.blocks
    notes = Notes()
    cutter.counting = True
    for _ in range(RESUMES):
        await service.wait_ready(5)
        try:
            return await stack_block(
                service,
                known.target,
                block,
                note=notes.note,
                progress=lambda *_: None,
                started_before=notes.begun,
                noted=notes.facts,
            )
        except ScopeUnreachable:
            await asyncio.sleep(0.02)
    raise AssertionError("it never came to an end")


async def run_with(root: Path, monkeypatch: pytest.MonkeyPatch, cutter: Cutter) -> None:
    """One block with the connection cut once: one stack and its two pictures are there then."""
    take(root, shots(FRAMES))
    cutter.wrap(monkeypatch)
    async with running(root, speed=600.0) as scope, joined(scope) as service:
        result = await stack_until_done(service, cutter)
        cutter.counting = False
        assert result.frames == FRAMES
        assert await unstacked(service, "M 81") == []
    left = {path.name for path in (root / "MyWorks/M 81").iterdir()}
    stem = result.name.removesuffix(".fit")
    assert stem.startswith(f"CrowdSky_{FRAMES}_M 81_20.0s_")
    made = {name for name in left if not name.startswith("Stacked")}
    assert made == {f"{stem}{end}" for end in (".fit", ".jpg", "_thn.jpg")}


async def test_these_are_all_steps_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cutter = Cutter()
    await run_with(tmp_path, monkeypatch, cutter)
    more_looks = {step for step in cutter.seen if step.startswith(LOOK)}
    assert set(cutter.seen) - more_looks == {step for step in STEPS if not step.startswith(LOOK)}
    assert len(more_looks) >= 3


@pytest.mark.parametrize("moment", ["before", "inside", "after"])
@pytest.mark.parametrize("step", STEPS)
async def test_cut_at_any_step_each_block_is_stacked_exactly_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, moment: str
) -> None:
    cutter = Cutter(step, moment)
    await run_with(tmp_path, monkeypatch, cutter)
    assert cutter.cut
