"""`doctor --fix`: marks of dead copies go by their rules, each of its own, and never by date."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from commands_kit import simulation
from device_kit import shots, until
from night_kit import night_on, states
from seestar_kit import take

from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import ReadOnlyMode
from crowdsky_tui.doctor.check import Level
from crowdsky_tui.doctor.other_copies import Fate, OtherMark, check_copies, marks_of_others
from crowdsky_tui.doctor.other_copies import take_away as take_away_quietly
from crowdsky_tui.instruments.seestar.files.marks import FOLDER, STACKING, Mark, encode
from crowdsky_tui.jobs.handover import mark_of_subframes
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.night.calls.jobs import Stack
from crowdsky_tui.night.interfaces import NightParts
from crowdsky_tui.night.night import Night
from crowdsky_tui.services.crowdsky.rows import ServerStack
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn
from crowdsky_tui.store.store import BlockState, ServerState

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
DEAD = Mark("sent", "an-other-id", "alice", "oldpi", LONG_AGO, "M 81")
SHA = "cd" * 32


async def take_away(night: NightParts, marks: list[OtherMark]) -> list[str]:
    """What became of each: the words after the mark's own, `ok` first where it has gone."""
    checks = await take_away_quietly(night, marks, lambda _: None)
    return [f"{check.level.value} {check.text.rpartition(': ')[2]}" for check in checks]


@asynccontextmanager
async def stacked(
    root: Path, *, read_only: bool = False
) -> AsyncIterator[tuple[SeestarStandIn, Night, Path]]:
    """A night whose one block is stacked, and where its telescope's marks lie."""
    take(root / "scope", shots(12))
    async with night_on(root, read_only=read_only) as (scope, night):
        await until(lambda: states(night) == [BlockState.READY])
        if not read_only:
            await night.do(Stack())
            await until(lambda: states(night) == [BlockState.STACKED], 60)
            await until(lambda: not night.unfinished(), 60)
            await night.look()
        folder = root / "scope" / FOLDER
        folder.mkdir(exist_ok=True)
        yield scope, night, folder


def order_of(night: Night) -> Order:
    return night.situations()[0].order


def listed(night: Night, **changes: object) -> None:
    """The server lists the block's stack, or what is like it but for `changes`."""
    order = order_of(night)
    row = ServerStack(
        7, order.chunk, order.target, order.telescope, order.filter, order.start, order.end,
        12, 12, 12 * order.exposure_s, None, None, None, None,
    )  # fmt: skip
    set_list(night, msgspec.structs.replace(row, **changes))


def set_list(night: Night, *rows: ServerStack, state: ServerState = ServerState.OK) -> None:
    night.listing.rows, night.listing.state = rows, state
    night.listing.listed_at = night.clock.now()
    night.views.stale = True
    night.views.refresh()


def put(folder: Path, name: str, mark: Mark = DEAD) -> Path:
    path = folder / f"{name}.json"
    path.write_bytes(encode(mark))
    return path


def hash_on_scope(root: Path) -> tuple[str, str]:
    """The finished stack's name, and the hash of its bytes."""
    (stack,) = (root / "scope/MyWorks/M 81").glob("CrowdSky_*.fit")
    return stack.name, hashlib.sha256(stack.read_bytes()).hexdigest()


async def fates(night: Night) -> list[Fate]:
    return [one.fate for one in await marks_of_others(night, "garden")]


STACKS = msgspec.structs.replace(DEAD, state="stacking")


async def test_a_stacking_mark_goes_after_five_minutes_unchanged_and_idle(tmp_path: Path) -> None:
    async with stacked(tmp_path) as (_, night, folder):
        mark = put(folder, STACKING, STACKS)
        found = await marks_of_others(night, "garden")
        assert [one.fate for one in found] == [Fate.WATCH]
        begun = night.clock.steady()
        assert await take_away(night, found) == ["ok taken away"]
        assert night.clock.steady() - begun >= 300
        assert list(folder.iterdir()) == [] and not mark.exists()


