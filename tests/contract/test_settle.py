"""What was handed over and never answered for: told, counted, and settled by the user's word."""

import shutil
from pathlib import Path

import pytest
from commands_kit import Simulation, simulation

SHORT_WAIT = ("--wait", "1200")
NEVER_TAKEN = ("--fault", "upload_stack:html")
LOST = ("--fault", "upload_stack:lost_reply", "--fault", "worker:stuck")


def in_doubt(sim: Simulation, target: str) -> str:
    """Send a target's one stack into the doubt, on a server that never tells; its name."""
    found = sim.json("sync", target, *SHORT_WAIT, code=3)
    (left,) = [one for one in found["not_proved"] if one["step"] == "upload"]
    assert "no answer came" in left["reason"] or "may or may not" in left["reason"]
    return str(left["stack"])


@pytest.mark.parametrize("fault", [NEVER_TAKEN, LOST], ids=["never taken", "taken"])
def test_the_users_word_settles_a_doubt_on_the_last_stack(
    tmp_path: Path, fault: tuple[str, ...]
) -> None:
    with simulation(tmp_path, "--scopes", "1", *fault) as sim:
        keep_one_block(sim)
        name = in_doubt(sim, "One")
        told = sim.json("settle", code=3)
        (line,) = told["unsettled"]
        assert (line["what"], line["target"]) == (name, "One")
        assert "no answer came" in line["reason"]
        assert sim.rows() == []
        if fault is LOST:  # it is there, but its worker died
            waiting = sim.json("settle", "One", "--arrived", *SHORT_WAIT, code=3)
            assert waiting["decided"] == "1 waited for"
            return
        sent = sim.json("settle", "One", "--again")
        assert sent["decided"] == "1 sent again"
        (row,) = sim.rows()
        assert row["object_name"] == "M 51"
        assert sim.json("settle")["unsettled"] == []


def keep_one_block(sim: Simulation) -> None:
    """A target "One" of one block."""
    works = next(Path(sim.ready["scopes"][0]["root"]).glob("MyWorks"))
    folder = works / "One_sub"
    folder.mkdir()
    (works / "One").mkdir()
    for path in (works / "M 51_sub").glob("Light_*-0145*.fit"):
        shutil.copyfile(path, folder / path.name.replace("M 51", "One"))
    for path in (works / "M 51_sub").glob("Light_*-015*.fit"):
        shutil.copyfile(path, folder / path.name.replace("M 51", "One"))
