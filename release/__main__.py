"""All of a release in `dist/`: `python -m release [--dirty]`. See docs/design/release.md."""

import argparse
import hashlib
import re
import shutil
import sys
import tarfile
from pathlib import Path

from crowdsky_tui import __version__
from release.build import ROOT, build_python, run
from release.deb import build_deb

DIST = ROOT / "dist"


def problem() -> str:
    """What speaks against a release of this checkout; empty if nothing does."""
    newest = re.search(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    told = newest[1] if newest else ""
    if not re.fullmatch(rf"{re.escape(__version__)}, \d{{4}}-\d\d-\d\d", told):
        return f"the changelog's top section is {told!r}, not '{__version__}, YYYY-MM-DD'"
    if changed := run(["git", "status", "--porcelain"]).strip():
        return f"uncommitted:\n{changed}"
    return ""


def release(folder: Path) -> list[Path]:
    """Build everything into an empty folder; the files, SHA256SUMS last."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    build_python(folder)
    if shutil.which("dpkg-deb"):
        build_deb(folder)
    run([sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"])
    with tarfile.open(folder / f"crowdsky-tui-{__version__}-docs.tar.gz", "w:gz") as archive:
        archive.add(ROOT / "build" / "site", f"crowdsky-tui-{__version__}-docs")
    files = sorted(folder.iterdir())
    sums = folder / "SHA256SUMS"
    sums.write_text("".join(f"{_sha256(path)}  {path.name}\n" for path in files))
    return [*files, sums]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Check, build, and name what came of it."""
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__)
    parser.add_argument("--dirty", action="store_true", help="whatever speaks against it")
    if not parser.parse_args().dirty and (against := problem()):
        raise SystemExit(f"no release: {against}")
    for path in release(DIST):
        print(f"{path.stat().st_size:>12,}  {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
