"""The client against every known firmware on every model: connect, log in, read, list, stack."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from device_kit import joined, shots, until
from login_kit import Keys, greet_quickly
from seestar_kit import BEGIN, SERIAL, client_of, running

from crowdsky_tui.base.errors import CommandRefused
from crowdsky_tui.blocks import parse_crowdsky_name
from crowdsky_tui.instruments.seestar.files.access import ScopeFileAccess
from crowdsky_tui.instruments.seestar.files.smb import SmbShare
from crowdsky_tui.instruments.seestar.service import SeestarService
from crowdsky_tui.instruments.seestar.stacking.stack_block import stack_block
from crowdsky_tui.simulator.faults import Faults
from crowdsky_tui.simulator.fits import read_fits
from crowdsky_tui.simulator.scripted_night import Camera
from crowdsky_tui.simulator.seestar.models import MODELS
from crowdsky_tui.simulator.seestar.profile import FIRMWARES, Profile
from crowdsky_tui.simulator.seestar.stand_in import SeestarStandIn
from crowdsky_tui.store.store import ScopeState

FRAMES = 4
OTHER_TARGETS = [f"NGC {number}" for number in range(7000, 7021)]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(tmp_path_factory.mktemp("key"))


@pytest.fixture(scope="session")
def nights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """For each model a small tree: one block of M 81, and 42 empty folders of other targets."""
    roots = {}
    for model in MODELS:
        root = tmp_path_factory.mktemp("night")
        camera = Camera(root, Profile(model=f"Seestar {model}"), SERIAL, seed=1)
        for frame in shots(FRAMES):
            camera.take(frame)
        for target in OTHER_TARGETS:
            camera.folders(target)
        roots[model] = root
    return roots


@asynccontextmanager
async def telescope_of(
    root: Path, keys: Keys, firmware: str, model: str, *, share: bool = True, **profile: Any
) -> AsyncIterator[tuple[SeestarStandIn, SeestarService]]:
    """A stand-in as this firmware is by itself, and a client with the key."""
    made = Profile(firmware=firmware, model=f"Seestar {model}")
    login = "required" if made.enforces_login else "none"
    options = {"login": login, "hidden_albums": 8, **profile}
    async with running(root, firmware=firmware, model=made.model, speed=6000.0, **options) as scope:
        scope.public_key = keys.public
        files = None if share else ScopeFileAccess(SmbShare(scope.host, 1))
        async with joined(scope, files, key_file=keys.file) as service:
            yield scope, service


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("firmware", FIRMWARES)
async def test_every_firmware_on_every_model(
    tmp_path: Path, nights: dict[str, Path], keys: Keys, firmware: str, model: str
) -> None:
    shutil.copytree(nights[model], tmp_path, dirs_exist_ok=True)
    async with telescope_of(tmp_path, keys, firmware, model) as (scope, service):
        major, minor = firmware.split(".")
        assert service.state is ScopeState.READY
        assert service.firmware_int == 2000 + 100 * int(major) + int(minor)
        assert service.telescope == f"{model}_{SERIAL}"
        assert ("verify_client" in scope.requests) is (service.firmware_int >= 2718)

        targets = await service.target_folders()
        assert [target.target for target in targets] == ["M 81", *OTHER_TARGETS]
        assert 0 < sum(target.only_in == "share" for target in targets) <= 8

        found = await service.list_blocks("M 81")
        result = await stack_block(
            service, found.target, found.blocks[0], note=_note, progress=lambda *_: None
        )
        name = parse_crowdsky_name(result.name)
        assert name is not None
        assert (name.frames, name.chunk) == (FRAMES, found.blocks[0].chunk)
        set_names = [file for file in scope.batch.files if "/" in file]
        assert bool(set_names) is (service.firmware_int >= 2775)
        assert service.capabilities.supports("get_verify_str") is (service.firmware_int >= 2718)
        assert service.capabilities.supports("clear_batch_stack") is (service.firmware_int >= 2775)
        assert service.capabilities.supports("get_albums") is True


async def _note(step: str, facts: dict[str, object]) -> None:
    return None


@pytest.mark.parametrize("firmware", FIRMWARES)
async def test_without_the_share_the_pages_tell_the_same(
    tmp_path: Path, nights: dict[str, Path], keys: Keys, firmware: str
) -> None:
    shutil.copytree(nights["S50"], tmp_path, dirs_exist_ok=True)
    async with telescope_of(tmp_path, keys, firmware, "S50", share=False) as (_, service):
        listed = {file.name for file in await service.list_folder("M 81_sub")}
        on_disk = {path.name for path in (tmp_path / "MyWorks" / "M 81_sub").iterdir()}
        shown = on_disk if firmware == "6.70" else {n for n in on_disk if n.endswith(".fit")}
        assert listed == shown
        targets = await service.target_folders()
        assert {target.only_in for target in targets} == {""}, "nothing to compare with"


@pytest.mark.parametrize("firmware", FIRMWARES)
async def test_a_telescope_that_images_stalls_and_stays_ready(
    tmp_path: Path, keys: Keys, firmware: str
) -> None:
    async with running(tmp_path, firmware=firmware, state_stall=0.1) as scope:
        scope.view.begin("M 81", (9.96, 68.94), BEGIN)
        scope.view.frame()
        async with joined(scope) as service:
            view = await service.observing()
            assert (view.observing, view.text) == (True, "observing M 81, 1 kept 0 dropped")
            assert (await service.facts()).serial == SERIAL
            assert service.state is ScopeState.READY
            scope.view.end(BEGIN)
            assert (await service.observing()).observing is False, "an ended view stays as cancel"


@pytest.mark.parametrize("unmarked", ["refused", "ignored"])
async def test_670_wants_its_marker_whatever_it_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unmarked: str
) -> None:
    greet_quickly(monkeypatch)
    async with (
        running(tmp_path, firmware="6.70", unmarked=unmarked) as scope,
        joined(scope) as service,
    ):
        assert service.state is ScopeState.READY
        assert await service.call("set_setting", {"auto_af": True}) == 0
        assert scope.state.settings["auto_af"] is True
        await scope.drop_clients()
        await until(lambda: service.state is not ScopeState.READY)
        await service.wait_ready(5)
        assert (
            msgspec.convert(await service.call("pi_get_time"), dict[str, object])["time_zone"]
            == "Europe/Vienna"
        )


async def test_706_refuses_the_marker_among_the_parameters(tmp_path: Path) -> None:
    async with running(tmp_path, firmware="7.06") as scope, client_of(scope) as client:
        inside = await client.call("get_img_file_page_number", {"dir": "MyWorks", "verify": True})
        applied = await client.call("set_setting", {"auto_af": True, "verify": True})
        wrapped = await client.call("clear_app_state", [{"name": "BatchStack"}, "verify"])
        bare = await client.call("get_setting", ["verify"])
        beside = await client.call("clear_app_state", {"name": "BatchStack"}, verify=True)
        assert [reply["code"] for reply in (inside, applied, wrapped, bare, beside)] == [
            *(109, 109, 107, 0, 0)
        ]
        assert scope.state.settings["auto_af"] is True


async def test_one_feature_is_lost_alone_with_its_reason(tmp_path: Path) -> None:
    faults = Faults(refuse={"get_wheel_position": (103, "method not found")})
    async with running(tmp_path, faults=faults) as scope, joined(scope) as service:
        for method, params, code in (
            ("get_wheel_position", None, 103),
            ("set_setting", {"heater": True}, 109),
            ("set_setting", {"master_cli": True}, 210),
        ):
            with pytest.raises(CommandRefused) as caught:
                await service.call(method, params)
            assert caught.value.code == code
        await service.call("set_setting", {"auto_af": True})
        known = service.capabilities
        assert known.supports("get_wheel_position") is False
        assert "103" in known.reason("get_wheel_position")
        assert known.supports("set_setting heater") is False
        assert known.supports("set_setting auto_af") is True
        assert "210" in known.reason("set_setting master_cli")
        assert known.supports("start_auto_focuse") is None


@pytest.mark.parametrize(
    ("model", "focal", "wide", "shape", "instrument"),
    [
        ("S50", 250.0, None, (192, 108), "Seestar S50"),
        ("S30", 150.0, [1920, 1080], (192, 108), "Seestar S30"),
        ("S30 Pro", 160.0, [3840, 2160], (384, 216), "imx585"),
    ],
)
async def test_each_model_has_its_own_optics_and_headers(
    nights: dict[str, Path],
    tmp_path: Path,
    model: str,
    focal: float,
    wide: list[int] | None,
    shape: tuple[int, int],
    instrument: str,
) -> None:
    frame = next((nights[model] / "MyWorks" / "M 81_sub").glob("Light_*.fit"))
    header, pixels = read_fits(frame)
    assert pixels.shape == shape
    assert (header["FOCALLEN"], header["INSTRUME"]) == (focal, instrument)
    assert ("CREATOR" in header) is (model != "S30 Pro")
    assert header["TELESCOP"] == f"{model}_{SERIAL}"
    async with running(tmp_path, model=f"Seestar {model}") as scope, client_of(scope) as client:
        state = await client.result("get_device_state")
    assert state["device"]["focal_len"] == focal
    assert state["camera"]["chip_size"] == [10 * shape[1], 10 * shape[0]]
    assert state.get("second_camera", {}).get("chip_size") == wide


@pytest.mark.parametrize(
    ("firmware", "has"),
    [("6.70", set()), ("7.32", set()), ("7.75", {"auto_lenhance"})],
)
async def test_settings_grow_with_the_firmware(
    tmp_path: Path, firmware: str, has: set[str]
) -> None:
    newer = {"auto_lenhance", "preview", "typec_mode"}
    async with running(tmp_path, firmware=firmware) as scope:
        assert newer & set(scope.state.settings) == has
        scope.view.begin("M 81", (9.96, 68.94), BEGIN)
        assert ("port" in scope.view.exposure()) is (firmware != "6.70")
    async with running(tmp_path, firmware="8.46") as scope:
        assert newer <= set(scope.state.settings)
