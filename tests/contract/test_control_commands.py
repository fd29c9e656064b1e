"""`crowdsky-tui scope …` as a user runs it, against stand-ins in a process of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_kit import Simulation, simulation
from json_schema_kit import document_of


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    with simulation(tmp_path_factory.mktemp("control"), "--scopes", "2") as made:
        yield made


def one(night: Simulation) -> tuple[str, ...]:
    name = "S50 " + night.ready["scopes"][0]["serial"][:4]
    return ("--scope", name)


def test_status_of_all_scopes(night: Simulation) -> None:
    rows = night.json("scope", "status")
    assert [row["arm"] for row in rows] == ["closed", "closed"]
    assert all(row["battery_percent"] == 83 for row in rows)
    text = night.run("scope", "status").stdout
    assert "free GB" in text and "-57 dBm" in text


def test_which_scope_must_be_said_if_there_are_several(night: Simulation) -> None:
    done = night.run("scope", "park", "--yes")
    assert done.returncode == 2
    assert "--scope" in done.stderr


def test_what_moves_the_mount_asks_and_the_default_is_no(night: Simulation) -> None:
    for action in (("open",), ("goto", "M 81"), ("reboot",), ("shutdown",)):
        done = night.run("scope", *action, *one(night))
        assert done.returncode == 2, done.stderr
        assert "nothing was done" in done.stderr and "--yes" in done.stderr
    assert night.json("scope", "status", *one(night))[0]["arm"] == "closed"


def test_what_is_so_already_is_done_and_asks_nothing(night: Simulation) -> None:
    for action, text in (("stop", "it did nothing"), ("park", "the arm is folded")):
        done = night.run("scope", action, *one(night))
        assert (done.returncode, done.stdout.strip()) == (0, text), done.stderr


def test_m_102_is_said_to_be_m_101_before_anything_moves(night: Simulation) -> None:
    done = night.run("scope", "goto", "M 102", *one(night))
    assert done.returncode == 2
    assert "no M 102 of its own" in done.stderr and "goes to M 101" in done.stderr
    assert night.json("scope", "status", *one(night))[0]["arm"] == "closed"


def test_a_session_by_command(night: Simulation) -> None:
    scope = one(night)
    went = night.run("scope", "goto", "M", "81", "--yes", "--json", *scope)
    assert went.returncode == 0, went.stderr
    gone = document_of(went)
    assert (gone["state"], gone["action"], gone["scope"]) == ("on target", "goto", scope[1])
    assert gone["target"]["jnow"]["ra_hours_jnow"] == pytest.approx(9.96119, abs=1e-4)
    assert "opening the arm" in went.stderr
    assert night.json("scope", "stop", "--yes", *scope)["state"] in ("stopped", "idle")
    exposure = night.json("scope", "exposure", "20", *scope)
    assert exposure["text"] == "the exposure is 20 s"
    assert night.json("scope", "filter", "lp", *scope)["text"] == "the filter is LP"
    assert night.json("scope", "gain", "100", *scope)["text"] == "the gain is 100"
    heater = night.json("scope", "heater", "on", "--value", "40", *scope)
    assert heater["text"] == "the heater is on, 40 %"
    parked = night.json("scope", "park", "--yes", *scope)
    assert parked["state"] == "parked"


def test_failures_tell_the_shell(night: Simulation) -> None:
    scope = one(night)
    nothing = night.run("scope", "start", *scope)
    below = night.run("scope", "goto", "5h35m17s -69d10m00s", "--yes", *scope)
    unknown = night.run("scope", "goto", "Planet X", "--yes", *scope)
    exposure = night.run("scope", "exposure", "15", *scope)
    stranger = night.run("scope", "park", "--yes", "--scope", "nobody")
    night.run("scope", "park", "--yes", *scope)
    assert (below.returncode, "below the horizon" in below.stderr) == (3, True)
    assert (unknown.returncode, "known are Messier" in unknown.stderr) == (2, True)
    assert (exposure.returncode, nothing.returncode, stranger.returncode) == (2, 3, 2)
    assert below.stdout == ""


def test_read_only_refuses_by_flag_and_by_setting(night: Simulation) -> None:
    scope = one(night)
    by_flag = night.run("scope", "park", "--yes", "--read-only", *scope)
    looked = night.run("--read-only", "scope", "status")
    local = night.config.with_name("config.local.toml")
    local.write_text("read_only = true\n")
    try:
        by_setting = night.run("scope", "exposure", "10", *scope)
    finally:
        local.unlink()
    assert (by_flag.returncode, "read-only" in by_flag.stderr) == (2, True)
    assert (by_setting.returncode, "read-only" in by_setting.stderr) == (2, True)
    assert looked.returncode == 0


def test_a_scope_that_is_away_is_unreachable(night: Simulation, tmp_path: Path) -> None:
    config = tmp_path / "away.toml"
    config.write_text(
        f'[storage]\nstate_dir = "{tmp_path}"\n[[scopes]]\nhost = "127.0.0.1"\nrpc_port = 1\n'
        f'files = "folder"\nfolder = "{tmp_path}"\n'
    )
    done = night.run("--config", str(config), "scope", "status")
    assert done.returncode == 4
    assert "  off  " in done.stdout
