"""The list of targets as an app asks for it: added, changed, taken over from a file."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from dusk_kit import InlineScience

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.database.database import Database
from crowdsky_tui.night.calls.targets import AddTarget, ChangeTarget, ImportTargets, ShowTarget
from crowdsky_tui.plan.plan_view import slot_ends
from crowdsky_tui.plan.target_list import TargetList
from crowdsky_tui.plan.visits import Visit, VisitState
from crowdsky_tui.scheduling.messages import SLOT

NOW = datetime(2026, 11, 28, 20, tzinfo=UTC)
TABLE = "name,ra (hours),dec\nSS Cyg,21.7119,43.5862\nnowhere,25.5,12\nT CrB,15.9917,25.9202\n"


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Any]:
    """What these calls need of one."""
    database = Database(tmp_path)
    science = InlineScience()
    clock: Any = SimpleNamespace(now=lambda: NOW)
    yield SimpleNamespace(
        records=SimpleNamespace(database=database), science=science, clock=clock,
        list=TargetList(database, clock),
    )  # fmt: skip
    await science.close()
    await database.close()


async def test_what_is_added_by_name_is_there_once_and_can_be_changed(night: Any) -> None:
    assert "M 81 is on the list" in await AddTarget("m81").run(night)
    with pytest.raises(UsageError, match="was not added"):
        await AddTarget("M 81").run(night)
    await AddTarget("09 55 33 +68 03 55", "South of it").run(night)
    [galaxy] = [each for each in await night.list.all() if each.name == "M 81"]
    assert "priority" in await ChangeTarget(galaxy.uid, ("priority=5", "filter=LP")).run(night)
    after = await ShowTarget(galaxy.uid).run(night)
    assert (after.priority, after.filter, after.uid) == (5, "LP", galaxy.uid)


@pytest.mark.parametrize(
    "wrong",
    ["priority=6", "priority=high", "pm_ra_mas=nan", "dec_deg_j2000=91", "uid=1", "colour=red",
     "priority", "mag_faint=inf", "timeliness=every fortnight", "expires=2026-12-01"],
)  # fmt: skip
async def test_a_value_that_no_target_can_have_changes_nothing(night: Any, wrong: str) -> None:
    await AddTarget("M 81").run(night)
    [before] = await night.list.all()
    with pytest.raises(UsageError):
        await ChangeTarget(before.uid, (wrong,)).run(night)
    assert list(await night.list.all()) == [before]


async def test_a_file_is_looked_at_first_and_the_same_file_twice_changes_nothing(
    night: Any, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(TABLE)
    looked = await ImportTargets(str(path)).run(night)
    assert (looked.count, looked.written) == (2, 0) and not await night.list.all()
    assert any("25.5" in line or "nowhere" in line for line in looked.lines), looked.lines
    assert (await ImportTargets(str(path), write=True).run(night)).written == 2
    assert {each.name for each in await night.list.all()} == {"SS Cyg", "T CrB"}
    assert (await ImportTargets(str(path), write=True).run(night)).written == 0
    path.write_text(TABLE.replace("ra (hours)", "ra").replace("nowhere,25.5,12\n", ""))
    with pytest.raises(UsageError, match="hours or degrees"):
        await ImportTargets(str(path)).run(night)
    assert (await ImportTargets(str(path), "hours").run(night)).count == 0
    for bad in (tmp_path, tmp_path / "none.csv", Path("/dev/zero")):
        with pytest.raises(UsageError, match="cannot be read"):
            await ImportTargets(str(bad)).run(night)


def test_of_two_visits_of_one_block_what_was_observed_is_shown_and_planned_ones_are_not() -> None:
    slots = [NOW + n * SLOT for n in range(6)]
    schedule: Any = SimpleNamespace(slots=slots, scopes=["garden"])

    def visit(name: str, slot: int, blocks: int, state: VisitState, reason: str = "") -> Visit:
        return Visit(uid=f"{name}{slot}", night="2026-11-28", target=name, name=name,
                     scope="garden", start=slots[slot], blocks=blocks, state=state,
                     reason=reason)  # fmt: skip

    visits = [
        visit("A", 0, 2, VisitState.DONE),
        visit("B", 2, 1, VisitState.RUNNING),
        visit("Ghost", 2, 1, VisitState.MISSED, "was not centred"),
        visit("C", 3, 1, VisitState.MISSED, "not safe: clouds"),
        visit("D", 4, 2, VisitState.PLANNED),
        Visit(uid="x", night="2026-11-28", target="x", name="x", scope="sold", start=NOW, blocks=1,
              state=VisitState.DONE),
        Visit(uid="y", night="2026-11-28", target="y", name="y", scope="garden",
              start=NOW - timedelta(hours=9), blocks=1, state=VisitState.DONE),
    ]  # fmt: skip
    found = {each.slot: (each.name, each.state.value) for each in slot_ends(schedule, visits)}
    assert found == {0: ("A", "done"), 1: ("A", "done"), 2: ("B", "running"), 3: ("C", "missed")}
