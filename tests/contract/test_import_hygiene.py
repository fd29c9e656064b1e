"""What comes along with an import, asked of a fresh interpreter.

The import contract is static: it cannot tell a late import from an early one.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from crowdsky_tui.cli.parser import verb_names

TERMINAL = {"textual", "rich"}
NUMBERS = {"astropy", "astropy_healpix", "numpy", "sep"}
NETWORK = {"httpx", "smb", "nmb", "cryptography", "ifaddr"}
STAND_INS = {"starlette", "uvicorn", "crowdsky_tui.simulator"}


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("crowdsky_tui", TERMINAL | NUMBERS | NETWORK | STAND_INS | {"asyncio", "sqlite3"}),
        ("crowdsky_tui.blocks", TERMINAL | NUMBERS | NETWORK | STAND_INS | {"asyncio"}),
        ("crowdsky_tui.store.store", TERMINAL | NUMBERS | NETWORK | STAND_INS),
        ("crowdsky_tui.config.load", TERMINAL | NUMBERS | NETWORK | STAND_INS),
        ("crowdsky_tui.compute.messages", TERMINAL | NUMBERS | NETWORK | STAND_INS),
        ("crowdsky_tui.compute.worker", NUMBERS),
        ("crowdsky_tui.compute.client", TERMINAL | NUMBERS | NETWORK | STAND_INS),
        ("crowdsky_tui.instruments.seestar", TERMINAL | NUMBERS | NETWORK | STAND_INS),
        ("crowdsky_tui.services.crowdsky", TERMINAL | NUMBERS | NETWORK | STAND_INS),
        ("crowdsky_tui.jobs", TERMINAL | NUMBERS | NETWORK | STAND_INS),
        ("crowdsky_tui.timeseries.finder", TERMINAL | NETWORK | STAND_INS | {"astropy", "sep"}),
        ("crowdsky_tui.timeseries.minimum", TERMINAL | NETWORK | STAND_INS | {"astropy", "sep"}),
        ("crowdsky_tui.night.night", TERMINAL | NUMBERS | NETWORK | STAND_INS),
        ("crowdsky_tui.cli.main", TERMINAL | NUMBERS | NETWORK | STAND_INS),
        ("crowdsky_tui.tui.actions.registry", {"textual"} | NUMBERS | NETWORK | STAND_INS),
    ],
)
def test_importing_stays_light(module: str, unwanted: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert sorted(unwanted & set(run.stdout.split())) == []


def test_only_the_child_and_the_stand_ins_work_out_a_tile() -> None:
    """`healpix_pixel` imports astropy when it is called: 38 MiB and most of a second."""
    package = Path(__file__).parents[2] / "crowdsky_tui"
    callers = {
        path.relative_to(package).parts[0]
        for path in package.rglob("*.py")
        if "healpix_pixel(" in (text := path.read_text()) or "compute_chunk_key(" in text
    }
    rooms = {"api", "blocks", "fits", "photometry", "simulator", "sky"}  # api: for its caller
    assert callers <= rooms, "ask the compute child instead"


def test_help_costs_neither_textual_nor_astropy() -> None:
    code = """
import sys
from crowdsky_tui.cli import main as cli
try:
    cli.main(["--help"])
except SystemExit as leaving:
    print("code", leaving.code, file=sys.stderr)
print(*sys.modules, file=sys.stderr)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "usage" in run.stdout.lower()
    loaded = set(run.stderr.splitlines()[-1].split())
    unwanted = TERMINAL | NUMBERS | NETWORK | {"starlette", "uvicorn"}
    assert sorted(unwanted & loaded) == []


@pytest.mark.parametrize(
    ("line", "imported"),
    [
        (["--help"], []),
        (["--version"], []),
        (["nonsense"], []),
        (["--scope", "sync", "settle", "--help"], ["settle"]),
        (["scope", "goto", "--help"], ["scope"]),
        (["completion", "nonsense"], ["completion"]),
    ],
)
def test_only_the_verb_that_is_asked_for_is_imported(line: list[str], imported: list[str]) -> None:
    code = f"""
import sys
from crowdsky_tui.cli.main import main
try:
    main({line})
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    loaded = run.stderr.splitlines()[-1].split()
    room = "crowdsky_tui.cli.verbs."
    assert sorted(name.removeprefix(room) for name in loaded if name.startswith(room)) == imported


WORKING = TERMINAL | NUMBERS | NETWORK | {
    "asyncio", "ssl", "sqlite3", "starlette", "uvicorn", "sqlalchemy", "crowdsky_tui.night.night",
    "crowdsky_tui.config.load", "crowdsky_tui.base.clock",
}  # fmt: skip
MOST_MODULES = 1.5
"""A verb's help loads at most this many times the modules of the program's own (`--help`)."""


def modules_after(*line: str) -> set[str]:
    """What a fresh interpreter has imported when this command line has shown its help."""
    code = f"""
import sys
from crowdsky_tui.cli.main import main
try:
    main({list(line)})
except SystemExit as leaving:
    assert leaving.code == 0
print(*sys.modules, file=sys.stderr)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("usage: crowdsky-tui")
    return set(run.stderr.splitlines()[-1].split())


@pytest.fixture(scope="module")
def own_help() -> set[str]:
    return modules_after("--help")


@pytest.mark.parametrize(
    "line", [*[(verb,) for verb in verb_names()], ("scope", "goto"), ("database", "export")]
)
def test_the_help_of_a_verb_loads_nothing_that_the_verb_works_with(
    own_help: set[str], line: tuple[str, ...]
) -> None:
    loaded = modules_after(*line, "--help")
    assert sorted(WORKING & loaded) == []
    assert len(loaded) <= MOST_MODULES * len(own_help)


def test_httpx_comes_without_the_program_that_it_brings() -> None:
    code = """
import sys
from crowdsky_tui.cli import main as cli
try:
    cli.main(["--version"])
except SystemExit:
    pass
import httpx
print(*sys.modules, httpx.AsyncClient.__name__, file=sys.stderr)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    loaded = run.stderr.split()
    assert loaded[-1] == "AsyncClient"
    assert not {"click", "pygments", "rich"} & set(loaded)
