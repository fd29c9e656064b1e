"""What must hold when everything has come to rest: the four sides tell the same story."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from world import World

UNFINISHED = ("queued", "running", "waiting")


def journal_rows(state: Path, table: str) -> list[dict[str, object]]:
    """The bodies of a table of the journal, read beside everybody."""
    db = sqlite3.connect(state / "journal.sqlite3")
    try:
        return [json.loads(body) for (body,) in db.execute(f"SELECT body FROM {table}")]
    finally:
        db.close()


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def contents(paths: Iterable[Path]) -> dict[str, str]:
    """The hash of each file by its name; a name that is there twice is an error."""
    found = [(path.name, sha256(path)) for path in paths]
    assert len(dict(found)) == len(found), "a file lies in two places"
    return dict(found)


def unfinished(state: Path) -> list[dict[str, object]]:
    return [job for job in journal_rows(state, "jobs") if job["state"] in UNFINISHED]


def check_arrived_once(world: World) -> None:
    """No block stacked twice, no file uploaded twice, none lost."""
    wanted = world.wanted
    assert world.started() == wanted, "a block was stacked twice, or not at all"
    check_server(world, wanted)
    assert len(world.stacks()) == wanted
    check_tidy(world)


def check_server(world: World, wanted: int) -> None:
    """Every stack was accepted once and listed once."""
    identities = [stack.identity for stack in world.server.stacks]
    assert len(world.server.jobs) == wanted, "accepted twice, or not at all"
    assert len(identities) == wanted == len(set(identities))
    assert world.server.crashes == [], world.server.crashes


def check_tidy(world: World) -> None:
    """Nothing half done lies about."""
    assert world.stacks("DSO_Stacked_*") == [], "a result kept its working name"
    assert list(world.downloads.rglob("*.part")) == []


def check_journal(world: World) -> None:
    """The journal says what telescope, disk and server say."""
    assert unfinished(world.state) == []
    ledger = journal_rows(world.state, "ledger")
    rows = {stack.id: stack for stack in world.server.stacks}
    on_scope = {sha256(path): path.name for path in world.stacks()}
    assert len(ledger) == len(rows)
    for entry in ledger:
        assert entry["upload"] == "confirmed"
        row = rows.pop(int(str(entry["row_id"])))  # each row proves one stack only
        local = Path(str(entry["local_path"]))
        assert entry["sha256"] == sha256(local)
        assert on_scope[str(entry["sha256"])] == local.name
        assert str(row.chunk_key) in local.name
