"""An export holds everything, and comes back the same; what is odd in one stops nothing else."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from json_schema_kit import document_of
from postgres_kit import PASSWORD, Cluster

from crowdsky_tui.base.clock import StoppedClock
from crowdsky_tui.base.errors import DatabaseNewer, FileDamaged, FileInTheWay
from crowdsky_tui.database.database import Database
from crowdsky_tui.database.exchange import MANIFEST, count_rows, export_to, import_from
from crowdsky_tui.database.records import Records
from crowdsky_tui.database.tables import record

pytest_plugins = ("database_kit",)

Make = Callable[[], tuple[Database, list[str]]]
NOW = datetime(2026, 11, 28, 22, 15, 0, 123_456, tzinfo=UTC)
ROW = {
    "uid": "u",
    "at": "2026-11-28T22:15:00Z",
    "run": "r",
    "kind": "k",
    "source": "",
    "data": "{}",
}


async def filled(database: Database) -> None:
    stream = Records(database, StoppedClock(NOW))
    for n in range(30):
        stream.insert("scope", {"n": n, "text": "é ☃"}, f"s{n % 3}")
    await stream.flush()


async def contents(database: Database) -> list[Any]:
    columns = [column for column in record.columns if column.name != "id"]
    found = await database.run(
        lambda c: c.execute(sa.select(*columns).order_by(record.c.uid)).all()
    )
    return [tuple(row) for row in found]


@pytest.mark.parametrize("name", ["backup", "backup.zip"])
async def test_what_is_exported_comes_back_the_same_and_once(
    opened_database: Make, tmp_path: Path, name: str
) -> None:
    database, _ = opened_database()
    await filled(database)
    path = tmp_path / "elsewhere" / name
    counts = await database.run(lambda c: export_to(c, path))
    assert counts == await database.run(count_rows) == {"record": 30, "current_record": 3} | counts
    other = Database(tmp_path / "other")
    try:
        first = await other.run(lambda c: import_from(c, path))
        assert first.added == counts and first.refused == ()
        again = await other.run(lambda c: import_from(c, path))
        assert not any(again.added.values()) and again.known == counts
        assert await contents(other) == await contents(database)
    finally:
        await other.close()
    assert {each.name for each in path.parent.iterdir()} == {name}


async def test_a_dry_run_counts_and_adds_nothing(opened_database: Make, tmp_path: Path) -> None:
    database, _ = opened_database()
    await filled(database)
    await database.run(lambda c: export_to(c, tmp_path / "backup"))
    other = Database(tmp_path / "other")
    found = await other.run(lambda c: import_from(c, tmp_path / "backup", dry_run=True))
    assert found.added["record"] == 30
    assert (await other.run(count_rows))["record"] == 0
    await other.close()


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    database = Database(tmp_path)
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(FileInTheWay):
        await database.run(lambda c: export_to(c, tmp_path / "mine"))
    await database.close()
    assert (tmp_path / "mine").read_text() == "mine"


def an_export(folder: Path, *lines: str, **manifest: str) -> Path:
    folder.mkdir()
    whole = {"format": "crowdsky-tui database", "form": "0001", **manifest}
    (folder / "manifest.json").write_text(json.dumps(whole))
    (folder / "record.jsonl").write_text("".join(f"{line}\n" for line in lines))
    return folder


async def test_a_row_that_cannot_be_taken_is_named_and_stops_no_other(
    opened_database: Make, tmp_path: Path
) -> None:
    database, _ = opened_database()
    good = [json.dumps({**ROW, "uid": f"u{n}"}) for n in range(2)]
    bad = {
        "{": "line 2",
        "[1]": "line 3",
        json.dumps({**ROW, "uid": "x1", "at": "2026-11-28T22:15:00"}): "no zone",
        json.dumps({**ROW, "uid": "x2", "at": "noon"}): "line 5",
        json.dumps({**ROW, "uid": 5}): "uid is no str",
        json.dumps({**ROW, "uid": "x3", "nonsense": 1}): "no column nonsense",
        json.dumps({**ROW, "uid": None}): "uid is missing",
        json.dumps({"uid": "x4"}): "at is missing",
        json.dumps({**ROW, "uid": "x5\0"}): "NUL",
        "\x1b[31m": "line 11",
        "[" * 50_000: "line 12",
        json.dumps({**ROW, "uid": "x6", "at": "0001-01-01T00:00:00+14:00"}): "line 13",
    }
    path = an_export(tmp_path / "odd", good[0], *bad, good[1])
    found = await database.run(lambda c: import_from(c, path))
    assert found.added["record"] == 2
    assert len(found.refused) == len(bad)
    for (line, reason), told in zip(bad.items(), found.refused, strict=True):
        assert reason in told and "record.jsonl line" in told, line
    assert "\x1b" not in "".join(found.refused)


async def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    database = Database(tmp_path / "state")
    (tmp_path / "text").write_text("hello")
    (tmp_path / "empty").mkdir()
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme", "hello")
    other = an_export(tmp_path / "strange", format="something else")
    odd = [an_export(tmp_path / name) for name in ("deep", "latin")]
    for path, content in zip(odd, (b"[" * 50_000, b'{"format": "caf\xe9"}'), strict=True):
        (path / MANIFEST).write_bytes(content)
    for path in (tmp_path / "text", tmp_path / "empty", tmp_path / "other.zip", other, *odd):
        with pytest.raises(FileDamaged, match="no export"):
            await database.run(partial(import_from, path=path))
    newer = an_export(tmp_path / "newer", form="9999")
    with pytest.raises(DatabaseNewer, match="9999"):
        await database.run(lambda c: import_from(c, newer))
    await database.close()


# The verb


def verb(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    config = folder / "config.toml"
    if not config.exists():
        config.write_text(f'[storage]\nstate_dir = "{folder / "state"}"\n')
    line = [sys.executable, "-m", "crowdsky_tui", "database", *words, "--config", str(config)]
    return subprocess.run(line, capture_output=True, text=True)


async def test_the_verb_shows_exports_and_imports(tmp_path: Path) -> None:
    database = Database(tmp_path / "state")
    await filled(database)
    await database.close()
    shown = document_of(verb(tmp_path, "show", "--json"))
    assert shown["rows"]["record"] == 30
    assert verb(tmp_path, "export", str(tmp_path / "b.zip")).returncode == 0
    assert verb(tmp_path, "export", str(tmp_path / "b.zip")).returncode == 3
    (tmp_path / "there").mkdir()
    done = verb(tmp_path / "there", "import", str(tmp_path / "b.zip"), "--json")
    assert document_of(done)["added"]["record"] == 30
    missing = verb(tmp_path, "import", str(tmp_path / "nothing"))
    assert missing.returncode == 2 and "cannot be read" in missing.stderr
    nowhere = verb(tmp_path, "export", str(tmp_path / "b.zip" / "c"))
    assert nowhere.returncode == 3 and "cannot be written" in nowhere.stderr
    assert "Traceback" not in missing.stderr


def test_the_servers_password_is_shown_nowhere(tmp_path: Path, postgres: Cluster) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[database]\nurl = "{postgres.new_database()}"\n')
    for line in (["database", "show"], ["config", "show"], ["config", "get", "database.url"]):
        run = subprocess.run(
            [sys.executable, "-m", "crowdsky_tui", *line, "--config", str(config)],
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0 and "127.0.0.1" in run.stdout, run.stderr
        assert PASSWORD not in run.stdout + run.stderr


def test_one_row_is_called_so(tmp_path: Path) -> None:
    assert verb(tmp_path, "export", str(tmp_path / "none.zip")).stdout.endswith(": 0 rows\n")
    line = [sys.executable, "-m", "crowdsky_tui", "target", "add", "M 31"]
    config = str(tmp_path / "config.toml")
    assert subprocess.run([*line, "--config", config], check=False).returncode == 0
    assert verb(tmp_path, "export", str(tmp_path / "one.zip")).stdout.endswith(": 1 row\n")
