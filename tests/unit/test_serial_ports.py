"""Serial ports are named so that the settings find the same sensor after the next plugging in."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from crowdsky_tui.instruments.sensors import serial_ports as ports


def test_a_port_has_its_numbers_and_its_own_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter, plain = tmp_path / "ttyUSB1", tmp_path / "ttyS0"
    for device in (meter, plain):
        device.touch()
    by_id = tmp_path / "by-id"
    by_id.mkdir()
    link = by_id / "usb-FTDI_SQM-LU_A1-if00-port0"
    link.symlink_to("../ttyUSB1")
    there = [
        SimpleNamespace(device=str(meter), description="SQM\x1b[31m", vid=0x403, pid=0x6015),
        SimpleNamespace(device=str(plain), description=None, vid=None, pid=None),
    ]
    monkeypatch.setattr(ports, "comports", lambda: there)
    first, second = ports.serial_ports(by_id)
    assert (first.port, first.usb, first.address) == (str(plain), "", str(plain))
    assert (second.usb, second.address) == ("0403:6015", str(link))
    assert "\x1b" not in second.what
    assert ports.serial_ports(tmp_path / "none")[1].address == str(meter)
