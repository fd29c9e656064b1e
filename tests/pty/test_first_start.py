"""The first start: no settings, telescopes are found, the rest is asked, four panes are filled."""

import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli_w
from terminal import Terminal

sys.path.insert(0, str(Path(__file__).parent.parent / "contract"))

from commands_kit import COMMAND, Simulation, simulation

HOSTS = ("127.77.0.1", "127.77.0.2")
IN_A_MINUTE_S = 60


@pytest.fixture(scope="module")
def sky(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    """Two telescopes at the ports of real ones, each at an address of its own."""
    root = tmp_path_factory.mktemp("night")
    ports = ("--rpc-port", "4700", "--udp-port", "4720")
    with simulation(root, "--hosts", ",".join(HOSTS), *ports) as running:
        yield running


def newcomer(home: Path, sky: Simulation) -> dict[str, str]:
    """Somebody's environment in which nothing but the stand-ins' time was ever set.

    Searches stay on this machine.
    """
    clock = tomllib.loads(sky.config.read_text())["clock"]
    settings = home / "config" / "crowdsky-tui" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(tomli_w.dumps({"clock": clock}))
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_DATA_HOME": str(home / "data"),
        "CROWDSKY_SEARCH": ",".join(HOSTS),
        "CROWDSKY_URL": sky.ready["server"]["url"],
    }


def filled(screen: str) -> bool:
    """Targets of both telescopes, blocks, a job log without jobs yet, and the account's list."""
    wanted = ("1 Targets", "M 51", "NGC 7000", "2 Blocks · AM Leo", "ready to stack", "3 Job log",
              "Nothing has happened yet", "4 Server · demo", "No stacks yet")  # fmt: skip
    return all(words in screen for words in wanted)


def test_from_nothing_to_four_filled_panes_in_under_a_minute(
    sky: Simulation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    account, began = sky.ready["server"], time.monotonic()
    environment = newcomer(tmp_path, sky)
    with Terminal(COMMAND, columns=160, rows=50, environment=environment) as terminal:
        screen = terminal.wait_for(lambda text: all(host in text for host in HOSTS), 30)
        assert "Seestar S50" in screen and "[x]" in screen
        terminal.press("enter")
        terminal.wait_for("Where are the sub-frames?")
        terminal.press("down", "enter")
        terminal.wait_for("the one that holds MyWorks")
        roots = {scope["serial"]: scope["root"] for scope in sky.ready["scopes"]}
        for serial in sorted(roots):
            terminal.press(roots[serial], "enter")
        terminal.wait_for("Your CrowdSky account")
        terminal.press(account["username"], "enter", "not it", "enter")
        terminal.wait_for(lambda text: "refused" in text, 20)
        terminal.press("enter", account["password"], "enter")
        terminal.wait_for(filled, 40)
        took = time.monotonic() - began
        terminal.press("q")
        assert terminal.wait_exit(20) == 0
    with capsys.disabled():
        print(f"\nfirst start to four filled panes: {took:.1f} s")
    assert took < IN_A_MINUTE_S

    local = tmp_path / "config" / "crowdsky-tui" / "config.local.toml"
    assert local.stat().st_mode & 0o777 == 0o600
    written = tomllib.loads(local.read_text())
    assert sorted(scope["host"] for scope in written["scopes"]) == list(HOSTS)
    assert written["server"]["username"] == account["username"]
    assert list(tomllib.loads(local.with_name("config.toml").read_text())) == ["clock"]


def test_the_account_may_be_skipped(sky: Simulation, tmp_path: Path) -> None:
    with Terminal(COMMAND, environment=newcomer(tmp_path, sky)) as terminal:
        terminal.wait_for(lambda text: all(host in text for host in HOSTS), 30)
        terminal.press("j", "space", "enter")
        terminal.wait_for("Where are the sub-frames?")
        terminal.press("enter")
        assert "i signs in later" in terminal.wait_for("Your CrowdSky account")
        terminal.press("escape")
        terminal.wait_for(lambda text: "S50 a349" in text and "1 Targets" in text, 20)
        terminal.press("4")
        terminal.wait_for("Press i to sign in")
        terminal.press("q")
        assert terminal.wait_exit(20) == 0
