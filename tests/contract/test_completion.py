"""The completion scripts, read by the shells they are for."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bench.pty import Session
from crowdsky_tui.cli.main import main
from crowdsky_tui.cli.parser import verb_names
from crowdsky_tui.cli.verbs.completion import SHELLS, script

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
    return tmp_path


def output_of(command: list[str], folder: Path) -> str:
    ran = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=folder,
        timeout=30,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"},
    )
    assert ran.returncode == 0 and ran.stderr == "", ran.stderr
    return ran.stdout


@pytest.mark.parametrize(("typed", "offered"), COMPLETED)
def test_bash_completes(typed: str, offered: set[str], folder: Path) -> None:
    command = [need("bash"), "--norc", "-c", BASH, "bash", "script.bash", typed]
    words = {word.rstrip("/") for word in output_of(command, folder).split()}
    assert words - {"-h", "--help"} == offered or (not typed and words >= offered)


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
