"""The streams that a shell can leave us: closed, broken, Latin-1, ASCII. Work is done anyhow."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_kit import COMMAND, Simulation, simulation

NAME = "オリオン"


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """A night with a target whose name neither Latin-1 nor ASCII has."""
    with simulation(tmp_path_factory.mktemp("night"), "--scopes", "1") as running:
        works = next(Path(running.ready["scopes"][0]["root"]).rglob("MyWorks"))
        source = next(works.glob("M 51_sub"))
        (works / NAME).mkdir()
        (works / f"{NAME}_sub").mkdir()
        for path in source.glob("Light_*.fit"):
            name = path.name.replace("M 51", NAME)
            (works / f"{NAME}_sub" / name).write_bytes(path.read_bytes())
        yield running


def in_shell(sim: Simulation, line: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """`line` by bash, with `$T` for the program and its settings file."""
    program = " ".join([*COMMAND, "--config", str(sim.config)])
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; T='{program}'; {line}"],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_name_that_the_output_cannot_show_costs_a_question_mark(
    sim: Simulation, encoding: str
) -> None:
    here = {"PYTHONIOENCODING": encoding}
    for verb in ("targets", "stack --dry-run", f"blocks '{NAME}'"):
        done = in_shell(sim, f"$T {verb}", **here)
        assert done.returncode == 0 and "Traceback" not in done.stderr, (verb, done.stderr)
    assert "M 51" in in_shell(sim, "$T targets", **here).stdout
    assert "????" in in_shell(sim, "$T targets", **here).stdout
    document = json.loads(in_shell(sim, "$T targets --json", **here).stdout)
    assert NAME in [one["target"] for one in document]
    nobody = in_shell(sim, "$T blocks nobody", **here)
    assert nobody.returncode == 2 and "Traceback" not in nobody.stderr


@pytest.mark.parametrize("closed", ["2>&-", "2> >(exit)", "<&-", "2>/dev/full"])
def test_a_stream_that_is_closed_or_broken_ends_no_work(sim: Simulation, closed: str) -> None:
    done = in_shell(sim, f"$T stack 'M 51' --json {closed}")
    assert done.returncode == 0, done
    assert set(words(json.loads(done.stdout), "status")) <= {"complete"}
    assert sim.scope_files("CrowdSky_*_M 51_*.fit")


def test_stdout_that_is_closed_broken_or_full_is_no_traceback(sim: Simulation) -> None:
    assert in_shell(sim, "$T targets >&-").stderr == ""
    assert in_shell(sim, "$T targets | true").stderr == ""
    full = in_shell(sim, "$T targets >/dev/full")
    assert full.returncode == 3 and "No space left" in full.stderr
    for line in ("$T targets >&- 2>&-", "$T --help | true", "$T config example | true"):
        assert "Traceback" not in in_shell(sim, line).stderr, line


def test_a_closed_stream_gives_its_number_to_no_file(sim: Simulation) -> None:
    script = (
        "import os; from crowdsky_tui.base.streams import mend_streams; mend_streams();"
        "print(os.open('/dev/null', os.O_RDONLY) > 2)"
    )
    done = in_shell(sim, f'{COMMAND[0]} -c "{script}" 2>&- <&-')
    assert done.stdout == "True\n"


def words(document: object, key: str) -> list[str]:
    """Every value of a key, at any depth."""
    if isinstance(document, dict):
        own = [str(document[key])] if key in document else []
        return own + [each for value in document.values() for each in words(value, key)]
    if isinstance(document, list):
        return [each for value in document for each in words(value, key)]
    return []


@pytest.mark.parametrize("key", ["server.password", "notices.url", "remote.password"])
def test_a_secret_is_asked_for_and_never_on_the_command_line(sim: Simulation, key: str) -> None:
    secret = "https://127.0.0.1/c4nary hush"
    done = in_shell(sim, f"printf '%s\\r\\n' '{secret}' | $T config set {key}")
    assert done.returncode == 0 and "c4nary" not in done.stdout + done.stderr, done.stderr
    assert secret in (sim.config.with_name("config.local.toml")).read_text()
    seen = in_shell(sim, f"$T config set {key} '{secret}'")
    assert seen.returncode == 0 and "history" in seen.stderr
    assert "c4nary" not in seen.stdout + seen.stderr
    nothing = in_shell(sim, f"$T config set {key} </dev/null")
    assert nothing.returncode == 2 and "nothing was typed" in nothing.stderr
    sim.config.with_name("config.local.toml").unlink()
