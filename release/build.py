"""Wheel and sdist of this checkout, and the wheels of all that they need."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from crowdsky_tui import __version__

ROOT = Path(__file__).parents[1]
EXTRAS = "demo"
"""What the Debian package holds beside the program: the demo night."""
PYTHONS = ("3.11.2", "3.12.3", "3.13.5")
"""Those of Debian 12, Ubuntu 24.04 and Debian 13, to the last figure: a wheel may want a later."""


def run(command: Sequence[str | Path], cwd: Path = ROOT) -> str:
    """Run a program to its end; what it printed.

    Raises
    ------
    SystemExit
        If it fails, with what it said.
    """
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "NO_MKDOCS_2_WARNING": "1"}
    words = [str(word) for word in command]
    ran = subprocess.run(  # noqa: S603 (programs of this file, and the release's own paths)
        words, cwd=cwd, env=quiet, capture_output=True, text=True
    )
    if ran.returncode:
        raise SystemExit(f"{' '.join(words)}\n{ran.stdout[-2000:]}{ran.stderr[-4000:]}")
    return ran.stdout


def build_python(folder: Path) -> tuple[Path, Path]:
    """Build wheel and sdist into a folder; their paths."""
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT])
    name = f"crowdsky_tui-{__version__}"
    return folder / f"{name}-py3-none-any.whl", folder / f"{name}.tar.gz"


def collect_wheels(wheel: Path, folder: Path, pythons: Sequence[str] = PYTHONS) -> None:
    """Fill a folder with the program's wheel and those of its dependencies for these Pythons.

    What comes as a source alone is built once: such a package has to be pure Python.
    """
    asked = f"{wheel}[{EXTRAS}]"
    with tempfile.TemporaryDirectory(prefix="crowdsky-tui-wheels-") as built:
        run([sys.executable, "-m", "pip", "wheel", "-q", "--wheel-dir", built, asked])
        for python in pythons:
            only = ("--only-binary=:all:", "--python-version", python, "--find-links", built)
            to = ("--dest", folder)
            run([sys.executable, "-m", "pip", "download", "-q", *only, *to, asked])


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file, making the folders above it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
