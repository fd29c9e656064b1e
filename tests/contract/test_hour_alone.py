"""An hour of a live night with the agent and no key press; each number of its report is true."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_kit import Simulation, simulation

from crowdsky_tui.blocks import parse_crowdsky_name

PAGE_S = 100
LINE = re.compile(r"^S50 \S+  +(\S+(?: \S+)*)  +(\d+)  +(\d+)  +(\d+)  +(\d+)", re.MULTILINE)
"""Of the report: target, eligible blocks, stacked, sent, proved."""


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Simulation]:
    with simulation(tmp_path, "--scopes", "1", "--live", "--speed", "900") as running:
        yield running


def on_the_scope(sim: Simulation) -> Counter[str]:
    """How many finished stacks of each target lie on the telescope."""
    return Counter(
        name.target for each in sim.scope_files("CrowdSky_*.fit")
        if (name := parse_crowdsky_name(each)) is not None
    )  # fmt: skip


async def test_every_number_of_its_report_is_the_stand_ins(sim: Simulation) -> None:
    with sim.config.open("a") as config:
        config.write('\n[automatic]\nwhen = "idle"\n')
    agent = sim.begin("agent")
    page = sim.state / "report-2026-02-27.txt"
    try:
        async with asyncio.timeout(PAGE_S):
            while not page.exists():
                assert agent.poll() is None
                await asyncio.sleep(0.2)
    finally:
        agent.terminate()
        _, complaints = await asyncio.to_thread(agent.communicate, timeout=30)
    assert "Traceback" not in complaints

    text = page.read_text()
    rows = Counter(row["object_name"] for row in sim.rows())
    stacks = on_the_scope(sim)
    told = {target: tuple(map(int, counts)) for target, *counts in LINE.findall(text)}
    assert told == {target: (n, n, n, n) for target, n in stacks.items()}
    assert rows == stacks and len(set(sim.identities())) == sum(rows.values())
    total = sum(stacks.values())
    assert f"All {total} eligible blocks are proved." in text
    assert "Needs you" not in text and "Not proved yet" not in text

    report = json.loads(sim.run("report", "--json").stdout)
    short = sum(line["short"] for line in report["targets"])
    assert short == sum(int(n) for n in re.findall(r"(\d+) too short", text))
    (scope,) = report["scopes"]
    free = re.search(r"([\d.]+) GB free", text)
    assert free is not None and scope["free_gb"] == pytest.approx(float(free[1]), abs=0.06)
    assert abs(scope["clock_offset_s"]) <= 450  # a clock this fast runs while one asks
