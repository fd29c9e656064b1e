"""Kill -9 at every step of a request at telescope.org and of its picture's download.

Whatever the step: one request on the server, one good file in the cache. Five steps of each are
part of every run; all of them, with ten seeds: `pytest -m long tests/fire/test_remote_kills.py`.
"""

import asyncio
import json
import random
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.fits.completeness import inspect_file
from crowdsky_tui.services.telescope_org.picture_check import check_zip
from crowdsky_tui.simulator.telescope_org.faults import Fault
from crowdsky_tui.simulator.telescope_org.server import TelescopeOrgStandIn

HERE = Path(__file__).parent
ORIGIN = datetime(2024, 11, 17, 20, tzinfo=UTC)
SPEED = 3600.0
REQUEST, WATCH, FETCH = "remote-request", "remote-watch", "remote-fetch"
SUBMISSION_STEPS = (
    f"asking {REQUEST}", f"asked {REQUEST}", f"{REQUEST} running",
    "before get-list-own", "after get-list-own",
    f"{REQUEST} noting hand over", f"{REQUEST} noted hand over",
    "before rb-clear", "after rb-clear", "before rb-set", "after rb-set",
    "before rb-submit", "after rb-submit",
    f"{REQUEST} noting taken", f"{REQUEST} noted taken", f"{REQUEST} proving", f"{REQUEST} proved",
)  # fmt: skip
DOWNLOAD_STEPS = (
    f"{WATCH} running", "before page", "after page", f"{WATCH} proving", f"{WATCH} proved",
    f"{FETCH} running", f"{FETCH} noting download", f"{FETCH} noted download",
    "before create", "after create", "before is-job-ready", "after is-job-ready",
    "file half", "file whole", "file naming", "file named",
    "frame noting", "frame noted", f"{FETCH} proving", f"{FETCH} proved",
)  # fmt: skip
SHORT_SUBMISSION = (
    "after rb-clear", "before rb-submit", "after rb-submit", f"{REQUEST} noting taken",
    f"{REQUEST} proved",
)  # fmt: skip
SHORT_DOWNLOAD = (
    f"{FETCH} noted download", "after create", "file half", "file naming", "frame noting",
)  # fmt: skip
CASES = [
    pytest.param(SHORT_SUBMISSION, 1, id="submission"),
    pytest.param(SHORT_DOWNLOAD, 1, id="download"),
    *(
        pytest.param(steps, seed, id=f"{name}, each step, seed {seed}", marks=pytest.mark.long)
        for name, steps in (("submission", SUBMISSION_STEPS), ("download", DOWNLOAD_STEPS))
        for seed in range(1, 11)
    ),
]


class Children:
    """The process whose forks do the jobs."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def run(self, order: dict[str, Any]) -> int:
        """The exit code of a child with this order; negative for the signal that ended it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        await self._process.stdin.drain()
        async with asyncio.timeout(120):
            return int(json.loads(await self._process.stdout.readline())["code"])


@pytest.fixture
async def children() -> AsyncIterator[Children]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "remote_doomed.py", cwd=HERE,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    yield Children(process)
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()


def spoil(site: TelescopeOrgStandIn, dice: random.Random) -> None:
    """What else goes wrong, by the seed: an answer that is lost, a file that comes cut."""
    site.faults.ready_at_poll = dice.choice((1, 2, 3))
    for endpoint, kinds in (
        ("submit", ("lost", "reset", "html", "")),
        ("download", ("length", "reset", "lost", "")),
        ("ready", ("reset", "null", "")),
        ("details", ("reset", "")),
    ):
        kind: Any = dice.choice(kinds)
        if kind:
            site.faults.endpoints[endpoint] = Fault(kind, 100)


async def a_case(children: Children, folder: Path, step: str, seed: int) -> int:
    """One plan to its end; how often a child died. Asserts what is to be there then."""
    since = datetime.now(UTC)
    site = TelescopeOrgStandIn(Clock(ORIGIN, since, SPEED))
    await site.start()
    try:
        before = set(site.account.requests)
        dice = random.Random(f"{step} {seed}")
        if seed > 1:
            spoil(site, dice)
        form = dice.choice(("cube", "zip"))
        point = step.replace("create", "create-dl3d" if form == "cube" else "create-dlzip")
        order = {
            "folder": str(folder), "url": site.url, "username": site.account.username,
            "password": site.account.password, "form": form, "filter": dice.choice(("BVR", "V")),
            "origin": ORIGIN.isoformat(), "since": since.isoformat(), "err": str(folder / "err"),
            "point": point, "nth": 1 if seed == 1 else dice.choice((1, 1, 2)),
        }  # fmt: skip
        died, deaths = 0, 1 if seed == 1 else dice.choice((1, 2))
        while (code := await children.run(order)) == -9:
            died += 1
            if died == deaths:
                order["point"] = ""
        assert code == 0, f"{step} {seed}: {(folder / 'err').read_text()}"
        await asyncio.to_thread(see, site, folder, before, f"{step} {seed}")
        return died
    finally:
        await site.stop()


def see(site: TelescopeOrgStandIn, folder: Path, before: set[int], what: str) -> None:
    """One request, one good file."""
    assert len(set(site.account.requests) - before) == 1, f"{what}: not one request"
    (path,) = [each for each in (folder / "cache").rglob("*") if each.is_file()]
    if path.suffix == ".zip":
        check_zip(path, path.name)
    else:
        assert inspect_file(path, path.name).size == path.stat().st_size


@pytest.mark.parametrize(("steps", "seed"), CASES)
async def test_killed_at_any_step_there_is_one_request_and_one_file(
    children: Children, tmp_path: Path, steps: tuple[str, ...], seed: int
) -> None:
    never = []
    for index, step in enumerate(steps):
        folder = tmp_path / str(index)
        folder.mkdir()
        if not await a_case(children, folder, step, seed) and seed == 1:
            never.append(step)
    assert never == [], "nobody died there: the step is not passed any more"
