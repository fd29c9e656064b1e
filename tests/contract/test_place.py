"""The place of a GPS: asked for on request, kept with consent, shown rounded, told nowhere."""

import asyncio
import logging
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from crowdsky_tui.base import redaction
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.base.errors import SensorError, SensorGarbled, SensorUnreachable, UsageError
from crowdsky_tui.config.load import Settings, read_settings
from crowdsky_tui.config.schema import StorageSettings
from crowdsky_tui.config.site_settings import SiteSettings
from crowdsky_tui.instruments.sensors.gps import read_gps_place
from crowdsky_tui.night.calls.place import GPS, KeepProposedPlace, ProposePlace
from crowdsky_tui.night.night import Night
from crowdsky_tui.simulator.sensors.formats import gps
from crowdsky_tui.simulator.sensors.stand_in import SensorStandIn

PLACE = (48.1173, -11.5167, 545.4)
DIGITS = ("48.117", "4807", "11.516", "1131", "545")
TODAY = date(2026, 11, 20)


@pytest.fixture
async def receiver() -> AsyncIterator[SensorStandIn]:
    stand_in = SensorStandIn("nmea", Clock(), period_s=0.02, place=PLACE)
    await stand_in.start_tcp()
    yield stand_in
    await stand_in.stop()
    redaction.forget_all()


async def test_a_whole_fix_is_read_with_its_elevation(receiver: SensorStandIn) -> None:
    place = await read_gps_place(receiver.address, Clock().now().date())
    assert (place.latitude_deg, place.longitude_deg) == pytest.approx(PLACE[:2], abs=1e-4)
    assert place.elevation_m == pytest.approx(545.4)
    assert not any(digits in redaction.hide_for_file(f"at {PLACE[0]}") for digits in DIGITS)


async def test_it_comes_in_pieces_too_and_from_a_pseudo_terminal() -> None:
    receiver = SensorStandIn("nmea", Clock(), period_s=0.02, place=PLACE)
    receiver.faults.pieces = 7
    place = await read_gps_place(await receiver.start_pty(), Clock().now().date())
    await receiver.stop()
    assert place.latitude_deg == pytest.approx(PLACE[0], abs=1e-4)
    redaction.forget_all()


async def test_rubbish_is_refused_without_repeating_it(receiver: SensorStandIn) -> None:
    receiver.faults.garbage = gps(Clock().now(), *PLACE).replace(b"*", b"*0")
    with pytest.raises(SensorGarbled) as caught:
        await read_gps_place(receiver.address, TODAY)
    assert "gps_baud" in str(caught.value)
    assert not any(digits in str(caught.value) for digits in DIGITS)


async def test_without_a_fix_it_says_so_in_time(receiver: SensorStandIn) -> None:
    receiver.faults.garbage = b"$GPGGA,123519,,,,,0,00,,,M,,M,,*6B\r\n"
    with pytest.raises(SensorUnreachable, match="no fix"):
        await read_gps_place(receiver.address, TODAY, patience_s=0.3)
    receiver.faults.garbage, receiver.faults.silent = b"", True
    with pytest.raises(SensorError):
        await read_gps_place(receiver.address, TODAY, patience_s=0.3)
    with pytest.raises(SensorUnreachable, match="cannot be opened"):
        await read_gps_place("127.0.0.1:9", TODAY)


async def test_nothing_is_kept_before_the_word_and_all_is_after_it(
    receiver: SensorStandIn, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    config = tmp_path / "config.toml"
    config.write_text(f'[site]\ngps = "{receiver.address}"\n')
    settings = read_settings(config).settings
    storage = StorageSettings(str(tmp_path / "state"), str(tmp_path / "data"))
    async with Night(msgspec.structs.replace(settings, storage=storage)) as night:
        night.config_path = config
        with pytest.raises(UsageError, match="not asked"):
            await night.do(KeepProposedPlace(GPS))
        assert await night.do(ProposePlace(GPS)) == "48.1° N 11.5° W"
        assert not (tmp_path / "config.local.toml").exists()
        assert night.settings.site.latitude is None
        assert "config.local.toml" in await night.do(KeepProposedPlace(GPS))
        kept = read_settings(config).settings.site
        assert night.settings.site == kept
        assert (kept.latitude, kept.elevation) == pytest.approx((PLACE[0], 545.4), abs=1e-4)
        with pytest.raises(UsageError, match="not asked"):
            await night.do(KeepProposedPlace(GPS))
    assert not any(digits in caplog.text for digits in DIGITS)
    logs = b"".join(path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert not any(digits.encode() in logs for digits in DIGITS[:4])


async def test_without_a_receiver_in_the_settings_nobody_is_asked(tmp_path: Path) -> None:
    storage = StorageSettings(str(tmp_path / "state"), str(tmp_path / "data"))
    async with Night(Settings(storage=storage, site=SiteSettings())) as night:
        with pytest.raises(UsageError, match=r"site\.gps"):
            await night.do(ProposePlace(GPS))
        with pytest.raises(UsageError, match="no scope"):
            await night.do(ProposePlace("S50"))


async def test_the_verb_keeps_it_with_yes_and_shows_it_rounded(
    receiver: SensorStandIn, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[storage]\nstate_dir = "{tmp_path / "state"}"\n')
    line = ["site", "gps", "--gps", receiver.address, "--config", str(config)]
    run = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "crowdsky_tui", *line, "--yes"), stdout=PIPE, stderr=PIPE
    )
    told = b"".join(await asyncio.wait_for(run.communicate(), 60)).decode()
    assert run.returncode == 0, told
    assert "48.1° N 11.5° W" in told
    assert not any(digits in told for digits in DIGITS)
    assert read_settings(config).settings.site.latitude == pytest.approx(PLACE[0], abs=1e-4)
    assert "gps" not in (tmp_path / "config.local.toml").read_text()
