"""The service against the telescope stand-in: state, zone, targets, blocks, rounds."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from device_kit import joined, shots, telescope, unstacked, until
from seestar_kit import SERIAL, running, take

from crowdsky_tui.base.errors import (
    CrowdSkyError,
    LoginNeeded,
    NotFoundOnScope,
    UsageError,
)
from crowdsky_tui.instruments.seestar.connection.login import greet
from crowdsky_tui.instruments.seestar.files.access import ScopeFileAccess
from crowdsky_tui.instruments.seestar.files.smb import SmbShare
from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.store.store import ScopeState


async def test_says_who_and_how_it_is(tmp_path: Path) -> None:
    async with telescope(tmp_path, status_every=0.02) as (scope, service):
        facts = await service.facts()
        assert (service.state, service.reason) == (ScopeState.READY, "")
        assert (service.serial, service.model) == (SERIAL, "Seestar S50")
        assert service.telescope == f"S50_{SERIAL}"
        assert (facts.firmware, service.firmware_int) == ("7.75", 2775)
        assert facts.battery_percent is not None
        assert facts.free_mb == scope.profile.free_mb
        assert scope.state.sections(scope.host, observing=False)["ap"]["passwd"] not in repr(facts)
        changes: list[float | None] = []
        service.on_change(lambda: changes.append(service.known.temperature_c))
        await until(lambda: bool(changes))
        assert changes[0] != facts.temperature_c


async def test_observing_is_said_in_words_and_unknown_is_not_no(tmp_path: Path) -> None:
    faults = Faults()
    async with telescope(tmp_path, faults=faults) as (_, service):
        assert (await service.observing()).observing is False
        faults.refuse["get_view_state"] = (207, "fail to operate")
        view = await service.observing()
        assert view.observing is None
        assert "not known" in view.text


async def test_the_zone_is_the_settings_or_the_scopes(tmp_path: Path) -> None:
    faults = Faults()
    async with running(tmp_path, faults=faults, zone="Asia/Kathmandu") as scope:
        async with joined(scope) as service:
            assert await service.scope_zone() == ZoneInfo("Asia/Kathmandu")
        async with joined(scope, zone=ZoneInfo("UTC")) as service:
            assert await service.scope_zone() == ZoneInfo("UTC")
        faults.refuse["pi_get_time"] = (103, "method not found")
        async with joined(scope) as service:
            with pytest.raises(CrowdSkyError) as caught:
                await service.scope_zone()
            assert "settings" in caught.value.next_step


async def test_login_needed_is_not_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "crowdsky_tui.instruments.seestar.connection.telescope_link.greet",
        partial(greet, timeout=0.1),
    )
    with pytest.raises(LoginNeeded):
        async with telescope(tmp_path, login="required"):
            pass


async def test_targets_are_the_union_and_a_missing_main_folder_hides_nothing(
    tmp_path: Path,
) -> None:
    take(tmp_path, shots(3))
    take(tmp_path, shots(2, "NGC 7000"))
    works = tmp_path / "MyWorks"
    for name in ("Old-sub", "IC 5070_mosaic_sub", "Lunar", ".hidden_sub"):
        (works / name).mkdir()
    (works / "M 81").mkdir(exist_ok=True)
    (works / "M 81" / "Stacked_3_M 81_20.0s_IRCUT_20260227-210000.fit").touch()
    (works / "M 81" / "Stacked_3_M 81_20.0s_IRCUT_20260227-210000.jpg").touch()
    faults = Faults(hidden_albums={"NGC 7000_sub"})
    async with telescope(tmp_path, faults=faults) as (_, service):
        targets = {target.target: target for target in await service.list_targets()}
        assert sorted(targets) == ["IC 5070_mosaic", "M 81", "NGC 7000", "Old"]
        assert (targets["M 81"].raw_files, targets["M 81"].stacked_files) == (3, 1)
        assert (targets["NGC 7000"].raw_files, targets["NGC 7000"].stacked_files) == (2, 0)
        assert targets["Old"].sub_folder == "Old-sub"
        with pytest.raises(NotFoundOnScope):
            await unstacked(service, "Lunar")


async def test_without_a_share_the_pages_list_everything(tmp_path: Path) -> None:
    names = take(tmp_path, shots(45))
    async with running(tmp_path) as scope:
        files = ScopeFileAccess(SmbShare(scope.host, 1))
        async with joined(scope, files) as service:
            listed = await service.list_folder("M 81_sub")
            assert [file.name for file in listed] == sorted(names)
            assert not listed[0].exact
            assert [target.target for target in await service.list_targets()] == ["M 81"]
            with pytest.raises(NotFoundOnScope):
                await service.list_folder("none")


async def test_pages_that_another_app_turns_are_never_taken_for_ours(tmp_path: Path) -> None:
    take(tmp_path, shots(45))
    take(tmp_path, shots(45, "NGC 7000"))
    async with running(tmp_path) as scope:
        original = scope.albums.page
        turned: list[Any] = []

        def page(number: int) -> object:
            if len(turned) < 2:
                turned.append(scope.albums.open("MyWorks/NGC 7000_sub"))
            return original(number)

        scope.albums.page = page  # type: ignore[method-assign, assignment]
        async with joined(scope, ScopeFileAccess(SmbShare(scope.host, 1))) as service:
            listed = await service.list_folder("M 81_sub")
            assert len(listed) == 45
            assert all(file.name.startswith("Light_M 81_") for file in listed)
            assert len(turned) == 2


async def test_blocks_follow_the_scopes_clock_and_only_finished_ones_are_offered(
    tmp_path: Path,
) -> None:
    take(tmp_path, shots(40))
    async with telescope(tmp_path, zone="Asia/Kathmandu") as (scope, service):
        everything = await service.list_blocks("M 81")
        assert everything.zone == ZoneInfo("Asia/Kathmandu")
        assert sum(block.frame_count for block in everything.blocks) == 40
        assert everything.target.raw_files == 40
        found = await unstacked(service, "M 81")
        assert [block.chunk for block in found] == [block.chunk for block in everything.blocks]
        scope.time.clock.origin = found[-1].block_end.astimezone(UTC)
        scope.time.clock.since = datetime.now(UTC)
        scope.time.clock.speed = 0.001
        late = await unstacked(service, "M 81")
        assert late == found[:-1]


async def test_covered_blocks_are_not_offered(tmp_path: Path) -> None:
    take(tmp_path, shots(40))
    async with telescope(tmp_path) as (_, service):
        first, *others = await unstacked(service, "M 81")
        main = tmp_path / "MyWorks" / "M 81"
        main.mkdir(exist_ok=True)
        name = f"CrowdSky_9_any_20.0s_{first.filter}_{first.chunk}_HP006478.fit"
        (main / name).write_bytes(b"x" * 99)
        assert await unstacked(service, "M 81") == others
        known = await service.list_blocks("M 81")
        assert known.sizes == {name: 99}
        assert [stack.filename for stack in known.stacked] == [name]


@pytest.mark.parametrize("minutes", [0, 7, 5, 20, 45, 90])
async def test_block_lengths_that_mix_up_keys_are_refused(tmp_path: Path, minutes: int) -> None:
    async with telescope(tmp_path) as (_, service):
        with pytest.raises(UsageError):
            await service.list_blocks("M 81", minutes)


async def test_the_repeated_hour_is_told_apart_by_headers(tmp_path: Path) -> None:
    """Europe/Vienna leaves summer time on 2026-10-25 at 01:00 UTC: 02:00 to 03:00 comes twice."""
    for hour in (0, 1):
        begin = datetime(2026, 10, 25, hour, 5, hour, tzinfo=UTC)
        take(tmp_path, shots(1, begin=begin))
    async with telescope(tmp_path) as (_, service):
        blocks = (await service.list_blocks("M 81")).blocks
        assert [block.chunk for block in blocks] == ["20261025.00", "20261025.04"]
        assert not any(block.ambiguous for block in blocks)
        for file in (tmp_path / "MyWorks" / "M 81_sub").glob("*.fit"):
            file.write_bytes(b"unreadable")
    async with telescope(tmp_path) as (_, service):
        blocks = (await service.list_blocks("M 81")).blocks
        assert all(block.ambiguous for block in blocks)
