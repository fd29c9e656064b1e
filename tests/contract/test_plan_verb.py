"""The verb `plan`: the night, why, one block, and the file for friends."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from json_schema_kit import checked

from crowdsky_tui.cli.main import main
from crowdsky_tui.compute.client import Science
from crowdsky_tui.compute.messages import Reply
from crowdsky_tui.compute.worker import answer

SITE = "[site]\nlatitude = 48.2\nlongitude = 16.4\nzone = 'Europe/Vienna'\n"
NIGHT = ("--night", "2026-12-28")
LIST = """name,ra deg,dec deg,priority
M 81,148.8882,69.0653,2
M 42,83.8221,-5.3911,2
M 33,23.4621,30.6599,5
M 7,268.4633,-34.7928,2
"""


class VerbResult(msgspec.Struct):
    """What a verb said, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


Verb = Callable[..., VerbResult]
Document = Callable[..., Any]


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the science child computes is computed here, without a process for each verb."""

    async def ask(_: Science, request: Any, label: str) -> Reply:
        return answer(request)

    monkeypatch.setattr(Science, "_ask", ask)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("plan")
    begin(made, LIST)
    return made


def begin(folder: Path, targets: str, site: str = SITE) -> None:
    """Settings and a list of targets."""
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text(f'{site}[storage]\nstate_dir = "{folder / "state"}"\n')
    (folder / "list.csv").write_text(targets)
    config = ("--config", str(folder / "config.toml"))
    assert main(["target", "import", str(folder / "list.csv"), "--yes", *config]) == 0


@pytest.fixture
def verb(capsys: pytest.CaptureFixture[str]) -> Verb:
    def run(folder: Path, *words: str) -> VerbResult:
        capsys.readouterr()
        code = main([*words, "--config", str(folder / "config.toml")])
        return VerbResult(code, *capsys.readouterr())

    return run


@pytest.fixture
def document(verb: Verb) -> Document:
    def read(folder: Path, *words: str, night: tuple[str, ...] = NIGHT) -> Any:
        done = verb(folder, "plan", *words, *night, "--json")
        assert done.returncode in (0, 3), done.stderr
        return checked(["plan", *words, *night], done.stdout)

    return read


def test_the_night_is_shown_and_every_dark_block_is_used(
    folder: Path, verb: Verb, document: Document
) -> None:
    night = document(folder, "tonight")
    assert sum(run["slots"] for run in night["runs"]) == night["slots"] > 40
    assert "M 7" not in {run["name"] for run in night["runs"]}
    shown = verb(folder, "plan", "tonight", *NIGHT).stdout
    assert "from (CET)" in shown and f"{night['slots']} of {night['slots']} blocks" in shown


def test_why_agrees_with_the_plan_to_the_last_digit(
    folder: Path, verb: Verb, document: Document
) -> None:
    night = document(folder, "tonight")
    for name in ("M 33",):
        reasons = document(folder, "why", name)["reasons"]
        chosen = [each["slot"] for each in reasons if each["verdict"] == "chosen"]
        assert len(chosen) == sum(run["slots"] for run in night["runs"] if run["name"] == name)
    never = document(folder, "why", "M 7")["reasons"]
    assert {each["verdict"] for each in never} == {"veto"}
    assert "never from here: at most 7° high, needs 32°" in never[0]["words"]


def test_a_pin_a_skip_and_a_pause_count_until_they_are_taken_back(
    folder: Path, verb: Verb, document: Document
) -> None:
    night = ("--night", "2027-01-10")

    def did(*words: str) -> Any:
        done = verb(folder, "plan", *words, *night, "--json")
        assert done.returncode == 0, done.stderr
        return checked(["plan", *words, *night], done.stdout)

    did("pin", "M 81", "22:15")
    assert "M 81" in {run["name"] for run in did("tonight")["runs"] if run["pinned"]}
    did("skip", "M 33")
    did("pause")
    shown = did("tonight")["runs"]
    assert shown == [], "a pause from before the night on leaves none of it"
    assert did("resume") == {"taken_back": 3}


def test_one_block_ranks_all_targets(folder: Path, verb: Verb, document: Document) -> None:
    rows = document(folder, "slot", "22:15")
    scores = [each["reason"]["score"] for each in rows]
    known = [each for each in scores if each is not None]
    assert len(rows) == 4 and scores == [*sorted(known, reverse=True), *[None] * (4 - len(known))]
    assert sum(each["reason"]["verdict"] == "chosen" for each in rows) == 1


def test_the_file_for_friends_does_not_say_where_one_is(
    folder: Path, tmp_path: Path, verb: Verb
) -> None:
    file = tmp_path / "plan.json"
    assert verb(folder, "plan", "export", str(file), "--author", "Ann", *NIGHT).returncode == 0
    told = json.loads(file.read_text())
    assert told["author"] == "Ann" and len(told["targets"]) == 4 and told["runs"]
    assert "site" not in told and "48.2" not in file.read_text()
    assert verb(folder, "plan", "export", str(file), *NIGHT).returncode != 0
    other = tmp_path / "place.json"
    verb(folder, "plan", "export", str(other), "--with-place", *NIGHT)
    assert json.loads(other.read_text())["site"]["latitude_deg"] == 48.2


def test_a_site_that_is_not_set_and_a_scope_that_is_none_are_told(
    tmp_path: Path, verb: Verb
) -> None:
    (tmp_path / "config.toml").write_text(f'[storage]\nstate_dir = "{tmp_path / "state"}"\n')
    done = verb(tmp_path, "plan", "tonight")
    assert done.returncode == 2 and "site is not set" in done.stderr


def exported(verb: Verb, folder: Path, file: Path) -> Any:
    assert verb(folder, "plan", "export", str(file), "--author", "Ann", *NIGHT).returncode == 0
    return json.loads(file.read_text())


def test_a_friends_list_comes_in_as_drafts_and_once(
    folder: Path, tmp_path: Path, verb: Verb, document: Document
) -> None:
    file, mine = tmp_path / "ann.json", tmp_path / "mine"
    exported(verb, folder, file)
    begin(mine, LIST.splitlines()[0] + "\nM 33,23.4621,30.6599,1\n")
    before = verb(mine, "target", "list", "--json").stdout
    seen = document(mine, "import", str(file), "--dry-run")
    assert sorted(seen["new"]) == ["M 42", "M 7", "M 81"] and seen["written"] == 0
    assert seen["author"] == "Ann" and len(seen["runs"]) > 1
    assert verb(mine, "target", "list", "--json").stdout == before, "a dry run writes nothing"
    assert document(mine, "import", str(file), "--yes")["written"] == 3
    listed = checked(["target", "list"], verb(mine, "target", "list", "--json").stdout)["targets"]
    assert {each["name"]: each.get("state", "active") for each in listed} == {
        "M 33": "active", "M 42": "draft", "M 7": "draft", "M 81": "draft",
    }  # fmt: skip
    assert {each["name"]: each.get("priority", 2) for each in listed}["M 33"] == 1
    again = document(mine, "import", str(file), "--yes")
    assert (again["new"], again["written"], again["same"]) == ([], 0, 4)
    assert document(mine, "tonight")["runs"] and not {
        run["name"] for run in document(mine, "tonight")["runs"]
    } & {"M 42", "M 81"}, "a draft is not planned"


def test_what_another_site_leaves_is_offered(
    folder: Path, tmp_path: Path, verb: Verb, document: Document
) -> None:
    """Their runs end at 22:00 UTC: what is up here afterwards is uncovered."""
    file, mine = tmp_path / "ann.json", tmp_path / "mine"
    told = exported(verb, folder, file)
    uids = {each["name"]: each["uid"] for each in told["targets"]}
    told["runs"] = [
        {"scope": "theirs", "target": uid, "name": name, "start": "2026-12-28T12:00:00Z",
         "end": "2026-12-28T22:00:00Z"} for name, uid in uids.items()
    ]  # fmt: skip
    file.write_text(json.dumps(told))
    begin(mine, LIST.splitlines()[0] + "\nM 13,250.4235,36.4613,3\n")
    fit = document(mine, "import", str(file), "--fit", "--dry-run")["fit"]
    assert fit["unseen"] == ["M 7"]
    starts = [run["start"] for run in fit["uncovered"]]
    assert min(starts) == "2026-12-28T22:00:00Z", starts
    assert {run["name"] for run in fit["uncovered"]} <= {"M 81", "M 42", "M 33"}
    shown = verb(mine, "plan", "import", str(file), "--fit", "--dry-run", *NIGHT).stdout
    assert "uncovered from" in shown and "23:00" in shown and "Ann's plan of " in shown
    assert "not to be seen from here that night: M 7" in shown


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "JSON is broken"),
        ("[]", "none that 'plan export' wrote"),
        ('{"format": "other"}', "none that 'plan export' wrote"),
        ('{"format": "crowdsky-tui plan", "version": 2}', "of version 2"),
        ("[" * 5000, "JSON is broken"),
    ],
)
def test_what_is_no_plan_is_refused(
    content: str, words: str, folder: Path, tmp_path: Path, verb: Verb
) -> None:
    (tmp_path / "x.json").write_text(content)
    done = verb(folder, "plan", "import", str(tmp_path / "x.json"))
    assert done.returncode == 2 and words in done.stderr, done.stderr


def test_a_hostile_row_does_not_stop_the_rest(
    folder: Path, tmp_path: Path, verb: Verb, document: Document
) -> None:
    file, mine = tmp_path / "ann.json", tmp_path / "mine"
    told = exported(verb, folder, file)
    good = told["targets"][0]
    told["targets"] = [
        17, {"name": "no uid"}, good | {"uid": "x" * 99}, good | {"uid": "b", "ra_deg_j2000": 999},
        good | {"uid": "c", "name": "M \x1b[2J 999", "dec_deg_j2000": 12.0}, good,
    ]  # fmt: skip
    told["runs"] = ["no", {"start": 3}, {"scope": "s", "target": "t", "name": "n",
                    "start": "2026-01-01T00:00:00", "end": "2026-01-01T01:00:00Z"}]  # fmt: skip
    file.write_text(json.dumps(told))
    begin(mine, LIST.splitlines()[0] + "\nM 13,250.4235,36.4613,3\n")
    seen = document(mine, "import", str(file), "--dry-run")
    assert len(seen["refused"]) == 7 and len(seen["new"]) == 2 and seen["runs"] == []
    assert "\x1b" not in json.dumps(seen["new"], ensure_ascii=False)


def test_next_leaves_what_is_observed_now(
    folder: Path, verb: Verb, document: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = document(folder, "next", night=())
    assert isinstance(told["decisions"], list)


def test_stop_pauses_the_night_and_run_takes_back_pauses_alone(
    folder: Path, verb: Verb, document: Document
) -> None:
    night = ("--night", "2027-01-12")

    def did(*words: str) -> Any:
        return document(folder, *words, night=night)

    did("skip", "M 33")
    stopped = did("stop")["decision"]
    assert stopped["kind"] == "pause" and stopped["start"]
    assert did("tonight")["runs"] == []
    assert did("run") == {"taken_back": 1, "execute": "off"}
    names = {run["name"] for run in did("tonight")["runs"]}
    assert names and "M 33" not in names, "the skip stays"
    assert "plan.execute is off" in verb(folder, "plan", "stop", *night).stdout


def test_a_night_is_handed_over_or_driven_as_it_was_said_last(
    tmp_path: Path, verb: Verb, document: Document
) -> None:
    begin(tmp_path, LIST)
    night = ("--night", "2027-01-12")
    config = tmp_path / "config.toml"
    config.write_text(config.read_text() + '\n[plan]\nexecute = "drive"\n')

    def way(*words: str) -> Any:
        return document(tmp_path, "run", *words, night=night)["execute"]

    assert way("--hand-over", "--dry-run") == "hand-over" and way() == "drive"
    assert way("--hand-over") == way() == "hand-over"
    assert way("--drive") == way() == "drive"
    both = verb(tmp_path, "plan", "run", "--drive", "--hand-over", *night)
    assert both.returncode == 2 and "one of the two" in both.stderr
