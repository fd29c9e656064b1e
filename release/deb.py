"""The Debian package: `python -m release.deb [FOLDER]`.

Its `data` holds wheels; `postinst` makes an environment of them with the machine's own Python, and
asks no network.
"""

import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

from crowdsky_tui import __version__
from crowdsky_tui.cli.verbs.agent import UNIT, unit_text
from crowdsky_tui.cli.verbs.completion import script
from crowdsky_tui.cli.verbs.man import page
from release.build import EXTRAS, ROOT, build_python, collect_wheels, copy_whole, run

HOME = "/opt/crowdsky-tui"
PROGRAM = "usr/bin/crowdsky-tui"
CONTROL = """\
Package: crowdsky-tui
Version: {version}
Architecture: {architecture}
Maintainer: the crowdsky-tui developers <noreply@localhost>
Installed-Size: {size_kib}
Depends: python3 (>= 3.11), python3 (<< 3.14), python3-venv
Section: science
Priority: optional
Description: stack, review, send and prove a Seestar's night for CrowdSky
 A full-screen terminal program, verbs and an agent for people with a ZWO Seestar.
 Everything lies in an environment of its own below /opt/crowdsky-tui.
"""
POSTINST = f"""\
#!/bin/sh
set -e
if [ "$1" = configure ]; then
    rm -rf {HOME}/venv
    /usr/bin/python3 -m venv {HOME}/venv
    {HOME}/venv/bin/python -m pip install --quiet --no-index --no-cache-dir \\
        --disable-pip-version-check --root-user-action=ignore \\
        --find-links {HOME}/wheels 'crowdsky-tui[{EXTRAS}]=={__version__}'
fi
"""
PRERM = f"""\
#!/bin/sh
set -e
rm -rf {HOME}/venv
"""
COPYRIGHT = "crowdsky-tui is under the MIT licence:\n\n"


def build_deb(folder: Path) -> Path:
    """Build the package of this machine's architecture; its path."""
    with tempfile.TemporaryDirectory(prefix="crowdsky-tui-deb-") as made:
        tree = Path(made) / "tree"
        wheel, _ = build_python(Path(made) / "python")
        collect_wheels(wheel, tree / HOME.strip("/") / "wheels")
        _shared_files(tree)
        architecture = run(["dpkg", "--print-architecture"]).strip()
        _control(tree, architecture)
        path = folder / f"crowdsky-tui_{__version__}_{architecture}.deb"
        run(["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "--build", tree, path])
    return path


def _shared_files(tree: Path) -> None:
    """Program, manual page, completion, the user's unit, licence and changelog."""
    program = tree / PROGRAM
    program.parent.mkdir(parents=True)
    program.symlink_to(f"{HOME}/venv/bin/crowdsky-tui")
    texts = {
        "usr/share/bash-completion/completions/crowdsky-tui": script("bash"),
        "usr/share/zsh/vendor-completions/_crowdsky-tui": script("zsh"),
        "usr/share/fish/vendor_completions.d/crowdsky-tui.fish": script("fish"),
        f"usr/lib/systemd/user/{UNIT}": unit_text([f"/{PROGRAM}", "agent"]),
        "usr/share/doc/crowdsky-tui/copyright": COPYRIGHT + (ROOT / "LICENSE").read_text(),
    }
    for name, text in texts.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text.rstrip()}\n", "utf-8")
    for name, data in {
        "usr/share/man/man1/crowdsky-tui.1.gz": page().encode(),
        "usr/share/doc/crowdsky-tui/changelog.gz": (ROOT / "CHANGELOG.md").read_bytes(),
    }.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(data, mtime=0))
    copy_whole(
        ROOT / "config.example.toml", tree / "usr/share/doc/crowdsky-tui/config.example.toml"
    )


def _control(tree: Path, architecture: str) -> None:
    size = sum(each.lstat().st_size for each in tree.rglob("*") if each.is_file()) // 1024
    folder = tree / "DEBIAN"
    folder.mkdir()
    told = CONTROL.format(version=__version__, architecture=architecture, size_kib=size)
    (folder / "control").write_text(told)
    for name, text in {"postinst": POSTINST, "prerm": PRERM}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


if __name__ == "__main__":
    try:
        print(build_deb(Path(sys.argv[1] if len(sys.argv) > 1 else ".")))
    except subprocess.SubprocessError as error:
        raise SystemExit(str(error)) from error
