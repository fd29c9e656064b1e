"""Installed as strangers do, in a fresh home: it opens the demo, and goes away again."""

import os
import shutil
from pathlib import Path

import pytest

from release.try_install import TryError, attempt, left_over

needs_root = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("apt-get") is None,
    reason="the Debian package is tried by root, with apt-get",
)


@pytest.mark.long
@pytest.mark.parametrize("python", ["3.11", "3.13"])
@pytest.mark.parametrize("way", ["readme", "pipx", "uv"])
def test_it_opens_the_demo_and_leaves_only_the_users_data(way: str, python: str) -> None:
    assert attempt(way, python).disk_mib > 100


@pytest.mark.long
@needs_root
def test_the_debian_package_is_installed_and_purged_by_apt() -> None:
    assert attempt("deb", "3.11").memory_mib < 150


def test_a_way_that_is_not_here_is_named() -> None:
    with pytest.raises(TryError, match=r"no Python 3\.2 here"):
        attempt("uv", "3.2")


def test_what_is_the_users_may_be_left_and_nothing_else(tmp_path: Path) -> None:
    kept = (".config/crowdsky-tui/config.toml", ".local/state/crowdsky-tui/journal.sqlite3")
    of_tools = (".cache/pip/x", ".local/share/pipx/shared/x", ".local/share/uv/tools/.lock")
    for name in (*kept, *of_tools, ".local/bin/crowdsky-tui", ".config/fish/x.fish"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert left_over(tmp_path) == [".config/fish/x.fish", ".local/bin/crowdsky-tui"]
