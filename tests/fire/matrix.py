"""One case of the kill matrix: die as planned, come back, and look whether all is well."""

import asyncio
import json
import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from plan import Plan
from truth import (
    check_arrived_once,
    check_journal,
    check_server,
    check_tidy,
    contents,
    unfinished,
)
from world import World, Zygote, add_faults, world

from crowdsky_tui.jobs.kinds.hold import HOLDING

RECOVERIES = 8
DIED = -9
COMMANDS = {
    "purge": ("purge", "--all", "--yes"),
    "hold": ("clean",),
    "unhold": ("clean", "--undo"),
    "empty": ("clean", "--empty", "--yes"),
}
BEFORE = {"unhold": (("clean",),), "empty": (("clean",),)}


async def run_case(plan: Plan, root: Path, zygote: Zygote) -> int:
    """Run one plan in an empty folder; how many of its deaths were died. AssertionError if ill."""
    async with world(root, firmware=plan.firmware) as night:
        if plan.tidies:
            return await _tidy(plan, night, zygote)
        add_faults(night.server, plan.faults)
        died = await _die(plan, night, zygote, "sync", "--json")
        await _recover(night, zygote)
        check_arrived_once(night)
        check_journal(night)
    return died


async def _die(plan: Plan, night: World, zygote: Zygote, *arguments: str) -> int:
    died = 0
    for death in plan.deaths:
        code, _ = await night.run(
            zygote,
            *arguments,
            point=death.point,
            nth=death.nth,
            who=plan.tidies,
            power=plan.power,
        )
        died += code == DIED
    return died


async def _settle(night: World, zygote: Zygote, left: Sequence[dict[str, Any]]) -> None:
    """The user's word on each, after a look at the jobs on the web site."""
    there = {job.filename for job in night.server.jobs}
    for one in left:
        word = "--arrived" if one["stack"] in there else "--again"
        begin = datetime.fromisoformat(one["block_start"])
        await night.run(zygote, "settle", "--block", f"{begin:%H:%M}", word)


async def _recover(night: World, zygote: Zygote) -> None:
    """Do what a user does: start it again, and again if it says that something is left.

    What was handed over and never answered for is settled by what is sent in a later night; where
    the server's numbers do not tell even then, the user looks and says what became of it.
    """
    document: dict[str, Any] = {}
    for _ in range(RECOVERIES):
        code, output = await night.run(zygote, "sync", "--json")
        if not output:  # a server that is down says so, and nothing is done
            assert code in (3, 4), (night.root / "err.txt").read_text()[-2000:]
            continue
        document = json.loads(output)
        left = document["not_proved"]
        if code == 0 and not left:
            assert document["confirmed_total"] == night.wanted
            return
        assert all(one["reason"] for one in left), "unproved without a reason"
        if left and all("never answered for" in one["reason"] for one in left):
            if night.later_blocks:
                await _settle(night, zygote, left)
            else:
                night.another_block()
    raise AssertionError(f"not at rest after {RECOVERIES} runs: {document}")


async def _tidy(plan: Plan, night: World, zygote: Zygote) -> int:
    """Everything is on the server; making room on the telescope is cut off, and done again."""
    await _recover(night, zygote)
    before = contents(night.stacks("CrowdSky_*"))
    for arguments in BEFORE.get(plan.tidies, ()):
        assert (await night.run(zygote, *arguments))[0] == 0
    command = COMMANDS[plan.tidies]
    died = await _die(plan, night, zygote, *command)
    code, _ = await night.run(zygote, *command)
    assert code == 0
    assert unfinished(night.state) == [], "something is left undone"
    there, held = night.stacks("CrowdSky_*", "MyWorks"), night.stacks("CrowdSky_*", HOLDING)
    wanted = {"hold": ({}, before), "unhold": (before, {})}.get(plan.tidies, ({}, {}))
    assert (contents(there), contents(held)) == wanted, f"{len(there)} there, {len(held)} held"
    assert len(night.stacks("Light_*.fit")) == 12 * 3 + 3
    code, output = await night.run(zygote, "sync", "--json")
    assert (code, json.loads(output)["not_proved"]) == (0, [])
    assert night.started() == night.blocks, "what is on the server was stacked again"
    check_server(night, night.blocks)
    check_tidy(night)
    return died


class Outcome(msgspec.Struct, frozen=True):
    """How a case went; `problem` is empty if all was well, `died` counts the deaths died."""

    plan: Plan
    died: int
    seconds: float
    problem: str


async def run_cases(
    plans: Sequence[Plan],
    root: Path,
    *,
    beside: int = 3,
    tell: Callable[[Outcome], None] = lambda outcome: None,
) -> list[Outcome]:
    """Run many cases, `beside` each other, each in a folder below `root`.

    The folder of a case that went wrong is kept, with what its commands said in `err.txt`.
    """
    waiting = list(reversed(plans))
    outcomes: list[Outcome] = []

    async def work() -> None:
        zygote = Zygote()
        try:
            while waiting:
                plan = waiting.pop()
                outcome = await _outcome(plan, root, zygote)
                outcomes.append(outcome)
                tell(outcome)
        finally:
            await zygote.close()

    await asyncio.gather(*(work() for _ in range(beside)))
    return outcomes


async def _outcome(plan: Plan, root: Path, zygote: Zygote) -> Outcome:
    folder = Path(tempfile.mkdtemp(prefix=f"{plan.step.replace(' ', '-')}-{plan.seed}-", dir=root))
    began = time.monotonic()
    died, problem = 0, ""
    try:
        died = await run_case(plan, folder, zygote)
    except (AssertionError, TimeoutError, OSError, ValueError) as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        problem = f"{type(error).__name__}: {error} at {where.line} (see {folder})"
    else:
        await asyncio.to_thread(shutil.rmtree, folder)
    return Outcome(plan, died, time.monotonic() - began, problem)
