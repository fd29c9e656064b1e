"""When a batch stack on a telescope has ended, and what its records say, rule by rule."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from telling_scope import NOW, HandClock, TellingScope, Turns

from crowdsky_tui.base.clock import SHORTEST_WAIT
from crowdsky_tui.base.errors import CommandRefused, ScopeTimeout, ScopeUnreachable, StackFailed
from crowdsky_tui.blocks import Block
from crowdsky_tui.instruments.seestar.files.records import Target
from crowdsky_tui.instruments.seestar.stacking import batch, watch_job
from crowdsky_tui.instruments.seestar.stacking.batch import BatchJob, BatchSetting, job_from
from crowdsky_tui.instruments.seestar.stacking.watch_job import LIMIT_S, follow

FIVE = 5
"""Looks in a row that find no job: so many are not waited for any longer."""
OUTPUT = {"path": "MyWorks/M 81", "files": [{"name": "DSO_1.fit"}]}
ENDED = {"state": "complete", "percent": 100, "output_file": OUTPUT}
WORKING = {"state": "working", "percent": 40, "remaining_sec": 12}
BLOCK = Block(NOW, NOW + timedelta(minutes=15), "20.0s", "LP", ["a.fit", "b.fit"], 2)
TARGET = Target("M 81", 2, 0, "M 81", "M 81_sub")


def told(*jobs: Any) -> dict[str, Any]:
    """The answers of a telescope whose job is so, question by question; None for no job."""
    states = [job if isinstance(job, Exception) else {"BatchStack": job} for job in jobs]
    return {"iscope_get_app_state": Turns(*states)}


async def followed(scope: TellingScope, stale: tuple[str, str] | None = None) -> BatchJob:
    async with asyncio.timeout(20):
        return await follow(scope, lambda _part, _text: None, stale)


@pytest.mark.parametrize("state", ["complete", "fail", "cancel"])
async def test_it_is_followed_until_it_works_no_more(state: str) -> None:
    scope = TellingScope(told(None, WORKING, WORKING, {**ENDED, "state": state}))
    assert (await followed(scope)).state == state
    assert scope.commands() == ["iscope_get_app_state"] * 4 and scope.listeners == []


async def test_the_end_of_an_earlier_job_is_never_taken_for_this_ones() -> None:
    stale = ("M 81", "DSO_1.fit")
    other = {**OUTPUT, "files": [{"name": "DSO_2.fit"}]}
    scope = TellingScope(told(ENDED, WORKING, ENDED, {**ENDED, "output_file": other}))
    assert (await followed(scope, stale)).output == ("M 81", "DSO_2.fit")


async def test_a_failure_without_a_result_is_this_ones() -> None:
    assert (await followed(TellingScope(told({"state": "fail"})), None)).state == "fail"


async def test_a_job_that_is_gone_five_times_in_a_row_is_not_waited_for() -> None:
    absent = [None] * (FIVE - 1)
    scope = TellingScope(told(*absent, WORKING, *absent, ENDED))
    assert (await followed(scope)).state == "complete"
    scope = TellingScope(told(WORKING, *absent, None, ENDED))
    with pytest.raises(StackFailed, match="is gone") as raised:
        await followed(scope)
    assert raised.value.status == "error" and scope.listeners == []
    assert len(scope.said) == 1 + FIVE


async def test_progress_never_goes_back_even_where_an_event_overtakes_an_answer() -> None:
    percents = [0, 40, 10, 70, 0, 70]
    working = [{**WORKING, "percent": percent} for percent in percents]
    parts: list[float] = []
    await follow(TellingScope(told(*working, ENDED)), lambda part, _text: parts.append(part))
    assert parts == [0.0, 0.4, 0.7, 0.7]


@pytest.mark.parametrize("kind", [ScopeTimeout, ScopeUnreachable])
async def test_a_connection_that_breaks_while_it_stacks_is_waited_for(
    kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    real = asyncio.sleep

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await real(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    scope = TellingScope(told(WORKING, kind("gone"), kind("gone"), ENDED))
    scope.away = kind("still away")
    assert (await followed(scope)).state == "complete"
    assert scope.waited == [watch_job.RECONNECT_S] * 2
    assert pauses == [SHORTEST_WAIT] * 2  # a connection refused at once makes no busy loop


async def test_an_event_tells_of_the_end_at_once_and_of_others_nothing() -> None:
    scope = TellingScope(told(WORKING, WORKING, ENDED), HandClock(real_s=1000.0))
    parts: list[tuple[float, str]] = []
    running = asyncio.ensure_future(follow(scope, lambda *part: parts.append(part)))
    async with asyncio.timeout(20):
        while not parts:
            await asyncio.sleep(0)
        scope.tell("BatchStack", state="working", percent=70)
        scope.tell("BatchStack", state="working", percent=700, remaining_sec=3)
        scope.tell("Stack", state="complete")
        scope.tell("BatchStack")
        for _ in range(20):
            await asyncio.sleep(0)
        assert not running.done() and len(scope.said) == 1
        scope.tell("BatchStack", state="complete")
        for _ in range(50):
            await asyncio.sleep(0)
        assert not running.done() and len(scope.said) == 2  # it still works, and is left to it
        scope.tell("BatchStack", state="complete")
        assert (await running).state == "complete"
    assert parts == [(0.4, "12 s left"), (0.7, ""), (1.0, "3 s left")]


@pytest.mark.parametrize("refused", [False, True])
async def test_a_job_that_never_ends_is_stopped_at_the_limit_and_the_failure_says_so(
    refused: bool,
) -> None:
    clock = HandClock()

    def state(_params: object) -> Any:
        clock.seconds += LIMIT_S / 4
        return {"BatchStack": WORKING}

    scope = TellingScope({"iscope_get_app_state": state}, clock)
    if refused:
        scope.answers["stop_batch_stack"] = CommandRefused("no", code=1)
    with pytest.raises(StackFailed, match="too long") as raised:
        await followed(scope)
    assert scope.commands() == ["iscope_get_app_state"] * 4 + ["stop_batch_stack"]
    end = "and stopping it failed: no" if refused else "and was stopped"
    assert raised.value.why.startswith("it had not ended after 60 minutes")
    assert raised.value.why.endswith(end) and raised.value.status == "timeout"


def test_a_job_tells_what_it_tells_and_the_rest_is_unknown() -> None:
    assert job_from({"BatchStack": 1}) is None and job_from(None) is None
    assert job_from({"state": "working"}) == BatchJob("working")
    whole = {"state": "fail", "percent": 7.5, "error": "few stars", "code": 267, "total_img": 41}
    assert job_from(whole) == BatchJob("fail", 7.5, None, None, "few stars", 267, 41)
    assert BatchJob("working").working and not BatchJob("fail").working


@pytest.mark.parametrize(
    ("path", "names", "output"),
    [
        ("MyWorks/M 81", ["a.jpg", "M 81/a.fit", "b.fit"], ("M 81", "a.fit")),
        ("MyWorks/M 81", [], None),
        ("MyWorks/M 81", ["a.jpg"], None),
        ("Other/M 81", ["a.fit"], None),
        ("MyWorks/..", ["a.fit"], None),
        ("MyWorks/M 81/deep", ["a.fit"], None),
        ("MyWorks", ["a.fit"], None),
        ("MyWorks/M 81", ["...fit/.fit", ".fit"], None),
    ],
)
def test_a_result_is_the_first_fit_of_a_folder_of_the_works(
    path: str, names: list[str], output: tuple[str, str] | None
) -> None:
    files = [{"name": name} for name in names]
    job = job_from({"state": "complete", "output_file": {"path": path, "files": files}})
    assert job is not None and job.output == output


async def test_what_is_set_is_known_by_bare_names_where_the_telescope_tells_it() -> None:
    def setting(said: Any) -> TellingScope:
        return TellingScope({"get_batch_stack_setting": said})

    names = [{"name": "MyWorks/M 81_sub/a.fit"}, {"name": "b.fit"}, {"name": 7}]
    found = await batch.read_setting(setting({"path": "MyWorks/M 81_sub", "files": names}))
    assert found == BatchSetting("MyWorks/M 81_sub", frozenset({"a.fit", "b.fit"}))
    assert await batch.read_setting(setting({"path": "MyWorks/M 81_sub", "files": []})) is None
    assert await batch.read_setting(setting(CommandRefused("no", code=103))) is None


@pytest.mark.parametrize(
    ("path", "names", "same"),
    [
        ("MyWorks/M 81_sub", {"a.fit", "b.fit"}, True),
        ("MyWorks/M 82_sub", {"a.fit", "b.fit"}, False),
        ("MyWorks/M 81_sub", {"a.fit"}, False),
        ("MyWorks/M 81_sub", {"a.fit", "b.fit", "c.fit"}, False),
    ],
)
def test_a_setting_is_a_blocks_only_with_its_folder_and_exactly_its_files(
    path: str, names: set[str], same: bool
) -> None:
    assert BatchSetting(path, frozenset(names)).is_for(TARGET, BLOCK) is same


async def test_only_a_firmware_that_does_not_know_the_command_is_cleared_the_older_way() -> None:
    older = {"clear_batch_stack": CommandRefused("no", code=103)}
    scope = TellingScope(older)
    await batch.clear(scope)
    assert scope.said[1] == ("clear_app_state", {"name": "BatchStack"})
    scope = TellingScope({"clear_batch_stack": CommandRefused("no", code=207)})
    with pytest.raises(CommandRefused):
        await batch.clear(scope)
    scope = TellingScope()
    await batch.clear(scope)
    assert scope.commands() == ["clear_batch_stack"]


async def test_what_is_set_is_begun_by_a_command_of_its_own() -> None:
    scope = TellingScope()
    await batch.start(scope)
    assert scope.commands() == ["start_batch_stack"]


@pytest.mark.parametrize("full", [True, False])
async def test_sub_frames_are_named_as_the_firmware_wants_them(full: bool) -> None:
    scope = TellingScope()
    await batch.configure(scope, TARGET, BLOCK, full_paths=full)
    before = "MyWorks/M 81_sub/" if full else ""
    files = [{"name": f"{before}a.fit"}, {"name": f"{before}b.fit"}]
    wanted = {"path": "MyWorks/M 81_sub", "files": files}
    assert scope.said == [("set_batch_stack_setting", wanted)]
