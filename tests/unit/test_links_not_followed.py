"""A link that lies where a file of ours is to be written: what it points at stays as it is."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crowdsky_tui.base.errors import CannotWrite, CrowdSkyError
from crowdsky_tui.instruments.rig.focus_record import NAME, FocusRecord
from crowdsky_tui.services.crowdsky.download import PartFile
from crowdsky_tui.services.telescope_org.download import _begin

NOW = datetime(2026, 2, 27, 22, tzinfo=UTC)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    path = tmp_path / "other"
    path.write_text("mine")
    return path


async def test_a_stack_from_the_server(tmp_path: Path, other: Path) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"SIMPLE  =" + bytes(3000)

    (tmp_path / "a.fits.part").symlink_to(other)
    with pytest.raises(CrowdSkyError):
        async with PartFile(tmp_path / "a.fits") as part:
            await part.fill(pieces())
    assert other.read_text() == "mine"


def test_a_picture_from_telescope_org(tmp_path: Path, other: Path) -> None:
    (tmp_path / "x.part").symlink_to(other)
    with pytest.raises(OSError, match="symbolic"):
        _begin(tmp_path / "x.part").close()
    assert other.read_text() == "mine"


def test_a_record_of_focus_sweeps(tmp_path: Path, other: Path) -> None:
    (tmp_path / NAME).symlink_to(other)
    with pytest.raises(CannotWrite):
        FocusRecord(tmp_path).write("begin", NOW, **{"from": 5})
    assert other.read_text() == "mine"


def test_a_plain_file_is_gone_on_with(tmp_path: Path) -> None:
    record = FocusRecord(tmp_path)
    record.write("end", NOW)
    record.write("begin", NOW, **{"from": 5})
    assert record.cut_off() == 5
    (tmp_path / NAME).write_text("[" * 50_000)
    assert record.cut_off() is None
