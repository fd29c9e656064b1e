"""The list of targets over both databases, its copy in plain text, and the verb."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from json_schema_kit import document_of

from crowdsky_tui.base.clock import StoppedClock
from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.database.database import FILE, Database
from crowdsky_tui.jobs.delivery import Delivery
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.ledger import LedgerEntry
from crowdsky_tui.jobs.order import Order
from crowdsky_tui.plan.target import changed, new_target
from crowdsky_tui.plan.target_list import COPY, TargetList, find_named
from crowdsky_tui.plan.timeliness import Every

pytest_plugins = ("database_kit",)

Make = Callable[[], tuple[Database, list[str]]]
CLOCK = StoppedClock(datetime(2026, 11, 28, 22, tzinfo=UTC))
M81 = new_target("M 81", 148.888, 69.065, notes="for Ann; often")
CRB = new_target("T CrB", 239.87567, 25.92017, timeliness=(Every(3.0),), alt_names=("HD 143454",))


async def test_what_is_saved_is_there_changed_and_removed(opened_database: Make) -> None:
    book = TargetList(opened_database()[0], CLOCK)
    await book.save([CRB, M81])
    assert await book.all() == (M81, CRB)
    await book.save([changed(CRB, priority=5)])
    again = TargetList(opened_database()[0], CLOCK)
    assert [each.priority for each in await again.all()] == [2, 5]
    await again.remove([M81])
    assert [each.name for each in await book.all()] == ["T CrB"]


async def test_the_copy_is_plain_text_and_nobody_elses(tmp_path: Path) -> None:
    database = Database(tmp_path)
    await TargetList(database, CLOCK).save([M81, CRB])
    await database.close()
    text = (tmp_path / COPY).read_text()
    assert "for Ann; often" in text and "every 3d" in text and len(text.splitlines()) == 3
    assert (tmp_path / COPY).stat().st_mode & 0o077 == 0


async def test_a_lost_database_is_made_anew_from_the_copy(tmp_path: Path) -> None:
    database = Database(tmp_path)
    await TargetList(database, CLOCK).save([M81, CRB])
    await database.close()
    (tmp_path / FILE).write_bytes(b"ruined" * 3000)
    told: list[str] = []
    again = Database(tmp_path, "", told.append)
    book = TargetList(again, CLOCK, told.append)
    assert await book.all() == (M81, CRB)
    assert any("damaged" in line for line in told) and any(COPY in line for line in told)
    await again.close()


async def test_saving_first_does_not_write_over_what_was_lost(tmp_path: Path) -> None:
    database = Database(tmp_path)
    await TargetList(database, CLOCK).save([M81])
    await database.close()
    (tmp_path / FILE).unlink()
    again = Database(tmp_path)
    await TargetList(again, CLOCK).save([CRB])
    assert [each.name for each in await TargetList(again, CLOCK).all()] == ["M 81", "T CrB"]
    await again.close()


async def test_what_was_removed_does_not_come_back(tmp_path: Path) -> None:
    database = Database(tmp_path)
    book = TargetList(database, CLOCK)
    await book.save([M81, CRB])
    await book.remove([M81])
    await database.close()
    again = Database(tmp_path)
    told: list[str] = []
    assert await TargetList(again, CLOCK, told.append).all() == (CRB,)
    assert told == []
    await again.close()


async def test_a_shared_list_is_never_mended_from_one_machines_copy(
    tmp_path: Path, postgres: Any
) -> None:
    url = postgres.new_database()
    here, there = Database(tmp_path / "a", url), Database(tmp_path / "b", url)
    await TargetList(here, CLOCK).save([M81, CRB])
    await TargetList(there, CLOCK).remove([M81])
    assert await TargetList(here, CLOCK).all() == (CRB,)
    assert not (tmp_path / "a" / COPY).exists()
    await here.close()
    await there.close()


def test_a_target_is_found_by_any_spelling_any_name_and_its_uid() -> None:
    every = [M81, CRB]
    for typed in ("m81", "Messier 81", "M 81", M81.uid, M81.uid[:8]):
        assert find_named(every, typed) is M81
    assert find_named(every, "hd143454") is CRB
    with pytest.raises(UsageError, match="not on the list"):
        find_named(every, "M 82")
    twin = changed(M81, uid="f" * 32)
    with pytest.raises(UsageError, match="ffffffff"):
        find_named([M81, twin], "M 81")


# The verb


def verb(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    config = folder / "config.toml"
    config.write_text(f'[storage]\nstate_dir = "{folder / "state"}"\n')
    line = [sys.executable, "-m", "crowdsky_tui", "target", *words, "--config", str(config)]
    return subprocess.run(line, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def listed(folder: Path, *words: str) -> dict[str, Any]:
    document = document_of(verb(folder, "list", "--json", *words))
    return {each["name"]: each for each in document["targets"]}


def test_targets_are_added_changed_paused_and_removed(tmp_path: Path) -> None:
    assert "is empty" in verb(tmp_path, "list").stdout
    added = verb(tmp_path, "add", "m", "81", "--kind", "monitor", "--when", "every 5d")
    assert added.returncode == 0, added.stderr
    assert verb(tmp_path, "add", "148.888 69.065", "--name", "Twin").returncode == 2
    assert verb(tmp_path, "add", "nonsense 17").returncode != 0
    assert verb(tmp_path, "add", "M 82", "--when", "sometimes").returncode == 2
    found = listed(tmp_path)["M 81"]
    assert found["priority"] == 3 and found["timeliness"][0]["days"] == 5
    assert verb(tmp_path, "set", "m81", "priority=5", "notes=a = b").returncode == 0
    for wrong in ("priority=9", "priority=x", "nonsense=1", "uid=1", "priority", "name="):
        assert verb(tmp_path, "set", "m81", wrong).returncode == 2, wrong
    assert verb(tmp_path, "pause", "M 81").returncode == 0
    found = listed(tmp_path)["M 81"]
    assert (found["priority"], found["notes"], found["state"]) == (5, "a = b", "paused")
    assert verb(tmp_path, "rm", "M 81").returncode == 0
    assert listed(tmp_path) == {} and verb(tmp_path, "rm", "M 81").returncode == 2


async def test_what_is_due_goes_by_what_the_journal_says_is_proved(tmp_path: Path) -> None:
    for name in ("M 81", "M 82", "M 51"):
        verb(tmp_path, "add", name, "--kind", "monitor")
    journal = Journal(tmp_path / "state")
    await journal.open("a test")
    start = datetime.now(UTC) - timedelta(days=1)
    for name, upload in (("m81", Delivery.CONFIRMED), ("M 82", Delivery.SENT)):
        order = Order("S50", "a349", "S50_a349", name, name, "20261127.90", "10.0s", "LP", start,
                      start + timedelta(minutes=15), name=f"{name}.fit")  # fmt: skip
        await journal.save_entry(LedgerEntry(order, upload=upload))
    await journal.close()
    assert [*listed(tmp_path)] == ["M 51", "M 81", "M 82"]
    assert [*listed(tmp_path, "--due")] == ["M 51", "M 82"]
    assert listed(tmp_path)["M 81"]["due"]["words"].startswith("1.0 d ago, again in 2.0 d")
    assert "again in" in verb(tmp_path, "list").stdout


LIST = (
    'name,ra,dec,priority\nM 33,01h 33\' 51"",30º 39\' 37"",4\nT CrB,15h59m30.16s,25 55 12.6,\n'
    "Close,15h59m30.16s,25 55 40,\nBad,1h,91,\n"
)


def test_an_import_shows_first_asks_and_does_nothing_twice(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text(LIST)
    dry = verb(tmp_path, "import", str(file), "--dry-run")
    assert "2 new, 0 changed, 0 the same, 1 to be told apart, 1 refused" in dry.stdout
    assert "27″ from it" in dry.stdout and "line 5, Bad" in dry.stdout
    unasked = verb(tmp_path, "import", str(file))
    assert unasked.returncode == 2 and "nothing was written" in unasked.stderr
    assert listed(tmp_path) == {}
    done = verb(tmp_path, "import", str(file), "--yes", "--json")
    document = document_of(done)
    assert done.returncode == 3 and document["written"] == 2
    again = document_of(verb(tmp_path, "import", str(file), "--yes", "--json"))
    assert (again["new"], again["changed"], again["same"], again["written"]) == ([], {}, 2, 0)
    assert verb(tmp_path, "import", str(file), "--yes", "--near").returncode == 3
    assert set(listed(tmp_path)) == {"M 33", "T CrB", "Close"}


def test_names_are_looked_up_offline_and_places_of_the_day_are_brought_back(
    tmp_path: Path,
) -> None:
    names = tmp_path / "a.skylist"
    names.write_text(
        "SkySafariObservingListVersion=3.0\nSkyObject=BeginObject\n\tObjectID=4,-1,-1\n"
        "\tCommonName=Whirlpool Galaxy\n\tCatalogNumber=M 51\nEndObject=SkyObject\n"
        "SkyObject=BeginObject\n\tObjectID=4,-1,-1\n\tCatalogNumber=XYZ 99\nEndObject=SkyObject\n"
    )
    done = verb(tmp_path, "import", str(names), "--yes")
    assert done.returncode == 3 and "XYZ 99" in done.stdout
    m51 = listed(tmp_path)["M 51"]
    assert m51["ra_deg_j2000"] == pytest.approx(202.4696, abs=0.01)
    step = {"action": "start_mosaic", "params": {"target_name": "SS Cyg", "ra": "21h43m46.3s",
            "dec": "43d42m36.5s", "is_j2000": False}}  # fmt: skip
    (tmp_path / "s.json").write_text(json.dumps({"list": [step]}))
    assert verb(tmp_path, "import", str(tmp_path / "s.json"), "--yes").returncode == 0
    ss = listed(tmp_path)["SS Cyg"]
    assert ss["ra_deg_j2000"] == pytest.approx(325.678, abs=0.01)
    assert ss["dec_deg_j2000"] == pytest.approx(43.586, abs=0.01)


@pytest.mark.parametrize("form", ["csv", "ts", "skysafari", "ssc"])
def test_what_is_exported_can_be_imported(tmp_path: Path, form: str) -> None:
    file, out = tmp_path / "list.csv", tmp_path / "out"
    file.write_text(LIST)
    verb(tmp_path, "import", str(file), "--yes")
    assert verb(tmp_path, "export", form, str(out)).returncode == 0
    assert verb(tmp_path, "export", form, str(out)).returncode == 3
    assert verb(tmp_path, "export", form).stdout == out.read_text()
    back = document_of(verb(tmp_path, "import", str(out), "--json", "--dry-run"))
    assert back["same"] == 2 and back["new"] == []


def test_where_only_the_user_knows_the_unit_the_verb_says_how_to_tell(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("name,ra,dec\nA,5.5,1\n")
    asked = verb(tmp_path, "import", str(file))
    assert asked.returncode == 2 and "--ra hours or --ra degrees" in asked.stderr
    assert verb(tmp_path, "import", str(file), "--ra", "hours", "--yes").returncode == 0
    assert listed(tmp_path)["A"]["ra_deg_j2000"] == 82.5
    assert verb(tmp_path, "import", str(tmp_path / "none")).returncode == 2
