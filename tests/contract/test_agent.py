"""The agent: the night by itself, an app that attaches to it, and a clean end."""

import asyncio
import os
import re
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_kit import COMMAND, Simulation, simulation

from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.cli.verbs.agent import unit_text
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.night.calls.jobs import Cancel, DryRun, Stack, Upload
from crowdsky_tui.store.store import BlockState


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Simulation]:
    with simulation(tmp_path, "--scopes", "1") as running:
        yield running


@pytest.fixture
def agent(sim: Simulation) -> "Iterator[subprocess.Popen[str]]":
    process = sim.begin("agent")
    assert process.stderr is not None
    assert "at work on 1 scopes" in process.stderr.readline()
    yield process
    process.kill()
    process.communicate()


def states(night: RemoteNight) -> list[BlockState]:
    return [block.state for blocks in night.store.blocks.values() for block in blocks]


async def until(check: "object", seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not check():  # type: ignore[operator]
            await asyncio.sleep(0.1)


async def test_it_does_the_night_and_shows_it_to_an_app(
    sim: Simulation, agent: "subprocess.Popen[str]"
) -> None:
    mode = (sim.state / "agent.sock").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    night = RemoteNight(read_settings(sim.config, {}).settings)
    await night.open()
    try:
        await until(lambda: night.store.targets and night.store.log)
        done = {BlockState.CONFIRMED, BlockState.SHORT}
        await until(lambda: night.store.blocks and set(states(night)) <= done)
        assert len(sim.rows()) == states(night).count(BlockState.CONFIRMED)
        assert len(night.store.server.stacks) == len(sim.rows())
        assert night.clock.simulated and night.clock.speed == 600
        plan = await night.do(DryRun())
        assert {line.action for line in plan} == {"skip"}
        assert "0 blocks" in (await night.do(Stack())).note
        assert await night.do(Cancel(99999)) == "That job is over already."
        assert night.unfinished() == ()
    finally:
        await night.close()
    assert agent.poll() is None  # the app has gone, the agent has not
    asked = sim.run("stack", "--all")
    assert asked.returncode == 0 and "the agent at work here" in asked.stderr

    agent.send_signal(signal.SIGTERM)
    assert agent.wait(10) == 128 + signal.SIGTERM
    assert not (sim.state / "agent.sock").exists()


async def test_an_app_is_told_when_the_agent_dies(
    sim: Simulation, agent: "subprocess.Popen[str]"
) -> None:
    night = RemoteNight(read_settings(sim.config, {}).settings)
    await night.open()
    try:
        agent.kill()
        await until(lambda: night.store.log and "has gone" in night.store.log[-1].text, 60)
        with pytest.raises(CrowdSkyError, match="agent"):
            await night.do(Upload())
    finally:
        await night.close()
    nobody = RemoteNight(read_settings(sim.config, {}).settings)
    with pytest.raises(CrowdSkyError, match="does not answer"):
        await nobody.open()
    await nobody.close()


def test_the_unit_quotes_its_arguments_and_install_starts_nothing(tmp_path: Path) -> None:
    text = unit_text(["/opt/my tools/crowdsky-tui", "--config", "/home/a%b/$c.toml", "agent"])
    assert 'ExecStart="/opt/my tools/crowdsky-tui" --config "/home/a%%b/$$c.toml" agent\n' in text
    config = tmp_path / "config.toml"
    config.write_text("")
    done = subprocess.run(
        [*COMMAND, "--config", str(config), "agent", "--install"],
        capture_output=True,
        text=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "enable-linger" in done.stdout
    unit = (tmp_path / ".config/systemd/user/crowdsky-tui.service").read_text()
    assert f"--config {config} agent" in unit
    assert "while nobody is logged in" in done.stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
@pytest.mark.parametrize(
    "folder",
    ["my $tools %", "o'brien's", 'say "hi"', "back\\slash", "a;b", "${HOME} %h", "ö ½", "a=b"],
)
def test_systemd_finds_no_fault_with_the_unit(tmp_path: Path, folder: str) -> None:
    program = tmp_path / folder / "crowdsky-tui"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "crowdsky-tui.service"
    given = [str(program), "--config", f"/home/a%b/$c d'/{folder}.toml", "agent"]
    unit.write_text(unit_text(given))
    done = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(unit)],
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert complaints == [], done.stderr
    assert done.returncode == 0, done.stderr


def test_what_a_shell_starts_for_systemd_gets_its_arguments_as_they_are(tmp_path: Path) -> None:
    program = tmp_path / 'o\'brien "x" \\ $y' / "crowdsky-tui"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s|" "$@"\n')
    program.chmod(0o755)
    given = ["--config", "/home/a b/$c'd\".toml", "agent"]
    text = unit_text([str(program), *given])
    (line,) = (line for line in text.splitlines() if line.startswith("ExecStart="))
    done = subprocess.run(words_of(line), capture_output=True, text=True, check=True)
    assert done.stdout == "".join(f"{word}|" for word in given)


def words_of(line: str) -> list[str]:
    """ExecStart's words as systemd reads them: double quotes, backslashes, `%%` and `$$`."""
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line.removeprefix("ExecStart="))
    plain = [re.sub(r"\\(.)", r"\1", quoted or bare) for quoted, bare in words]
    return [word.replace("%%", "%").replace("$$", "$") for word in plain]
