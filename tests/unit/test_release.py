"""What a release checks before it builds, and what the Debian package says of itself."""

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

import release.__main__ as making
from crowdsky_tui import __version__
from release.build import PYTHONS
from release.deb import CONTROL, POSTINST, PRERM
from release.try_install import Figures, docs_table


@pytest.mark.parametrize(
    ("heading", "changed", "against"),
    [
        (f"{__version__}, 2026-12-01", "", ""),
        (f"{__version__}, unreleased", "", "top section"),
        ("9.9.9, 2026-12-01", "", "top section"),
        (f"{__version__}, 2026-12-01", " M README.md\n", "uncommitted"),
    ],
)
def test_only_a_dated_changelog_and_a_clean_checkout_are_released(
    heading: str, changed: str, against: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {heading}\n\n## 0.1.0\n")
    monkeypatch.setattr(making, "ROOT", tmp_path)
    monkeypatch.setattr(making, "run", lambda command: changed)
    assert against in making.problem() and bool(making.problem()) is bool(against)


def test_every_file_has_its_checksum(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, folder = tmp_path / "root", tmp_path / "root" / "dist"
    (root / "build" / "site").mkdir(parents=True)
    (folder / "old").mkdir(parents=True)
    monkeypatch.setattr(making, "ROOT", root)
    monkeypatch.setattr(making, "run", lambda command: "")
    monkeypatch.setattr(making, "build_python", lambda to: (to / "a.whl").write_bytes(b"wheel"))
    monkeypatch.setattr(making, "build_deb", lambda to: (to / "a.deb").write_bytes(b"deb"))
    made = making.release(folder)
    lines = [line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines()]
    sums = {name: digest for digest, name in lines}
    assert sums.keys() == {path.name for path in made} - {"SHA256SUMS"}
    assert sums["a.whl"] == hashlib.sha256(b"wheel").hexdigest()
    assert not (folder / "old").exists()


@pytest.mark.parametrize("script", [POSTINST, PRERM])
def test_the_packages_scripts_are_plain_sh_and_touch_no_home(script: str) -> None:
    subprocess.run(["sh", "-n"], input=script, text=True, check=True)
    assert script.startswith("#!/bin/sh\nset -e\n")
    assert "HOME" not in script and "/home" not in script and "~" not in script


def test_the_package_is_installed_without_a_network() -> None:
    assert "--no-index" in POSTINST and "--find-links /opt/crowdsky-tui/wheels" in POSTINST


def test_the_package_asks_for_a_python_that_it_has_wheels_for() -> None:
    least, below = re.findall(r"python3 \([<>=]+ 3\.(\d+)\)", CONTROL)
    promised = [f"3.{minor}" for minor in range(int(least), int(below))]
    assert [version.rpartition(".")[0] for version in PYTHONS] == promised


def test_the_figures_are_a_table() -> None:
    lines = docs_table([Figures("uv", "3.13", 12.4, 301.2, 99.7)]).splitlines()
    assert lines[-1] == "| uv | 3.13 | 12 s | 301 MiB | 100 MiB |"
