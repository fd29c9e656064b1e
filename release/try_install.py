"""Install as a stranger would, open the demo, uninstall, and see what is left.

`python -m release.try_install [WAY…] [--python 3.13] [--docs]`; ways: readme, pipx, uv, deb. Each
has a fresh home and fresh environments. `--docs` writes the figures into docs/install.md.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from crowdsky_tui import __version__
from release.build import EXTRAS, ROOT, build_python
from release.deb import HOME as DEB_HOME
from release.deb import build_deb

WAYS = ("readme", "pipx", "uv", "deb")
MARK = "<!-- the install figures: written by python -m release.try_install --docs -->\n"
END = "\n<!-- the install figures end -->"
OF_THE_TOOLS = (".cache", ".local/share/uv", ".local/share/pipx", ".local/state/pipx", ".config/uv")
"""Below a home: what pipx, uv and pip keep for themselves."""


class Figures(msgspec.Struct, frozen=True):
    """What an installation took: seconds, MiB on the disk, MiB of memory of the demo's verb."""

    way: str
    python: str
    seconds: float
    disk_mib: float
    memory_mib: float


class TryError(Exception):
    """An installation that did not do what it promises."""


def run(command: Sequence[str | Path], home: Path, cwd: Path) -> str:
    """Run a program in a fresh home; what it printed. Raises TryError."""
    environment = _environment(home)
    words = [str(word) for word in command]
    ran = subprocess.run(  # noqa: S603 (programs of this file, and the trial's own paths)
        words, cwd=cwd, env=environment, capture_output=True, text=True, timeout=1800
    )
    if ran.returncode:
        raise TryError(f"{' '.join(words)}: {ran.stdout[-500:]}{ran.stderr[-2000:]}")
    return ran.stdout


def _environment(home: Path) -> Mapping[str, str]:
    """Only what a login has, and where this machine's packages come from."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "UV_")) or name in {"LANG", "SSL_CERT_FILE", "TMPDIR"}
    }
    path = f"{home}/.local/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
    return {**kept, "HOME": str(home), "PATH": path, "DEBIAN_FRONTEND": "noninteractive"}


def python_path(version: str) -> Path:
    """An interpreter of this version on this machine. Raises TryError."""
    pyenv = Path.home().glob(f".pyenv/versions/{version}.*/bin")
    for folder in [*map(Path, os.get_exec_path()), *pyenv]:
        path = folder / f"python{version}"
        if path.exists() and "shims" not in path.parts:
            return path
    raise TryError(f"there is no Python {version} here")


def check_program(program: Path, home: Path) -> float:
    """See that it is this version and opens the demo; the memory that took, in MiB."""
    told = run([program, "--version"], home, home)
    if told.strip() != f"crowdsky-tui {__version__}":
        raise TryError(f"--version says {told!r}")
    measured = (
        "import json,resource,subprocess,sys;"
        "ran=subprocess.run(sys.argv[1:],capture_output=True,text=True);"
        "print(json.dumps([ran.returncode,ran.stdout,ran.stderr,"
        "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))"
    )
    asked: list[str | Path] = [
        sys.executable,
        "-c",
        measured,
        program,
        "--demo",
        "targets",
        "--json",
    ]
    code, output, errors, peak_kib = json.loads(run(asked, home, home))
    if code or not json.loads(output):
        raise TryError(f"--demo targets ended with {code}: {errors[-500:]}")
    return float(peak_kib) / 1024


def left_over(home: Path) -> list[str]:
    """Files of a home that are neither the tools' nor the user's data, relative to it."""
    data = ("crowdsky-tui",)
    names = [path.relative_to(home) for path in home.rglob("*") if not path.is_dir()]
    return sorted(
        str(name)
        for name in names
        if not str(name).startswith(OF_THE_TOOLS) and not set(data) & set(name.parts[:-1])
    )


def size_mib(folder: Path) -> float:
    """What a folder takes on the disk, in MiB."""
    return sum(each.lstat().st_blocks * 512 for each in folder.rglob("*")) / 2**20


def try_readme(python: Path, home: Path, work: Path) -> tuple[Path, Path]:
    """The README's command in a copy of this checkout; the program and its environment."""
    clone = work / "clone"
    run(["git", "clone", "-q", ROOT, clone], home, work)
    run([python, "-m", "venv", ".venv"], home, clone)
    run([clone / ".venv/bin/pip", "install", "-q", f".[{EXTRAS}]"], home, clone)
    return clone / ".venv/bin/crowdsky-tui", clone / ".venv"


def try_pipx(python: Path, home: Path, work: Path) -> tuple[Path, Path]:
    """`pipx install` of the wheel."""
    tools = _tools("pipx", home, work)
    wheel, _ = build_python(work / "built")
    run([tools / "pipx", "install", "--python", python, f"{wheel}[{EXTRAS}]"], home, work)
    return home / ".local/bin/crowdsky-tui", home / ".local/share/pipx/venvs/crowdsky-tui"


