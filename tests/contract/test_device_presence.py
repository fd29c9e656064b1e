"""What a telescope's state says of other apps, and what only one of its two lists shows."""

import logging
from pathlib import Path
from typing import Any

import msgspec
import pytest
from device_kit import joined, shots, telescope, until
from seestar_kit import running, take

from crowdsky_tui.base.errors import ScopeBusy
from crowdsky_tui.instruments.seestar.connection.capabilities import CapabilityBook
from crowdsky_tui.instruments.seestar.files.access import ScopeFileAccess, files_in_folder
from crowdsky_tui.instruments.seestar.files.smb import SmbShare
from crowdsky_tui.instruments.seestar.stacking.stack_block import stack_block
from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.store.store import ScopeState


async def test_another_apps_stack_makes_it_busy_and_its_own_does_not(tmp_path: Path) -> None:
    take(tmp_path, shots(3))
    async with telescope(tmp_path, speed=60.0) as (scope, service):
        states: list[ScopeState] = []
        service.on_change(lambda: states.append(service.state))
        scope.batch.configure("MyWorks/M 81_sub", [])
        scope.batch.files = [f"MyWorks/M 81_sub/{name}" for name in _lights(tmp_path)]
        scope.batch.start()
        await until(lambda: service.state is ScopeState.BUSY)
        assert "another app started" in service.reason
        assert (
            msgspec.convert(await service.call("get_albums"), dict[str, Any])["path"] == "MyWorks"
        ), "it answers all the same"
        await until(lambda: service.state is ScopeState.READY)

        found = await service.list_blocks("M 81")
        states.clear()
        await stack_block(
            service, found.target, found.blocks[0], note=_note, progress=lambda *_: None
        )
        assert ScopeState.BUSY not in states


async def _note(step: str, facts: dict[str, object]) -> None:
    return None


def _lights(root: Path) -> list[str]:
    return [path.name for path in (root / "MyWorks" / "M 81_sub").glob("Light_*.fit")]


async def test_a_stack_that_runs_already_is_seen_without_its_events(tmp_path: Path) -> None:
    take(tmp_path, shots(3))
    async with running(tmp_path, speed=1.0, seconds_per_frame=30.0) as scope:
        scope.batch.configure("MyWorks/NGC 1_sub", ["MyWorks/NGC 1_sub/x.fit"])
        scope.batch.start()
        async with joined(scope) as service:
            await service.facts()
            assert service.state is ScopeState.BUSY
            found = await service.list_blocks("M 81")
            with pytest.raises(ScopeBusy):
                await stack_block(
                    service, found.target, found.blocks[0], note=_note, progress=lambda *_: None
                )
            await scope.batch.stop()
            await service.facts()
            assert ScopeState(service.state) is ScopeState.READY


async def test_what_only_one_list_shows_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for folder in ("M 81_sub", "M 81", "NGC 1-sub", "IC 5_mosaic_sub", "IC 5_mosaic"):
        (tmp_path / "MyWorks" / folder).mkdir(parents=True)
    faults = Faults(hidden_albums={"NGC 1-sub", "M 81"})
    async with telescope(tmp_path, faults=faults) as (_, service):
        for _ in range(2):
            targets = await service.target_folders()
        assert [(each.target, each.sub_folder, each.only_in) for each in targets] == [
            ("IC 5_mosaic", "IC 5_mosaic_sub", ""),
            ("M 81", "M 81_sub", ""),
            ("NGC 1", "NGC 1-sub", "share"),
        ]
        said = [record.message for record in caplog.records if "only in" in record.message]
        assert said == ["garden: 2 of 5 folders are only in the share: M 81, NGC 1-sub"]
        faults.hidden_albums.clear()
        assert {each.only_in for each in await service.target_folders()} == {""}


async def test_what_only_the_albums_show_is_said_too(tmp_path: Path) -> None:
    take(tmp_path, shots(1))
    elsewhere = tmp_path / "other"
    (elsewhere / "MyWorks" / "M 31_sub").mkdir(parents=True)
    async with (
        running(tmp_path) as scope,
        joined(scope, files_in_folder(elsewhere)) as service,
    ):
        targets = await service.target_folders()
        assert [(each.target, each.only_in) for each in targets] == [
            ("M 31", "share"),
            ("M 81", "albums"),
        ]


async def test_where_only_one_can_be_asked_nothing_is_compared(tmp_path: Path) -> None:
    take(tmp_path, shots(1))
    async with running(tmp_path) as scope:
        files = ScopeFileAccess(SmbShare(scope.host, 1))
        async with joined(scope, files) as service:
            assert [each.only_in for each in await service.target_folders()] == [""]


async def test_what_the_firmware_can_do_outlives_the_connection(tmp_path: Path) -> None:
    book = CapabilityBook(tmp_path / "capabilities.json")
    async with running(tmp_path, firmware="7.32") as scope:
        async with joined(scope, book=book) as service:
            await service.call("get_albums")
        await book.save()
        kept = CapabilityBook(tmp_path / "capabilities.json")
        await kept.load()
        async with joined(scope, book=kept) as service:
            assert service.capabilities.supports("get_albums") is True
            assert service.capabilities.supports("clear_batch_stack") is None
