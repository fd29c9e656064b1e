"""The completion scripts, read by the shells they are for."""

import asyncio
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench.pty import Session
from crowdsky_tui.base.clock import Clock
from crowdsky_tui.cli.known_words import KINDS
from crowdsky_tui.cli.main import main
from crowdsky_tui.cli.parser import verb_names
from crowdsky_tui.cli.verbs.completion import SHELLS, script
from crowdsky_tui.curves import rows
from crowdsky_tui.curves.project import Project
from crowdsky_tui.database.database import Database
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.plan.target import new_target
from crowdsky_tui.plan.target_list import TargetList

COMPLETED = (
    ("", set(verb_names())),
    ("sy", {"sync"}),
    ("--js", {"--json"}),
    ("sync --while", {"--while-observing"}),
    ("--scope attic sync --dr", {"--dry-run"}),
    ("sync --scope attic --dr", {"--dry-run"}),
    ("sync M81 --wa", {"--wait"}),
    ("config sh", {"show"}),
    ("scope he", {"heater"}),
    ("scope heater o", {"on", "off"}),
    ("scope goto --na", {"--name"}),
    ("simulate --login re", {"required"}),
    ("completion f", {"fish"}),
    ("bundle --dest nigh", {"nights"}),
    ("--config nigh", {"nights", "night.toml"}),
)
"""What is typed before tab, and what is offered for it."""
PATH = os.environ["PATH"]
KNOWN: tuple[tuple[str, set[str]], ...] = (
    ("stack m8", {"M81", "M82"}),
    ("stack ne", {"Nebel $x'; `y`"}),
    ("--scope s5", {"S50 a349"}),
    ("config get site.lat", {"site.latitude"}),
    ("curves run am", {"amleo"}),
    ("curves show amleo AM", {"AM Leo"}),
    ("stack nothing", set()),
)
"""What is typed before tab, and what is known here of it."""
BASH = """
source "$1"
read -ra COMP_WORDS <<< "crowdsky-tui $2"
[[ -z $2 || $2 == *" " ]] && COMP_WORDS+=("")
COMP_CWORD=$(( ${#COMP_WORDS[@]} - 1 ))
_shtab_crowdsky_tui 2> /dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""


def need(shell: str) -> str:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed (.ci/run does)")
    return program


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the scripts of all shells, a file and a folder."""
    (tmp_path / "nights").mkdir()
    (tmp_path / "night.toml").touch()
    for shell in SHELLS:
        (tmp_path / f"script.{shell}").write_text(script(shell))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "crowdsky-tui").symlink_to("/bin/true")
    return tmp_path


