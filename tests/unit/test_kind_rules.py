"""What the jobs on a telescope do in which order, and what proves them: rule by rule."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace
from scope_rig import EVERY, HELD, HOME, NAME, ONE, Rig, at_hand

from crowdsky_tui.base.errors import (
    DeviceError,
    ScopeBusy,
    ServerError,
)
from crowdsky_tui.blocks.subframe_times import SubframeTimes
from crowdsky_tui.instruments.seestar.control.state import Observing
from crowdsky_tui.instruments.seestar.stacking import stack_block as stacking
from crowdsky_tui.jobs.engine.queue import Later
from crowdsky_tui.jobs.kinds import confirm, known_kind
from crowdsky_tui.jobs.kinds.hold import EmptyWork, HoldWork, UnholdWork
from crowdsky_tui.jobs.kinds.stack import StackWork, words_of
from crowdsky_tui.jobs.order import Job
from crowdsky_tui.jobs.stack_kind import proved_state
from crowdsky_tui.store.store import BlockState, JobState


def held(folder: str = HOME, *names: str) -> Rig:
    rig = Rig()
    rig.there = {f"{folder}/{name}": b"x" for name in (names or EVERY)}
    rig.there[f"{folder}/CrowdSky_other.fit"] = b"y"
    return rig


async def test_a_stack_is_held_only_while_the_server_lists_it_at_this_moment() -> None:
    rig = held()
    rig.listed = False
    with pytest.raises(DeviceError, match="stays where it is"):
        await rig.run(HoldWork(at_hand(rig), at_hand(rig)))
    assert rig.done == ["list 0"] and len(rig.there) == 4
    rig = held()
    proof = await rig.run(HoldWork(at_hand(rig), at_hand(rig)))
    assert proof.text == "moved into the holding folder, 3 files"
    moves = [f"move {name}" for name in EVERY]
    assert rig.done == ["list 0", "note move", f"make {HELD}", *moves]
    assert set(rig.there) == {f"{HELD}/{name}" for name in EVERY} | {f"{HOME}/CrowdSky_other.fit"}
    assert rig.lanes == ["change purge S50"]


async def test_a_held_stack_goes_back_where_it_was_without_the_list() -> None:
    rig = held(HELD)
    proof = await rig.run(UnholdWork(at_hand(rig)))
    assert proof.text == "moved back, 3 files" and "list 0" not in rig.done
    assert f"{HOME}/{NAME}" in rig.there and f"{HELD}/CrowdSky_other.fit" in rig.there


async def test_what_arrived_already_is_moved_and_what_stayed_behind_never_is() -> None:
    rig = held(HELD)
    rig.there = {f"{HOME}/{name}": b"x" for name in EVERY}
    assert (await rig.run(UnholdWork(at_hand(rig)))).text == "moved back, 3 files"
    for stuck in EVERY:
        rig = held(HELD)
        rig.broken[f"{HELD}/{stuck}"] = DeviceError("no")
        with pytest.raises(DeviceError, match="was not moved"):
            await rig.run(UnholdWork(at_hand(rig)))
    rig = held(HELD, EVERY[0])  # pictures without their stack
    with pytest.raises(DeviceError, match="was not moved"):
        await rig.run(UnholdWork(at_hand(rig)))


async def test_only_the_holding_folder_is_emptied() -> None:
    rig = held(HELD)
    rig.there[f"{HOME}/{NAME}"] = b"x"
    proof = await rig.run(EmptyWork(at_hand(rig)))
    assert proof.text == "deleted from the holding folder, 3 files"
    assert set(rig.there) == {f"{HELD}/CrowdSky_other.fit", f"{HOME}/{NAME}"}
    assert (await Rig().run(EmptyWork(at_hand(Rig())))).text.endswith("0 files")


# stacking


@pytest.fixture
def stacked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `stack_block` was given, and what it gives."""
    seen: dict[str, Any] = {
        "result": SimpleNamespace(frames=9, name=NAME, adopted=False, taken=None)
    }

    async def stack_block(*what: Any, **more: Any) -> Any:
        seen.update(more, block=what[2], target=what[1])
        if isinstance(seen["result"], Exception):
            raise seen["result"]
        return seen["result"]

    monkeypatch.setattr(stacking, "stack_block", stack_block)
    return seen


