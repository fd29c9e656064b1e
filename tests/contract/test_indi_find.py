"""INDI servers by their addresses: what their devices are, and devices kept as an instrument."""

import json
import shutil
from pathlib import Path

import pytest
from test_indi import line
from test_indi_simulators import indiserver

from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.cli.parser import parse
from crowdsky_tui.cli.verbs.instruments import instruments
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.instruments.indi.search import ask_indi_server


async def run(words: str, *names: str) -> int:
    return await instruments(parse([*words.split(), *names]).options, Settings())  # type: ignore[arg-type]


def info(device: str, mask: str) -> str:
    return (
        f'<defTextVector device="{device}" name="DRIVER_INFO" state="Idle" perm="ro">'
        f'<defText name="DRIVER_NAME">x</defText><defText name="DRIVER_INTERFACE">\n  {mask}\n'
        "</defText></defTextVector>"
    )


@pytest.mark.parametrize(
    ("mask", "kind"),
    [
        ("1", "telescope"),
        ("22", "camera"),
        ("8", "focuser"),
        ("16", "filterwheel"),
        ("32", "dome"),
        ("64", "gps"),
        ("128", "weather"),
        ("32768", "auxiliary"),
        ("0", "auxiliary"),
        ("-1", "auxiliary"),
        ("nan", "auxiliary"),
        ("99999999999", "auxiliary"),
    ],
)
async def test_what_a_device_is_its_interface_tells(mask: str, kind: str) -> None:
    async with line(info("It", mask)) as open_line:
        found = await ask_indi_server((open_line.host, open_line.port))
    assert [(each.kind, each.name, each.unique_id) for each in found.devices] == [
        (kind, "It", "It")
    ]
    assert found.protocol == "indi"


async def test_a_hostile_name_is_no_device() -> None:
    names = ["a&#10;b", "x" * 101, "\u202eevil", "Good"]
    async with line("".join(info(each, "1") for each in names)) as open_line:
        found = await ask_indi_server((open_line.host, open_line.port))
    assert [each.name for each in found.devices] == ["Good"]


async def test_a_silent_server_and_none_at_all_are_told_with_their_trouble(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert await run("instruments find indi://127.0.0.1:9 --json") == ExitCode.UNREACHABLE
    (server,) = json.loads(capsys.readouterr().out)["servers"]
    assert "no connection to the INDI server" in server["trouble"]
    for words in ("indi://", "indi://host:port", "indi://a b:1"):
        with pytest.raises(UsageError):
            await run("instruments find", words)


async def test_find_tells_a_weather_station_as_a_sensor_and_add_keeps_devices_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    every = {"EQMod Mount": "5", "ZWO CCD": "2", "Wheel": "16", "Station": "128", "GPS": "64"}
    said = "".join(info(name, mask) for name, mask in every.items())
    config = tmp_path / "config.toml"
    config.write_text("")
    async with line(said) as open_line:
        address = f"{open_line.host}:{open_line.port}"
        assert await run(f"instruments find indi://{address}") == ExitCode.OK
        out = capsys.readouterr().out
        assert f'kind = "indi_weather", address = "{address}/Station"' in out
        assert "gps  GPS" in out
        words = f"instruments add balcony indi://{address} --yes --config {config}"
        assert await run(words) == ExitCode.OK
    kept = read_settings(config, {}).settings
    assert [each.name for each in kept.instruments] == ["balcony"]
    assert {(each.role, each.protocol, each.unique_id) for each in kept.devices} == {
        ("mount", "indi", "EQMod Mount"),
        ("camera", "indi", "ZWO CCD"),
        ("wheel", "indi", "Wheel"),
    }
    assert {each.address for each in kept.devices} == {address}


@pytest.mark.skipif(shutil.which("indiserver") is None, reason="indi-bin is not here")
async def test_debians_simulators_are_found_for_what_they_are(tmp_path: Path) -> None:
    async with indiserver(tmp_path, "telescope", "weather", "gps", "dome") as address:
        host, _, port = address.rpartition(":")
        found = await ask_indi_server((host, int(port)))
    kinds = {each.name: each.kind for each in found.devices}
    assert kinds == {
        "Telescope Simulator": "telescope",
        "Weather Simulator": "weather",
        "GPS Simulator": "gps",
        "Dome Simulator": "dome",
    }
