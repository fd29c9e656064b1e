"""Random keys at the real app, seeded, in a short form; `python -m tests.monkey_night` is the long
one."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2]))

sys.path.append(str(Path(__file__).parents[1] / "contract"))

from commands_kit import simulation

from tests.monkey_night import differences, run


@pytest.mark.parametrize("agent", [True, False], ids=["agent", "alone"])
def test_whatever_is_pressed_server_and_telescope_are_as_the_journal_says(agent: bool) -> None:
    assert run(5, 10, (120, 40), agent=agent) == []


def test_the_check_itself_sees_what_does_not_agree(tmp_path: Path) -> None:
    with simulation(tmp_path, "--scopes", "1") as sim:
        before = set(sim.scope_files("CrowdSky_*.fit"))
        assert len(sim.json("sync", "AM Leo")["confirmed_now"]) > 0
        assert differences(sim, before) == []
        with closing(sqlite3.connect(sim.state / "journal.sqlite3")) as db, db:
            (stack_id, name), *_ = db.execute(
                "SELECT stack_id, json_extract(body, '$.order.name') FROM ledger"
                " WHERE upload = 'confirmed'"
            )
            db.execute("DELETE FROM ledger WHERE stack_id = ?", (stack_id,))
        assert any("not in the ledger" in line for line in differences(sim, before))
        for path in Path(sim.ready["scopes"][0]["root"]).rglob("CrowdSky_*.fit"):
            if path.name not in before and path.name != name:
                path.unlink()
        assert any("not on the telescope" in line for line in differences(sim, before))