BEGUN = datetime(2026, 2, 27, 21, 0, 3, tzinfo=UTC)
TWELVE = replace(ONE, files=tuple(f"{n}.fit" for n in range(12)), name="")


@pytest.mark.parametrize(
    ("observing", "insist", "waits"),
    [(True, False, True), (None, False, True), (False, False, False), (True, True, False)],
)
async def test_it_is_stacked_only_while_the_telescope_rests_or_the_user_insists(
    stacked: dict[str, Any], observing: bool | None, insist: bool, waits: bool
) -> None:
    rig = Rig(replace(TWELVE, insist=insist), "stack")
    rig.busy = Observing(observing, "observing M 82")
    if not waits:
        assert (await rig.run(StackWork(at_hand(rig)))).text.startswith("9 of 12 sub-frames")
        return
    with pytest.raises(Later) as raised:
        await rig.run(StackWork(at_hand(rig)))
    assert raised.value.reason == "S50 is observing M 82; stacking waits, 12 min so far"
    assert "block" not in stacked


async def test_another_apps_stack_is_waited_for(stacked: dict[str, Any]) -> None:
    rig = Rig(TWELVE, "stack")
    stacked["result"] = ScopeBusy("it stacks something else")
    with pytest.raises(Later, match="something else"):
        await rig.run(StackWork(at_hand(rig)))


async def test_how_many_sub_frames_went_in_is_noted_only_of_a_stack_of_ours(
    stacked: dict[str, Any],
) -> None:
    for adopted, step, noted in (
        (False, "", True), (True, "", False), (True, "follow", True), (False, "follow", True),
    ):  # fmt: skip
        rig = Rig(TWELVE, "stack")
        rig.job = replace(rig.job, step=step)
        stacked["result"].adopted = adopted
        proof = await rig.run(StackWork(at_hand(rig)))
        assert proof.text.startswith("found done: ") is adopted and proof.payload.name == NAME
        assert [entry.subs for entry in rig.kept.values()] == ([12] if noted else [])
        assert stacked["started_before"] is bool(step)


async def test_when_the_sub_frames_were_is_kept_with_the_stack_until_it_is_known_better(
    stacked: dict[str, Any],
) -> None:
    first, later = (
        SubframeTimes(*(at + timedelta(minutes=minutes) for minutes in (0, 7, 14)))
        for at in (BEGUN, BEGUN + timedelta(seconds=1))
    )
    for told, kept in ((first, first), (None, first), (later, later)):
        if told is first:
            rig = Rig(TWELVE, "stack")
        stacked["result"].taken = told
        await rig.run(StackWork(at_hand(rig)))
        assert [entry.taken for entry in rig.kept.values()] == [kept]


def test_a_long_wait_is_told_in_hours() -> None:
    assert words_of(timedelta(minutes=59, seconds=59)) == "59 min"
    assert words_of(timedelta(minutes=60)) == "1 h 0 min"


# waiting for the list