def try_uv(python: Path, home: Path, work: Path) -> tuple[Path, Path]:
    """`uv tool install` of a checkout."""
    tools = _tools("uv", home, work)
    asked: list[str | Path] = [
        tools / "uv",
        "tool",
        "install",
        "-q",
        "--python",
        python,
        f"{ROOT}[{EXTRAS}]",
    ]
    run(asked, home, work)
    return home / ".local/bin/crowdsky-tui", home / ".local/share/uv/tools/crowdsky-tui"


def _tools(name: str, home: Path, work: Path) -> Path:
    """The folder of a tool that is installed for this trial alone."""
    run([sys.executable, "-m", "venv", work / "tools"], home, work)
    run([work / "tools/bin/pip", "install", "-q", name], home, work)
    return work / "tools/bin"


def try_deb(python: Path, home: Path, work: Path) -> tuple[Path, Path]:
    """`apt install` of the Debian package; its Python is Debian's."""
    package = next((ROOT / "dist").glob("*.deb"), None) or build_deb(work)
    run(["apt-get", "install", "-y", "-qq", "--allow-downgrades", package], home, work)
    return Path("/usr/bin/crowdsky-tui"), Path(DEB_HOME)


def uninstall(way: str, home: Path, work: Path) -> list[str]:
    """Take it away again; what is left that should not be."""
    if way == "deb":
        run(["apt-get", "purge", "-y", "-qq", "crowdsky-tui"], home, work)
        places = [Path(DEB_HOME), Path("/usr/bin/crowdsky-tui"), *Path("/usr").glob(
            "share/man/man1/crowdsky-tui*"
        )]  # fmt: skip
        return [str(place) for place in places if place.exists() or place.is_symlink()]
    if way == "readme":
        shutil.rmtree(work / "clone")
    elif way == "pipx":
        run([work / "tools/bin/pipx", "uninstall", "crowdsky-tui"], home, work)
    else:
        run([work / "tools/bin/uv", "tool", "uninstall", "crowdsky-tui"], home, work)
    return []


@contextmanager
def fresh_folders() -> Iterator[tuple[Path, Path]]:
    """An empty home and a folder to work in."""
    with tempfile.TemporaryDirectory(prefix="crowdsky-tui-install-") as folder:
        home, work = Path(folder, "home"), Path(folder, "work")
        home.mkdir()
        work.mkdir()
        yield home, work


def attempt(way: str, version: str) -> Figures:
    """Install, try, keep something of the user's, uninstall, look. Raises TryError."""
    install = {"readme": try_readme, "pipx": try_pipx, "uv": try_uv, "deb": try_deb}[way]
    with fresh_folders() as (home, work):
        python = python_path(version)
        began = time.monotonic()
        program, environment = install(python, home, work)
        took = time.monotonic() - began
        memory, disk = check_program(program, home), size_mib(environment)
        run([program, "config", "set", "server.username", "alice"], home, home)
        left = uninstall(way, home, work)
        if program.exists():
            left.append(str(program))
        if left := [*left, *left_over(home)]:
            raise TryError(f"{way} leaves behind: {left}")
        if not [*home.rglob("config.local.toml")]:
            raise TryError(f"{way} took the user's settings away")
    return Figures(way, version, took, disk, memory)


def docs_table(figures: list[Figures]) -> str:
    """The figures as the table of docs/install.md."""
    rows = [
        f"| {each.way} | {each.python} | {each.seconds:.0f} s | {each.disk_mib:.0f} MiB |"
        f" {each.memory_mib:.0f} MiB |"
        for each in figures
    ]
    heading = "| way | Python | installed in | on the disk | `--demo targets`, at most |"
    return "\n".join([heading, "|---|---|---|---|---|", *rows])


def main() -> None:
    """Try the ways that are named, or all; end with 1 at the first that breaks its promise."""
    parser = argparse.ArgumentParser(prog="python -m release.try_install", description=__doc__)
    parser.add_argument("way", nargs="*", choices=[*WAYS, []], default=[])
    parser.add_argument("--python", action="append", default=[])
    parser.add_argument("--docs", action="store_true")
    asked = parser.parse_args()
    figures = []
    for way in asked.way or WAYS:
        for version in ["3.11"] if way == "deb" else asked.python or ["3.11", "3.13"]:
            try:
                figures.append(attempt(way, version))
            except TryError as error:
                raise SystemExit(str(error)) from error
            print(figures[-1], flush=True)
    if asked.docs:
        page = ROOT / "docs" / "install.md"
        before, _, rest = page.read_text("utf-8").partition(MARK)
        page.write_text(f"{before}{MARK}\n{docs_table(figures)}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
