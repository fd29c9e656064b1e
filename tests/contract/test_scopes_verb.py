"""`scopes` as its own process, against stand-ins in another."""

import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands_kit import Simulation, simulation
from json_schema_kit import document_of

from crowdsky_tui.simulator.seestar.login import make_key


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """Two S30 with firmware 8.46, which want a login."""
    root = tmp_path_factory.mktemp("night")
    options = ("--hosts", "127.0.0.2,127.0.0.3", "--firmware", "8.46", "--model", "S30")
    with simulation(root, *options, "--login", "required") as running:
        yield running


def test_the_stand_ins_make_a_key_that_opens_them(locked: Simulation) -> None:
    key = locked.config.with_name("seestar.pem")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    lines = locked.json("scopes")
    assert [(one["name"], one["state"], one["firmware"]) for one in lines] == [
        ("S30 a349", "ready", "8.46"),
        ("S30 5c3e", "ready", "8.46"),
    ]
    assert {one["found"] for one in lines} == {"at its address"}
    assert [one["host"] for one in lines] == ["127.0.0.2", "127.0.0.3"]
    assert {one["clients"] for one in lines} <= {0, 1}
    assert {one["udp_port"] for one in locked.ready["scopes"]} - {0}
    table = locked.run("scopes", "--scope", "S30 5c3e")
    assert "5c3e0de2" in table.stdout
    assert "a3490de1" not in table.stdout


def test_without_the_key_each_line_says_what_is_missing(locked: Simulation) -> None:
    content = locked.config.read_text()
    try:
        locked.config.write_text(content.replace("key_path", 'zone = "Europe/Vienna"\n# key_path'))
        done = locked.run(
            "scopes", SEESTAR_KEY_PATH="/nonexistent/seestar.pem", HOME=str(locked.config.parent)
        )
    finally:
        locked.config.write_text(content)
    assert done.returncode == 0
    assert done.stdout.count("login needed") == 2
    assert "5c3e0de2" in done.stdout, "the search has found out who it is"
    assert "$SEESTAR_KEY_PATH names /nonexistent/seestar.pem" in done.stderr
    assert "your own Seestar app" in done.stderr


def test_with_another_key_the_login_is_refused(locked: Simulation, tmp_path: Path) -> None:
    make_key(tmp_path / "other.pem")
    content = locked.config.read_text()
    ours = str(locked.config.with_name("seestar.pem"))
    try:
        locked.config.write_text(content.replace(ours, str(tmp_path / "other.pem")))
        lines = locked.json("scopes", "--scope", "S30 a349")
    finally:
        locked.config.write_text(content)
    assert [one["state"] for one in lines] == ["login refused"]
    assert "signature" in lines[0]["reason"]


def test_none_is_exit_code_4(locked: Simulation, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    clock = locked.config.read_text().partition("[[scopes]]")[0]
    config.write_text(
        f'{clock}\n[[scopes]]\nhost = "127.0.0.9"\nrpc_port = 1\nudp_port = 9\nname = "garden"\n'
    )
    elsewhere = Simulation({"config": str(config)}, locked.process)
    lines = elsewhere.json("scopes", code=4)
    assert [(one["name"], one["state"], one["found"]) for one in lines] == [("garden", "off", "")]
    config.write_text(clock)
    done = elsewhere.run("scopes")
    assert done.returncode == 4
    assert "No telescope answers" in done.stderr


def test_an_unknown_scope_is_a_mistake(locked: Simulation) -> None:
    done: subprocess.CompletedProcess[str] = locked.run("scopes", "--scope", "nobody")
    assert done.returncode == 2
    assert "nobody" in done.stderr


MOVING = ("temperature_c", "battery_percent", "free_mb", "wifi_dbm")


def test_status_tells_the_state_of_each_and_why(locked: Simulation) -> None:
    content = locked.config.read_text()
    head, _, rest = content.partition("key_path")
    away = '[[scopes]]\nhost = "127.0.0.9"\nrpc_port = 1\nudp_port = 9\nname = "garden"\n'
    try:
        locked.config.write_text(f"{head}# key_path{rest}\n{away}")
        where: dict[str, Any] = {
            "SEESTAR_KEY_PATH": "/nonexistent/x.pem",
            "HOME": str(locked.config.parent),
        }
        done = locked.run("status", "--json", **where)
    finally:
        locked.config.write_text(content)
    assert done.returncode == 3, done.stderr
    told = {one["scope"]: one for one in document_of(done)}
    assert {name: one["state"] for name, one in told.items()} == {
        "S30 a349": "login needed",
        "S30 5c3e": "ready",
        "garden": "off",
    }
    assert "/nonexistent/x.pem" in told["S30 a349"]["reason"]
    assert told["S30 5c3e"]["battery_percent"] == 83 and told["S30 5c3e"]["reason"] == ""
    by_verb, at_once = locked.json("scope", "status"), locked.json("status")
    for each in (*by_verb, *at_once):
        for moving in MOVING:
            each.pop(moving, None)  # two looks at what moves are two values
    assert by_verb == at_once