class Waiting:
    """A job that waits for its row; `since_s` ago the file was sent."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, since_s: float, row: Any = None) -> None:
        self.rig, self.told, self.since = Rig(), list[str](), timedelta(seconds=since_s)

        async def note_if_listed(*_what: Any) -> Any:
            return row

        async def waited(*_what: Any) -> timedelta:
            return self.since

        monkeypatch.setattr(confirm, "note_if_listed", note_if_listed)
        monkeypatch.setattr(confirm, "waited", waited)

    async def listed(self, _entry: Any) -> None:
        self.told.append("listed")

    async def proved(self, _entry: Any) -> None:
        self.told.append("proved")

    async def run(self, *, marks: bool = True) -> Any:
        rig, handover = at_hand(self.rig), at_hand(self) if marks else None  # type: ignore[arg-type]
        work = confirm.ConfirmWork(
            rig,
            rig,
            poll_s=60.0,
            deadline=timedelta(hours=12),
            handover=handover,
            proved=self.proved if marks else None,
        )
        return await self.rig.run(work)


@pytest.mark.parametrize("marks", [True, False])
async def test_only_its_row_proves_that_it_is_on_the_server_and_the_marks_hear_of_it(
    monkeypatch: pytest.MonkeyPatch, marks: bool
) -> None:
    waiting = Waiting(monkeypatch, 1e9, SimpleNamespace(chunk_key="20260227.84_HP000007"))
    proof = await waiting.run(marks=marks)
    assert proof.text == "on the server as 20260227.84_HP000007"
    assert waiting.told == (["listed", "proved"] if marks else [])
    assert waiting.rig.done == ["list 30"]  # no list that is older than half a pause


@pytest.mark.parametrize(
    ("since_s", "pause_s", "words"),
    [
        (0, 60, "0 min"), (240, 60, "4 min"), (480, 120, "8 min"), (2400, 600, "40 min"),
        (7199, 600, "119 min"), (7200, 600, "2 h"), (43_200, 600, "12 h"),
    ],
)  # fmt: skip
async def test_the_pauses_grow_with_the_wait_up_to_ten_minutes(
    monkeypatch: pytest.MonkeyPatch, since_s: float, pause_s: float, words: str
) -> None:
    waiting = Waiting(monkeypatch, since_s)
    with pytest.raises(Later) as raised:
        await waiting.run()
    assert raised.value.seconds == pause_s and waiting.told == []
    assert raised.value.reason == f"queued {words}, the server has not listed it yet"


async def test_it_is_given_up_only_after_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ServerError, match="not confirmed") as raised:
        await Waiting(monkeypatch, 43_201).run()
    assert raised.value.why == "sent 12 h ago, the server has not listed it"


FLAGS = (
    "changes_instrument", "needs_clock", "rereads", "takes_stack_away", "harmless", "repeatable",
    "told_by_subject",
)  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "flags", "follower"),
    [
        ("stack", "changes_instrument needs_clock rereads harmless repeatable told_by_subject",
         "fetch"),
        ("fetch", "needs_clock harmless repeatable told_by_subject", "upload"),
        ("upload", "needs_clock repeatable told_by_subject", "confirm"),
        ("confirm", "repeatable told_by_subject", None),
        ("purge", "changes_instrument rereads takes_stack_away", None),
        ("hold", "changes_instrument takes_stack_away", None),
        ("unhold", "changes_instrument", None), ("empty", "changes_instrument", None),
        ("compress", "harmless repeatable", None), ("expand", "harmless repeatable", None),
        ("film", "harmless repeatable", None), ("measure", "harmless repeatable", None),
    ],
)  # fmt: skip
def test_what_each_kind_of_job_may_and_must_is_told_of_it(
    kind: str, flags: str, follower: str | None
) -> None:
    known: Any = known_kind(kind)
    assert {flag for flag in FLAGS if getattr(known, flag, False)} == set(flags.split())
    assert (known.follower or None) == follower


@pytest.mark.parametrize(
    ("kind", "proved"),
    [
        ("stack", BlockState.STACKED), ("fetch", BlockState.FETCHED),
        ("upload", BlockState.SENT), ("confirm", BlockState.CONFIRMED), ("raw", None),
        ("purge", None), ("hold", None), ("observe", None), ("not known", None),
    ],
)  # fmt: skip
def test_how_far_a_stack_is_follows_from_the_end_of_a_job_alone(
    kind: str, proved: BlockState | None
) -> None:
    assert proved_state(None) is None
    for state in JobState:
        job = Job(1, kind, "confirm", ONE, state, datetime(2026, 11, 20, tzinfo=UTC))
        assert proved_state(job) is (proved if state is JobState.PROVED else None)