async def test_never_by_date_alone(tmp_path: Path) -> None:
    """A mark of six years ago is watched as long as one of this minute."""
    async with stacked(tmp_path) as (_, night, folder):
        for when in (LONG_AGO, night.clock.now(), night.clock.now() + timedelta(days=900), None):
            put(folder, STACKING, msgspec.structs.replace(STACKS, at=when))
            put(folder, SHA, msgspec.structs.replace(DEAD, at=when))
            set_list(night)
            assert sorted(await fates(night)) == sorted([Fate.WATCH, Fate.UNLISTED])


@pytest.mark.parametrize("rest", ["stacking", "observing", "not known"])
async def test_never_while_the_telescope_is_not_known_to_be_idle(tmp_path: Path, rest: str) -> None:
    async with stacked(tmp_path) as (scope, night, folder):
        mark = put(folder, STACKING, STACKS)
        if rest == "stacking":
            scope.batch.configure(
                "MyWorks/M 81_sub", [f"MyWorks/M 81_sub/{order_of(night).files[0]}"]
            )
            scope.profile = msgspec.structs.replace(scope.profile, seconds_per_frame=1e6)
            scope.batch._profile = scope.profile
            scope.batch.start()
        elif rest == "observing":
            scope.view.working = True
        else:
            scope.faults.refuse["get_view_state"] = (103, "method not found")
        (said,) = await take_away(night, await marks_of_others(night, "garden"))
        assert said.startswith("warn") and mark.exists()


async def test_never_if_it_changes_while_it_is_watched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stacked(tmp_path) as (_, night, folder):
        mark = put(folder, STACKING, STACKS)
        found = await marks_of_others(night, "garden")

        async def beat(seconds: float) -> None:
            put(folder, STACKING, msgspec.structs.replace(STACKS, at=night.clock.now()))
            await Clock.sleep(night.clock, seconds)

        monkeypatch.setattr(night.clock, "sleep", beat)
        (said,) = await take_away(night, found)
        assert said == "warn that copy is at work" and mark.exists()


@pytest.mark.parametrize("state", ["doubt", "sent", "sending"])
async def test_a_stacks_mark_goes_only_once_the_server_lists_the_stack(
    tmp_path: Path, state: str
) -> None:
    async with stacked(tmp_path) as (_, night, folder):
        name, sha256 = hash_on_scope(tmp_path)
        mark = put(folder, sha256, msgspec.structs.replace(DEAD, state=state, of=name))
        for other in (None, "LP9"):
            set_list(night) if other is None else listed(night, filter_name=other)
            found = await marks_of_others(night, "garden")
            assert [one.fate for one in found] == [Fate.UNLISTED]
            assert await take_away(night, found) == [f"warn {Fate.UNLISTED}"]
            assert mark.exists()
        listed(night)
        found = await marks_of_others(night, "garden")
        assert [one.fate for one in found] == [Fate.COMPARE]
        assert await take_away(night, found) == ["ok taken away"]
        assert not mark.exists()


async def test_the_row_of_another_file_under_the_same_name_proves_nothing(tmp_path: Path) -> None:
    async with stacked(tmp_path) as (_, night, folder):
        name, sha256 = hash_on_scope(tmp_path)
        mark = put(folder, SHA, msgspec.structs.replace(DEAD, of=name))
        listed(night)
        (said,) = await take_away(night, await marks_of_others(night, "garden"))
        assert said.startswith("warn") and "another file" in said and mark.exists()
        await night.journal.save_entry(LedgerEntry(order_of(night), sha256=sha256))
        assert await fates(night) == [Fate.UNLISTED], "our own ledger knows the hash"


