"""The child process: started late, replaced when it dies, never in the way."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from science_files import write

from crowdsky_tui.base.errors import FileDamaged, ScienceUnavailable
from crowdsky_tui.compute.client import Science

ANSWER = '{"damage":{"what":"this answer","why":"","next_step":""}}'
"""A stand-in child's answer; as a damage it is known by its text."""


@pytest.fixture
async def science() -> AsyncIterator[Science]:
    service = Science()
    yield service
    await service.close()


def stand_in(folder: Path, first: str, later: str) -> list[str]:
    """A child that treats each request line by `first` in its first life and by `later` after."""
    code = f"""
import os, sys, time
life = {str(folder / "life")!r}
acts = {later!r} if os.path.exists(life) else {first!r}
open(life, "a").close()
for line in sys.stdin:
    exec(acts)
"""
    return [sys.executable, "-c", code]


ANSWERS = f"print({ANSWER!r}, flush=True)"
DIES = "os._exit(1)"
HANGS = "time.sleep(60)"


async def gone(pid: int) -> bool:
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return True
        await asyncio.sleep(0.02)
    return False


async def test_it_answers_and_reports_damage(science: Science, tmp_path: Path) -> None:
    assert science.pid is None
    path = tmp_path / "stack.fit"
    data = write(path)
    header, facts = await asyncio.gather(science.header_facts(data), science.inspect(path))
    assert facts.header == header
    assert facts.size == len(data)
    path.write_bytes(data[:4000])
    with pytest.raises(FileDamaged) as caught:
        await science.inspect(path)
    assert str(caught.value) == "stack.fit is cut short: 4,000 of 5,760 bytes. Fetch it again"
    assert (await science.header_facts(data + bytes(200_000))).pixel == 6478


async def test_a_child_killed_between_requests_is_replaced(
    science: Science, tmp_path: Path
) -> None:
    data = write(tmp_path / "stack.fit")
    await science.header_facts(data)
    first = science.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    assert (await science.header_facts(data)).object_name == "M 81"
    assert science.pid not in {None, first}


async def test_a_child_that_dies_of_something_else_is_asked_again(tmp_path: Path) -> None:
    science = Science(stand_in(tmp_path, DIES, ANSWERS))
    with pytest.raises(FileDamaged, match="this answer"):
        await science.header_facts(b"x")
    await science.close()


async def test_a_child_killed_during_a_request_is_replaced(tmp_path: Path) -> None:
    science = Science(stand_in(tmp_path, HANGS, ANSWERS))
    request = asyncio.create_task(science.header_facts(b"x"))
    while science.pid is None:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    os.kill(science.pid, signal.SIGKILL)
    with pytest.raises(FileDamaged, match="this answer"):
        await request
    await science.close()


async def test_a_request_that_kills_every_child_is_to_blame(tmp_path: Path) -> None:
    science = Science(stand_in(tmp_path, DIES, DIES))
    with pytest.raises(FileDamaged) as caught:
        await science.inspect(tmp_path / "bad\x1b.fit")
    assert caught.value.what == "bad\ufffd.fit cannot be read"
    assert science.pid is None
    await science.close()


@pytest.mark.parametrize("acts", ["print('nonsense', flush=True)", "print('x' * 2000000)"])
async def test_an_answer_that_is_none_counts_as_a_death(tmp_path: Path, acts: str) -> None:
    science = Science(stand_in(tmp_path, acts, ANSWERS))
    with pytest.raises(FileDamaged, match="this answer"):
        await science.header_facts(b"x")
    await science.close()


async def test_a_request_that_takes_too_long(tmp_path: Path) -> None:
    science = Science(stand_in(tmp_path, HANGS, ANSWERS), timeout_s=1.5)
    request = asyncio.create_task(science.header_facts(b"x"))
    while science.pid is None:
        await asyncio.sleep(0.01)
    pid = science.pid
    with pytest.raises(FileDamaged, match=r"longer than 1\.5 s"):
        await request
    assert pid is not None and await gone(pid)
    with pytest.raises(FileDamaged, match="this answer"):
        await science.header_facts(b"x")
    await science.close()


async def test_a_cancelled_request_leaves_no_answer_behind(tmp_path: Path) -> None:
    late = "time.sleep(0.3); print('{}', flush=True)"
    science = Science(stand_in(tmp_path, late, ANSWERS))
    request = asyncio.create_task(science.header_facts(b"x"))
    while not (tmp_path / "life").exists():
        await asyncio.sleep(0.01)
    pid = science.pid
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    with pytest.raises(FileDamaged, match="this answer"):
        await science.header_facts(b"x")
    assert pid is not None and await gone(pid)
    await science.close()


async def test_closing_twice_and_without_a_child(tmp_path: Path) -> None:
    science = Science()
    await science.header_facts(write(tmp_path / "stack.fit"))
    pid = science.pid
    assert pid is not None
    await science.close()
    await science.close()
    assert pid is not None and await gone(pid)
    assert science.pid is None
    with pytest.raises(ScienceUnavailable):
        await science.header_facts(b"x")
    unused = Science()
    await asyncio.gather(unused.close(), unused.close())
    assert unused.pid is None


async def test_closing_does_not_wait_for_a_request(tmp_path: Path) -> None:
    science = Science(stand_in(tmp_path, HANGS, HANGS))
    requests = [asyncio.create_task(science.header_facts(b"x")) for _ in range(3)]
    while science.pid is None:
        await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        await science.close()
        outcomes = await asyncio.gather(*requests, return_exceptions=True)
    assert all(isinstance(outcome, ScienceUnavailable) for outcome in outcomes)
    assert science.pid is None


async def test_a_child_that_cannot_be_started(tmp_path: Path) -> None:
    science = Science([str(tmp_path / "no-such-program")])
    with pytest.raises(ScienceUnavailable, match="No such file"):
        await science.header_facts(b"x")
    await science.close()


async def test_the_child_limits_itself(science: Science, tmp_path: Path) -> None:
    await science.header_facts(write(tmp_path / "stack.fit"))
    assert science.pid is not None
    limits = Path(f"/proc/{science.pid}/limits").read_text()
    (memory,) = [line.split()[3] for line in limits.splitlines() if "address space" in line]
    assert int(memory) <= 2 * 1024**3
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, science.pid) == min(own + 5, 19)
    threads = Path(f"/proc/{science.pid}/task")
    assert len(list(threads.iterdir())) == 1


def test_the_child_ends_with_its_input() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "crowdsky_tui.compute"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


def test_the_parent_stays_free_of_astropy(tmp_path: Path) -> None:
    path = tmp_path / "stack.fit"
    write(path)
    code = f"""
import asyncio, sys
from pathlib import Path
from crowdsky_tui.compute.client import Science

async def main():
    science = Science()
    print((await science.inspect(Path({str(path)!r}))).header.pixel)
    await science.close()

asyncio.run(main())
print([name for name in ("astropy", "numpy", "astropy_healpix") if name in sys.modules])
"""
    run = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.stdout.splitlines() == ["6478", "[]"]
    assert run.stderr == ""