async def fill(state: Path) -> None:
    """A target on the list, two of which something was stacked, and a project."""
    start = datetime.now(UTC)
    journal, database = Journal(state), Database(state)
    await journal.open("a test")
    for name in ("M 82", "Nebel $x'; `y`"):
        order = Order("S50", "a349", "S50_a349", name, name, "20261127.90", "10.0s", "LP", start,
                      start + timedelta(minutes=15), name=f"{name}.fit")  # fmt: skip
        await journal.save_entry(LedgerEntry(order))
    await journal.close()
    await TargetList(database, Clock()).save([new_target("M 81", 148.888, 69.065)])
    project = Project(name="amleo", field="/nowhere", targets=("AM Leo",))
    await database.run(lambda db: rows.save_project(db, project, start))
    await database.close()


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which something is known, with the scripts, and the program to be called."""
    home = tmp_path_factory.mktemp("home")
    settings = home / ".config" / "crowdsky-tui" / "config.toml"
    settings.parent.mkdir(parents=True)
    scopes = '[[scopes]]\nhost = "127.0.0.9"\nname = "S50 a349"\n'
    settings.write_text(f'{scopes}[storage]\nstate_dir = "{home / "state"}"\n')
    asyncio.run(fill(home / "state"))
    for shell in SHELLS:
        (home / f"script.{shell}").write_text(script(shell))
    program = home / "bin" / "crowdsky-tui"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m crowdsky_tui "$@"\n')
    program.chmod(0o755)
    return home


def output_of(command: list[str], folder: Path) -> str:
    ran = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=30,
        env={
            "PATH": f"{folder / 'bin'}:{PATH}",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
        },
    )
    assert ran.returncode == 0 and ran.stderr == "", ran.stderr
    return ran.stdout


@pytest.mark.parametrize(("typed", "offered"), COMPLETED)
def test_bash_completes(typed: str, offered: set[str], folder: Path) -> None:
    command = [need("bash"), "--norc", "-c", BASH, "bash", "script.bash", typed]
    words = {word.rstrip("/") for word in output_of(command, folder).split()}
    assert words - {"-h", "--help"} == offered or (not typed and words >= offered)


@pytest.mark.parametrize(("typed", "offered"), KNOWN)
def test_bash_completes_what_is_known(typed: str, offered: set[str], known: Path) -> None:
    command = [need("bash"), "--norc", "-c", BASH, "bash", "script.bash", typed]
    lines = output_of(command, known).splitlines()
    words = {plain for line in lines if (plain := _unquoted(line)) not in {"-h", "--help"}}
    assert words - {""} == offered


def _unquoted(line: str) -> str:
    """The word that bash makes of what is offered: one word, and nothing is run."""
    said = subprocess.run(
        ["bash", "-c", f"printf '<%s>' {line}"], capture_output=True, text=True, check=True
    )
    assert said.stderr == "" and said.stdout.count("<") == 1
    return said.stdout[1:-1]


@pytest.mark.parametrize(("typed", "offered"), KNOWN)
def test_fish_completes_what_is_known(typed: str, offered: set[str], known: Path) -> None:
    ask = f'source script.fish; complete -C "crowdsky-tui {typed}"'
    lines = output_of([need("fish"), "--no-config", "-c", ask], known).splitlines()
    assert {line.split("\t")[0].replace("\\", "") for line in lines} >= offered


def test_zsh_completes_what_is_known(known: Path) -> None:
    zsh = need("zsh")
    (known / "_crowdsky-tui").write_text(script("zsh"))
    path = f"{known / 'bin'}:{PATH}"
    home = {"HOME": str(known), "ZDOTDIR": str(known), "TERM": "dumb", "PATH": path}
    with Session([zsh, "-f", "-i"], environment=home) as shell:
        shell.send(f"cd {known}; fpath=($PWD $fpath); autoload -Uz compinit && compinit -u\r")
        shell.send('print rea""dy\r')
        shell.wait(lambda text: "ready" in text)
        shell.send("crowdsky-tui stack Ne\t")
        shell.wait(lambda text: "Nebel\\ \\$x" in text)
        shell.send("\x15crowdsky-tui config get site.lat\t")
        shell.wait(lambda text: "site.latitude" in text)
        shell.send("\x15exit\r")


def test_tab_makes_nothing_and_tells_no_fault(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, asked = tmp_path / "config.toml", ("completion", "bash", "--word=x", "--known")
    settings.write_text(f'[storage]\nstate_dir = "{tmp_path / "state"}"\n')
    for kind in KINDS:
        assert main(["--config", str(settings), *asked, kind]) == 0
    (tmp_path / "state").mkdir()
    for file in ("journal.sqlite3", "database.sqlite3"):
        (tmp_path / "state" / file).write_bytes(b"ruined" * 999)
    settings.write_text(f"{settings.read_text()}[nonsense]\n")
    for kind in ("target", "star"):
        assert main(["--config", str(settings), *asked, kind]) == 0
    assert capsys.readouterr().out == ""
    assert len(list((tmp_path / "state").iterdir())) == 2


@pytest.mark.parametrize(("typed", "offered"), COMPLETED)
def test_fish_completes(typed: str, offered: set[str], folder: Path) -> None:
    ask = f'source script.fish; complete -C "crowdsky-tui {typed}"'
    lines = output_of([need("fish"), "--no-config", "-c", ask], folder).splitlines()
    words = {line.split("\t")[0].rstrip("/") for line in lines}
    assert words >= offered
    assert len(words) <= len(offered) + 1 or not typed


def test_zsh_reads_it(folder: Path) -> None:
    zsh = need("zsh")
    output_of([zsh, "-n", "script.zsh"], folder)
    (folder / "_crowdsky-tui").write_text(script("zsh"))
    load = "fpath=($PWD $fpath); autoload -Uz compinit && compinit -u; autoload +X _crowdsky-tui"
    said = output_of([zsh, "-f", "-c", f"{load}; print $_comps[crowdsky-tui]"], folder)
    assert said.split() == ["_crowdsky-tui"]
    text = (folder / "script.zsh").read_text()
    assert all(f"{verb}:" in text for verb in verb_names())


def test_zsh_completes(folder: Path) -> None:
    zsh = need("zsh")
    (folder / "_crowdsky-tui").write_text(script("zsh"))
    home = {"HOME": str(folder), "ZDOTDIR": str(folder), "TERM": "dumb"}
    with Session([zsh, "-f", "-i"], environment=home) as shell:
        shell.send(f"cd {folder}; fpath=($PWD $fpath); autoload -Uz compinit && compinit -u\r")
        shell.send('print rea""dy\r')
        shell.wait(lambda text: "ready" in text)
        shell.send("crowdsky-tui sy\t")
        shell.wait(lambda text: "crowdsky-tui sync" in text)
        shell.send("--while-o\t")
        shell.wait(lambda text: "--while-observing" in text)
        shell.send("\x15crowdsky-tui config s\t")
        shell.wait(lambda text: "set" in text and "show" in text)
        shell.send("\x15exit\r")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_verb_prints_the_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert capsys.readouterr().out.strip() == script(shell)


def test_what_is_hidden_is_not_offered() -> None:
    assert not [shell for shell in SHELLS if "follow-stdin" in script(shell)]
