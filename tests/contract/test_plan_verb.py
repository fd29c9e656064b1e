"""The verb `plan`: the night, why, one block, and the file for friends."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SITE = "[site]\nlatitude = 48.2\nlongitude = 16.4\nzone = 'Europe/Vienna'\n"
NIGHT = ("--night", "2026-12-28")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("plan")
    (made / "config.toml").write_text(f'{SITE}[storage]\nstate_dir = "{made / "state"}"\n')
    for words in (("M 81",), ("M 42",), ("M 33", "--priority", "5"), ("M 7",)):
        verb(made, "target", "add", *words)
    return made


def verb(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "crowdsky_tui", *words]
    line += ["--config", str(folder / "config.toml")]
    return subprocess.run(line, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def document(folder: Path, *words: str) -> Any:
    done = verb(folder, "plan", *words, *NIGHT, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_night_is_shown_and_every_dark_block_is_used(folder: Path) -> None:
    night = document(folder, "tonight")
    assert sum(run["slots"] for run in night["runs"]) == night["slots"] > 40
    assert "M 7" not in {run["name"] for run in night["runs"]}
    shown = verb(folder, "plan", "tonight", *NIGHT).stdout
    assert "from (CET)" in shown and f"{night['slots']} of {night['slots']} blocks" in shown


def test_why_agrees_with_the_plan_to_the_last_digit(folder: Path) -> None:
    night = document(folder, "tonight")
    for name in ("M 33",):
        reasons = document(folder, "why", name)["reasons"]
        chosen = [each["slot"] for each in reasons if each["verdict"] == "chosen"]
        assert len(chosen) == sum(run["slots"] for run in night["runs"] if run["name"] == name)
    never = document(folder, "why", "M 7")["reasons"]
    assert {each["verdict"] for each in never} == {"veto"}
    assert "altitude: " in never[0]["words"] and "needs 32.0°" in never[0]["words"]


def test_a_pin_a_skip_and_a_pause_count_until_they_are_taken_back(folder: Path) -> None:
    night = ("--night", "2027-01-10")

    def did(*words: str) -> Any:
        done = verb(folder, "plan", *words, *night, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    did("pin", "M 81", "22:15")
    assert "M 81" in {run["name"] for run in did("tonight")["runs"] if run["pinned"]}
    did("skip", "M 33")
    did("pause")
    shown = did("tonight")["runs"]
    assert shown == [], "a pause from before the night on leaves none of it"
    assert did("resume") == {"taken_back": 3}


def test_one_block_ranks_all_targets(folder: Path) -> None:
    rows = document(folder, "slot", "22:15")
    scores = [each["reason"]["score"] for each in rows]
    known = [each for each in scores if each is not None]
    assert len(rows) == 4 and scores == [*sorted(known, reverse=True), *[None] * (4 - len(known))]
    assert sum(each["reason"]["verdict"] == "chosen" for each in rows) == 1


def test_the_file_for_friends_does_not_say_where_one_is(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    assert verb(folder, "plan", "export", str(file), "--author", "Ann", *NIGHT).returncode == 0
    told = json.loads(file.read_text())
    assert told["author"] == "Ann" and len(told["targets"]) == 4 and told["runs"]
    assert "site" not in told and "48.2" not in file.read_text()
    assert verb(folder, "plan", "export", str(file), *NIGHT).returncode != 0
    other = tmp_path / "place.json"
    verb(folder, "plan", "export", str(other), "--with-place", *NIGHT)
    assert json.loads(other.read_text())["site"]["latitude_deg"] == 48.2


def test_a_site_that_is_not_set_and_a_scope_that_is_none_are_told(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(f'[storage]\nstate_dir = "{tmp_path / "state"}"\n')
    done = verb(tmp_path, "plan", "tonight")
    assert done.returncode == 2 and "site is not set" in done.stderr