async def test_what_the_list_or_the_ledger_knows_by_its_hash_needs_no_reading(
    tmp_path: Path,
) -> None:
    async with stacked(tmp_path) as (_, night, folder):
        _, sha256 = hash_on_scope(tmp_path)
        put(folder, sha256)
        listed(night)
        await night.journal.save_entry(LedgerEntry(order_of(night), sha256=sha256))
        assert await fates(night) == [Fate.LISTED]
        put(folder, sha256).rename(folder / f"{SHA}.json")
        listed(night, sha256=SHA)
        assert await fates(night) == [Fate.LISTED]


async def test_a_mark_of_sub_frames_goes_once_their_block_is_listed(tmp_path: Path) -> None:
    async with stacked(tmp_path) as (_, night, folder):
        mark = put(folder, mark_of_subframes(order_of(night)))
        set_list(night)
        assert await fates(night) == [Fate.UNLISTED]
        listed(night)
        assert await take_away(night, await marks_of_others(night, "garden")) == ["ok taken away"]
        assert not mark.exists()


async def test_without_the_servers_list_nothing_that_was_sent_goes(tmp_path: Path) -> None:
    async with stacked(tmp_path) as (_, night, folder):
        name, sha256 = hash_on_scope(tmp_path)
        mark = put(folder, sha256, msgspec.structs.replace(DEAD, of=name))
        listed(night)
        set_list(night, *night.listing.rows, state=ServerState.DOWN)
        (said,) = await take_away(night, await marks_of_others(night, "garden"))
        assert said == f"warn {Fate.UNASKED}" and mark.exists()


async def test_our_own_mark_is_never_taken_away_and_a_read_only_run_takes_none(
    tmp_path: Path,
) -> None:
    async with stacked(tmp_path, read_only=True) as (_, night, folder):
        own = night.watches["garden"].service.marks.copy.id
        mark = put(folder, STACKING, msgspec.structs.replace(STACKS, copy=own))
        assert await marks_of_others(night, "garden") == []
        with pytest.raises(ReadOnlyMode):
            await take_away(night, [OtherMark("garden", STACKING, STACKS, Fate.WATCH)])
        assert mark.exists()


async def test_the_doctor_names_the_copy_and_what_would_be_done(tmp_path: Path) -> None:
    async with stacked(tmp_path) as (_, night, folder):
        put(folder, STACKING, STACKS)
        put(folder, SHA)
        set_list(night)
        (check,) = await check_copies(night, "garden")
        assert check.level is Level.WARN and "alice on oldpi works on it too" in check.text
        assert "'crowdsky-tui doctor --fix' takes it away if it stays unchanged" in check.fix
        assert Fate.UNLISTED in check.fix
        assert len(list(folder.iterdir())) == 2


async def test_a_mark_is_not_stale_right_after_a_long_job_of_its_copy(tmp_path: Path) -> None:
    """Only while the telescope is idle does a stacking mark grow stale."""
    async with stacked(tmp_path) as (_, night, folder):
        put(folder, STACKING, STACKS)
        marks = night.watches["garden"].service.marks
        at_work = True

        async def busy() -> bool:
            return at_work

        for _ in range(2):
            with pytest.raises(Exception, match="another copy"):
                await marks.hold_stacking("NGC 7000", busy)
            await night.clock.sleep(301)
        at_work = False
        for _ in range(2):
            with pytest.raises(Exception, match="another copy"):
                await marks.hold_stacking("NGC 7000", busy)
        await night.clock.sleep(301)
        await marks.hold_stacking("NGC 7000", busy)


def test_by_command_it_asks_or_needs_yes(tmp_path: Path) -> None:
    with simulation(tmp_path, "--scopes", "1") as sim:
        folder = Path(sim.ready["scopes"][0]["root"]) / FOLDER
        folder.mkdir()
        mark = put(folder, STACKING, STACKS)
        refused = sim.run("doctor", "--fix")
        assert refused.returncode == 2 and "Add --yes" in refused.stderr
        assert mark.exists()
        checks = sim.json("doctor", "--fix", "--yes")
        assert checks[-1]["level"] == "ok" and "taken away" in checks[-1]["text"]
        assert not mark.exists()
