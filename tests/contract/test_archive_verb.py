"""`archive list|index|fetch|rm`: every frame in one list; only proved copies are deleted."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from telescope_org_kit import Remote, remote

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.cli import archive_frames
from crowdsky_tui.cli.parser import parse
from crowdsky_tui.config.load import read_settings
from crowdsky_tui.simulator.telescope_org import pictures

DAY = "2024-11-17T20:00:00Z"


class Archive:
    """The verb at a stand-in of telescope.org, with a folder of its own."""

    def __init__(self, it: Remote, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.it = it
        self.folder = folder
        self._capsys = capsys
        account = it.site.account
        (folder / "config.toml").write_text(
            f"""[storage]
state_dir = "{folder / "state"}"
downloads = "{folder / "data"}"
[remote]
url = "{it.site.url}"
username = "{account.username}"
password = "{account.password}"
cache = "{it.cache}"
[clock]
origin = {DAY}
since = 2026-11-20T10:00:00Z
speed = 1000.0
"""
        )

    async def __call__(self, *line: str) -> tuple[int, Any]:
        config = self.folder / "config.toml"
        parsed = parse(["archive", *line, "--json", "--config", str(config)])
        self._capsys.readouterr()
        assert parsed.run is not None
        code = await parsed.run(parsed.options, read_settings(config).settings)
        return int(code), json.loads(self._capsys.readouterr().out)


@pytest.fixture
async def archive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Archive]:
    for name in ("USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"TELESCOPE_ORG_{name}", raising=False)
    monkeypatch.setattr(archive_frames, "PATIENCE_S", 60_000.0)  # a minute of the fast clock
    async with remote(tmp_path / "cache") as it:
        yield Archive(it, tmp_path, capsys)


def their_cache(archive: Archive) -> tuple[int, Path]:
    """A cache of the original client with one good cube; the job's number and the folder."""
    number = archive.it.a_job()
    path = archive.folder / "theirs" / str(number)[0] / str(number)[1] / f"{number}.fits"
    path.parent.mkdir(parents=True)
    path.write_bytes(pictures.cube(archive.it.site.account.jobs[number], None))
    return number, archive.folder / "theirs"


async def test_a_folder_is_indexed_once_and_only_read(archive: Archive) -> None:
    number, folder = their_cache(archive)
    plain = folder / "my rig" / "M 81_001.fits"
    plain.parent.mkdir()
    plain.write_bytes((folder / str(number)[0] / str(number)[1] / f"{number}.fits").read_bytes())
    (folder / "my rig" / "broken.fits").write_bytes(b"SIMPLE  = nothing")
    (folder / "my rig" / "link.fits").symlink_to(plain)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    code, said = await archive("index", str(folder), "--dry-run")
    assert code == 3 and len(said["indexed"]) == 2
    assert (await archive("list"))[1]["frames"] == []
    code, said = await archive("index", str(folder))
    assert code == 3 and len(said["indexed"]) == 2
    assert [each["path"] for each in said["refused"]] == [str(plain.with_name("broken.fits"))]
    code, said = await archive("index", str(folder))
    assert said["indexed"] == [] and said["unchanged"] == 2

    code, said = await archive("list")
    assert code == 0 and {each["source"] for each in said["frames"]} == {"telescope.org", "folder"}
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


async def test_an_adopted_picture_is_not_fetched_and_never_deleted(archive: Archive) -> None:
    number, folder = their_cache(archive)
    await archive("index", str(folder))
    code, said = await archive("fetch", f"{number}.fits")
    assert code == 0 and archive.it.count("download") == 0
    code, said = await archive("rm", f"{number}.fits", "--yes")
    assert code == 3 and "another program's" in said["frames"][0]["why"]
    assert len(list(folder.rglob("*.fits"))) == 1


async def test_a_picture_goes_once_the_site_says_that_it_has_it_and_comes_back(
    archive: Archive,
) -> None:

    number, folder = their_cache(archive)
    await archive("index", str(folder))
    (path,) = folder.rglob("*.fits")
    path.unlink()  # what was adopted has gone: the site is asked
    code, said = await archive("fetch", f"{number}.fits")
    assert code == 0 and said["frames"][0]["where"] == "here + telescope.org"
    assert archive.it.files() == [f"{number}.fits"]
    code, said = await archive("rm", f"{number}.fits", "--dry-run")
    assert code == 0 and archive.it.files() == [f"{number}.fits"]
    code, said = await archive("rm", f"{number}.fits", "--yes")
    assert code == 0 and said["frames"][0]["gone"] and archive.it.files() == []
    code, said = await archive("list", "--source", "telescope.org")
    assert said["frames"][0]["where"] == "telescope.org"
    code, said = await archive("fetch", f"{number}.fits")
    assert code == 0 and archive.it.files() == [f"{number}.fits"]


@pytest.mark.parametrize("trouble", ["changed", "not a success", "site away", "measured"])
async def test_a_copy_stays_while_anything_is_unproved(
    archive: Archive, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crowdsky_tui.archive.frames import Frames

    number, folder = their_cache(archive)
    await archive("index", str(folder))
    next(iter(folder.rglob("*.fits"))).unlink()
    await archive("fetch", f"{number}.fits")
    (path,) = [each for each in archive.it.cache.rglob("*") if each.is_file()]
    if trouble == "changed":
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    elif trouble == "not a success":
        archive.it.site.account.jobs[number].success = False
    elif trouble == "site away":
        archive.it.spoil("details", "status", "503", count=None)
    else:
        (frame,) = (await archive("list"))[1]["frames"]

        async def measured(_self: Frames) -> frozenset[str]:
            return frozenset({frame["sha256"]})

        monkeypatch.setattr(Frames, "measured", measured)
    code, said = await archive("rm", f"{number}.fits", "--yes")
    assert code == 3 and said["frames"][0]["why"] and path.exists()


async def test_an_indexed_file_never_goes(archive: Archive) -> None:
    _, folder = their_cache(archive)
    (path,) = folder.rglob("*.fits")
    other = path.rename(folder / "frame of a rig.fits")
    await archive("index", str(folder))
    code, said = await archive("rm", str(other), "--yes")
    assert code == 3 and "nothing proves" in said["frames"][0]["why"] and other.exists()


async def test_an_unknown_key_is_refused(archive: Archive) -> None:
    with pytest.raises(UsageError, match="there is no frame"):
        await archive("fetch", "nothing.fits")


@pytest.mark.parametrize(
    ("line", "action"),
    [
        ((), "stacks"),
        (("--compress",), "stacks"),
        (("M 81", "--expand", "--dry-run"), "stacks"),
        (("stacks", "M 81"), "stacks"),
        (("list",), "list"),
        (("--json", "list", "--here"), "list"),
        (("rm", "a.fits", "--yes"), "rm"),
    ],
)
def test_what_named_no_action_before_means_what_it_meant(
    line: tuple[str, ...], action: str
) -> None:
    assert parse(["archive", *line]).options.action == action  # type: ignore[attr-defined]
