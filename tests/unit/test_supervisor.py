"""The supervisor: an endless loop survives anything, and nothing else makes tasks."""

import ast
import asyncio
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import crowdsky_tui
from crowdsky_tui.base import supervisor
from crowdsky_tui.base.crash_log import CRASH_LOG
from crowdsky_tui.base.supervisor import Faults, NothingLeft, Supervisor

PACKAGE = Path(crowdsky_tui.__file__).parent
SOON_S = 5.0


class OddError(BaseException):
    """As a library in another language raises it: no Exception."""


def nested() -> None:
    raise ExceptionGroup("two", [KeyError("a"), ValueError("b")])


def recursive() -> None:
    recursive()


def odd() -> None:
    raise OddError


def stray() -> None:
    raise asyncio.CancelledError  # of something within; nobody asked it of the loop


def wrong() -> None:
    raise KeyError("hostile row")


@pytest.mark.parametrize("trouble", [wrong, nested, recursive, odd, stray, lambda: None])
async def test_an_endless_loop_begins_again_whatever_ends_it(
    tmp_path: Path, trouble: Callable[[], None]
) -> None:
    told: list[str] = []
    rounds, alive = 0, asyncio.Event()

    async def loop() -> None:
        nonlocal rounds
        rounds += 1
        if rounds < 3:
            trouble()
        else:
            alive.set()
            await asyncio.Event().wait()

    own = Supervisor(Faults(told.append, tmp_path), first_pause_s=0.01)
    task = own.keep("the watch of garden", loop)
    await asyncio.wait_for(alive.wait(), SOON_S)
    assert not task.done() and rounds == 3
    assert len(told) == 2 and all("the watch of garden" in line for line in told)
    assert "It begins again in" in told[0] and str(tmp_path) in told[0]
    assert (tmp_path / CRASH_LOG).read_text().count("Z crowdsky-tui ") == 2
    await own.close()
    assert task.cancelled()


async def test_a_crash_log_that_cannot_be_written_never_ends_anything() -> None:
    told: list[str] = []
    faults = Faults(told.append, Path("/proc/nope"))
    await faults.report("painting", KeyError("x"))
    [line] = told
    assert "painting" in line and "could not be written" in line

    def full(_line: str) -> None:
        raise OSError(28, "No space left on device")

    await Faults(full, Path("/proc/nope")).report("painting", KeyError("x"))


async def test_the_crash_log_never_fills_a_memory_card(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crowdsky_tui.base.crash_log.LARGEST_BYTES", 2000)
    faults = Faults(None, tmp_path)
    for _ in range(200):
        await faults.report("a loop", KeyError("x" * 300))
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == 2 and max(sizes) < 3000


async def test_a_fault_tells_no_text_of_the_error_itself(tmp_path: Path) -> None:
    told: list[str] = []
    await Faults(told.append, tmp_path).report("a call", ValueError("password s3cret"))
    assert "s3cret" not in told[0]


async def test_the_pause_doubles_up_to_its_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    enough = asyncio.Event()
    pause = asyncio.sleep

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 12:
            enough.set()
        await pause(0)

    async def loop() -> None:
        raise KeyError

    monkeypatch.setattr("asyncio.sleep", sleep)
    own = Supervisor(Faults())
    own.keep("a loop", loop)
    await asyncio.wait_for(enough.wait(), SOON_S)
    await own.close()
    assert slept[:4] == [0.5, 1.0, 2.0, 4.0]
    assert max(slept) == slept[11] == supervisor.LONGEST_PAUSE_S


async def test_the_first_pause_comes_back_only_after_a_long_good_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, slept = 0.0, []
    enough = asyncio.Event()
    pause = asyncio.sleep

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 4:
            enough.set()
        await pause(0)

    async def loop() -> None:
        nonlocal now
        now += supervisor.LONGEST_PAUSE_S if len(slept) == 2 else 1.0
        raise KeyError

    monkeypatch.setattr(supervisor, "monotonic", lambda: now)
    monkeypatch.setattr("asyncio.sleep", sleep)
    own = Supervisor(Faults())
    own.keep("a loop", loop)
    await asyncio.wait_for(enough.wait(), SOON_S)
    await own.close()
    assert slept[:4] == [0.5, 1.0, 0.5, 1.0]


async def test_a_loop_with_nothing_left_to_do_ends_and_no_fault_is_told() -> None:
    told: list[str] = []
    rounds = 0

    async def loop() -> None:
        nonlocal rounds
        rounds += 1
        raise NothingLeft

    own = Supervisor(Faults(told.append), first_pause_s=0.01)
    await asyncio.wait_for(own.keep("the watch of garden", loop), SOON_S)
    assert (rounds, told) == (1, [])


async def test_work_that_ends_is_not_begun_again_and_its_fault_is_told() -> None:
    told: list[str] = []
    own = Supervisor(Faults(told.append))

    async def once(fails: bool) -> None:
        if fails:
            raise KeyError

    await own.start("well", once(False))
    await own.start("badly", once(True))
    assert len(told) == 1 and "badly" in told[0]


async def test_close_ends_what_has_not_begun_and_waits_for_what_tidies_up() -> None:
    own = Supervisor()
    tidied = False

    async def work() -> None:
        nonlocal tidied
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)
            tidied = True

    own.start("begun", work())
    await asyncio.sleep(0)
    own.start("not begun", work())
    await own.close()
    assert tidied


async def test_close_never_waits_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "CLOSE_PATIENCE_S", 0.05)
    own, over = Supervisor(), asyncio.Event()

    async def stubborn() -> None:
        while not over.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await over.wait()

    task = own.start("stubborn", stubborn())
    await asyncio.sleep(0)
    await asyncio.wait_for(own.close(), SOON_S)
    over.set()
    await task


MAKERS = {"create_task", "ensure_future"}
ALLOWED = {
    "base/supervisor.py": "the supervisor itself",
    "base/write_behind.py": "one write, awaited by the next or `end`, which whoever writes calls",
    "base/threads.py": "work that is awaited to its end in the same function",
    "jobs/engine/work.py": "a job's work, whose end its owner awaits",
    "instruments/alpaca/transfer.py": "one read in a thread, awaited by the fetch that began it",
    "services/crowdsky/archive.py": "an asyncio.TaskGroup",
    "services/crowdsky/upload.py": "one read ahead, awaited by the upload that began it",
    "cli/ending.py": "the verb itself",
    "curves/run.py": "an asyncio.TaskGroup",
    "tui/user_command.py": "two, awaited to their end by the run that began them",
}
"""Where tasks are made outside the supervisor, and why nobody can miss their end."""


def calls() -> Iterator[tuple[str, str]]:
    """Every call in the files that name a maker of tasks or `wait_for`: where, and of what name."""
    for path in PACKAGE.rglob("*.py"):
        place, text = path.relative_to(PACKAGE).as_posix(), path.read_text()
        if not any(name in text for name in (*MAKERS, "wait_for")):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call):
                yield place, getattr(node.func, "attr", getattr(node.func, "id", ""))


def test_only_the_supervisor_makes_tasks() -> None:
    found = {place for place, name in calls() if name in MAKERS}
    stand_ins = {place for place in found if place.startswith("simulator/")}
    assert found - stand_ins - set(ALLOWED) == set(), "use crowdsky_tui.base.supervisor"
    assert found - stand_ins == set(ALLOWED), "the list of exceptions is longer than they are"


def test_no_wait_swallows_a_cancellation() -> None:
    """Python 3.11's `wait_for` drops one that comes when what it waits for has just come."""
    found = [place for place, name in calls() if name == "wait_for"]
    assert found == [], "use asyncio.timeout"
