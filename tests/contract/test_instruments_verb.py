"""The verb `instruments`: the tree of the settings, and devices kept as one instrument."""

import json
from pathlib import Path

import msgspec
import pytest
from alpaca_kit import alpaca

from crowdsky_tui.base.errors import (
    ExitCode,
    NotOffered,
    OutOfLimit,
    ReadOnlyMode,
    SettingsError,
    UsageError,
)
from crowdsky_tui.cli.parser import parse
from crowdsky_tui.cli.verbs.instruments import instruments
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.config.site_settings import SiteSettings
from crowdsky_tui.simulator.alpaca.parts import FilterWheel, Focuser, Switch


async def run(words: str, settings: Settings | None = None) -> int:
    return await instruments(parse(words.split()).options, settings or Settings())  # type: ignore[arg-type]


async def test_adding_keeps_the_devices_by_role_with_their_identities(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[site]\nname = "roof"\nlatitude = 48.123\nlongitude = 16.456\n')
    async with alpaca() as server:
        where = f"{server.host}:{server.port}"
        line = f"instruments add balcony {where} --yes --config {config}"
        assert await run(line) == ExitCode.OK
        assert not any(call.method == "PUT" for call in server.requests)
        with pytest.raises(SettingsError):
            await run(line)
    settings = read_settings(config, {}).settings
    kept = {device.role: device for device in settings.devices}
    assert set(kept) == {"mount", "camera", "focuser", "wheel", "switch"}
    assert kept["mount"].unique_id == "mount-1"
    assert kept["mount"].address == where
    capsys.readouterr()
    assert await run("instruments export", settings) == ExitCode.OK
    out = capsys.readouterr().out
    assert "48.1" not in out
    (balcony,) = json.loads(out)["site"]["instruments"]
    assert balcony["limits"]["sun_distance_deg"] == 30
    assert {each["role"] for each in balcony["devices"]} == set(kept)
    assert await run("instruments show balcony --json", settings) == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == balcony
    assert await run("instruments show balcony", settings) == ExitCode.OK
    assert "from the Sun 30° or more" in capsys.readouterr().out
    assert await run("instruments", settings) == ExitCode.OK
    assert "mount  alpaca" in capsys.readouterr().out


async def test_two_mounts_are_not_guessed_between_and_one_away_writes_nothing(
    tmp_path: Path,
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("")
    async with alpaca() as one, alpaca() as other:
        here, there = f"{one.host}:{one.port}", f"{other.host}:{other.port}"
        add = f"instruments add balcony {here} {there} --yes --config {config}"
        with pytest.raises(UsageError, match="several devices"):
            await run(add)
        await other.stop()
        with pytest.raises(UsageError, match="not known"):
            await run(add)
    assert list(tmp_path.iterdir()) == [config]


async def test_status_park_and_heater_are_told_to_the_instrument(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with alpaca() as server:
        address = f"{server.host}:{server.port}"
        devices = [
            DeviceSettings(instrument="balcony", role="mount", address=address),
            DeviceSettings(instrument="balcony", role="heater", address=address, switch=1),
        ]
        rig = InstrumentSettings(name="balcony", folder=str(tmp_path))
        settings = Settings(instruments=(rig,), devices=tuple(devices))
        assert await run("instruments heater balcony 40", settings) == ExitCode.OK
        assert await run("instruments park balcony --yes", settings) == ExitCode.OK
        capsys.readouterr()
        assert await run("instruments status balcony --json", settings) == ExitCode.OK
        state = json.loads(capsys.readouterr().out)
        assert state["heater_percent"]["value"] == 40
        assert state["parked"]["value"] is True
        assert await run("instruments status balcony", settings) == ExitCode.OK
        assert "heater percent  40" in capsys.readouterr().out
        for words in ("park balcony", "heater balcony warm", "status", "goto nobody M81"):
            with pytest.raises(UsageError):
                await run(f"instruments {words}", settings)
        looked = Settings(instruments=(rig,), devices=tuple(devices), read_only=True)
        with pytest.raises(ReadOnlyMode):
            await run("instruments heater balcony off", looked)


async def test_frames_filter_focus_and_switch_are_told_and_proved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with alpaca() as server:
        address = f"{server.host}:{server.port}"
        roles = ("camera", "wheel", "focuser", "switch")
        devices = tuple(
            DeviceSettings(instrument="balcony", role=role, address=address)  # type: ignore[arg-type]
            for role in roles
        )
        rig = InstrumentSettings(name="balcony", folder=str(tmp_path))
        settings = Settings(instruments=(rig,), devices=devices)
        for words in ("filter balcony LP", "focus balcony 1700", "switch balcony 1 42"):
            assert await run(f"instruments {words}", settings) == ExitCode.OK
        assert await run("instruments switch balcony 0 on", settings) == ExitCode.OK
        capsys.readouterr()
        assert await run("instruments expose balcony 0.5 2 --json", settings) == ExitCode.OK
        assert json.loads(capsys.readouterr().out)["frames"] == 2
        assert len(list(tmp_path.glob("unnamed_sub/Light_unnamed_0.5s_LP_*.fit"))) >= 2
        wheel = next(each for each in server.devices if isinstance(each, FilterWheel))
        focuser = next(each for each in server.devices if isinstance(each, Focuser))
        switch = next(each for each in server.devices if isinstance(each, Switch))
        assert (wheel.at, focuser.position()) == (2, 1700)
        assert switch.values[:2] == [1.0, 40.0], "the nearest step that it has"
        told = len([call for call in server.requests if call.method == "PUT"])
        for words in (
            *("focus balcony 99999", "focus balcony x", "focus balcony", "filter balcony"),
            *("switch balcony 1", "switch balcony 1 nan", "switch balcony 1 1000"),
            *("expose balcony", "expose balcony nan", "expose balcony 1 0", "expose balcony 0"),
        ):
            with pytest.raises(UsageError):
                await run(f"instruments {words}", settings)
        with pytest.raises(NotOffered):
            await run("instruments switch balcony 2 on", settings)
        looked = msgspec.structs.replace(settings, read_only=True)
        for words in ("focus balcony 5", "switch balcony 0 off", "expose balcony 1"):
            with pytest.raises(ReadOnlyMode):
                await run(f"instruments {words}", looked)
        assert len([call for call in server.requests if call.method == "PUT"]) == told


@pytest.mark.parametrize(
    "words",
    ["show", "show a b", "show nobody", "export 1.2.3.4:80", "add balcony", "add balcony host"],
)
async def test_what_names_nothing_is_refused(words: str) -> None:
    with pytest.raises(UsageError):
        await run(f"instruments {words}", Settings(site=SiteSettings(name="roof")))


@pytest.mark.parametrize("words", ["focus --sweep", "focus a b --sweep", "park balcony --sweep"])
async def test_a_sweep_takes_one_name_and_belongs_to_focus(words: str) -> None:
    with pytest.raises(UsageError, match="sweep"):
        await run(f"instruments {words}")


async def test_a_goto_asks_the_child_and_is_refused_below_the_horizon(tmp_path: Path) -> None:
    async with alpaca() as server:
        device = DeviceSettings(
            instrument="balcony", role="mount", address=f"{server.host}:{server.port}"
        )
        settings = Settings(
            instruments=(InstrumentSettings(name="balcony", folder=str(tmp_path)),),
            devices=(device,),
            site=SiteSettings(latitude=60.0, longitude=0.0),
        )
        with pytest.raises(OutOfLimit):
            await run("instruments goto balcony M 7 --yes", settings)
        assert not server.calls("PUT", "unpark")
