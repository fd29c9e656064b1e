"""`storage.base` is a disk of the user's own: nothing is made where it should be mounted."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crowdsky_tui.base.absent_disk import keep_base, make_folders
from crowdsky_tui.base.errors import CannotWrite, CrowdSkyError, JournalError
from crowdsky_tui.base.files import only_writer, write_whole
from crowdsky_tui.base.private_files import private_folder
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.instruments.seestar.files.download import download
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.pictures.saving import make_folder
from crowdsky_tui.services.crowdsky.download import free_place


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """The disk of these settings, which is not there."""
    base = tmp_path / "usb"
    config = tmp_path / "config.toml"
    config.write_text(f'[storage]\nbase = "{base}"\ndownloads = "stacks"\nstate_dir = "state"\n')
    assert read_settings(config, {}).settings.downloads == base / "stacks"
    yield base
    keep_base("")


def _lock(folder: Path) -> None:
    with only_writer(folder):
        pass


@pytest.mark.parametrize(
    "make",
    [
        make_folders,
        private_folder,
        make_folder,
        _lock,
        lambda folder: write_whole(folder / "a", b""),
        lambda folder: free_place(folder, "20250115.78_HP049152"),
    ],
)
def test_no_folder_is_made_where_the_disk_should_be(
    disk: Path, make: Callable[[Path], object]
) -> None:
    for folder in (disk, disk / "stacks" / "M 1"):
        with pytest.raises((OSError, CrowdSkyError), match=r"storage\.base .* is not there"):
            make(folder)
    assert not disk.exists()
    disk.mkdir()
    make(disk / "stacks" / "M 1")
    assert (disk / "stacks" / "M 1").is_dir()


async def test_a_stack_is_not_fetched_and_a_journal_not_begun_there(disk: Path) -> None:
    with pytest.raises(CrowdSkyError, match="mount the disk") as fetched:
        await download((), "MyWorks/a.fit", 10, disk / "stacks" / "a.fit")
    journal = Journal(disk / "state")
    with pytest.raises(JournalError, match="mount the disk") as begun:
        await journal.open("test")
    await journal.close()
    assert all("\n" not in str(each.value) for each in (fetched, begun))
    assert not disk.exists()


def test_what_lies_elsewhere_is_made_and_without_a_base_everything(
    disk: Path, tmp_path: Path
) -> None:
    make_folders(tmp_path / "usb2" / "stacks")
    keep_base("")
    make_folder(disk / "stacks")
    assert (disk / "stacks").is_dir()
    with pytest.raises(CannotWrite):
        make_folder(Path("/proc/none"))
