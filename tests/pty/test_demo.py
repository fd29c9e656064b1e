"""The README's first command, as a newcomer sees it: the demo night in a terminal, key by key."""

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from terminal import ALT_SCREEN_OFF, Terminal

REPOSITORY = Path(__file__).parents[2]
START_S = 90
WORK_S = 90


def demo(command: tuple[str, ...], columns: int = 160, rows: int = 50) -> Terminal:
    return Terminal(command, columns=columns, rows=rows, cwd="/")


def counts(screen: str, target: str) -> list[int]:
    """Sub-frames, ready, stacked and proved blocks of a target's line in the targets pane."""
    found = re.search(rf"{target} +S50 \w+ +(\d+) +(\d+) +(\d+) +(\d+) ", screen)
    return [int(number) for number in found.groups()] if found else [0, -1, -1, -1]


def test_the_demo_night_is_stacked_sent_and_proved_by_the_footers_keys() -> None:
    command = (sys.executable, "-m", "crowdsky_tui", "--demo")
    with demo(command) as terminal:
        screen = terminal.wait_for("NGC 7000", START_S)
        for pane in ("1 Targets", "2 Blocks", "3 Job log", "4 Server"):
            assert pane in screen
        assert "DEMO" in screen
        assert "s stack" in screen and "u upload" in screen
        _, ready, stacked, _ = counts(screen, "AM Leo")
        assert ready > 0

        terminal.press("s")
        screen = terminal.wait_for(lambda text: counts(text, "AM Leo")[1] == 0, WORK_S)
        terminal.wait_for(lambda text: counts(text, "AM Leo")[2] == stacked + ready, WORK_S)
        terminal.press("u")
        terminal.wait_for(lambda text: counts(text, "AM Leo")[3] == stacked + ready, WORK_S)
        terminal.wait_for("confirm AM Leo")  # the job log
        terminal.wait_for("✓ confirmed")  # the block schedule
        terminal.wait_for(lambda text: text.count("_HP") >= ready)  # the server's list

        terminal.press("q")
        assert terminal.wait_exit(20) == 0
        assert ALT_SCREEN_OFF in terminal.output


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built and installed where the source is out of reach."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    subprocess.run([*build, str(REPOSITORY)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)
    # A path from a .pth file gives the dependencies, but not the editable install beside them.
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return environment / "bin" / "crowdsky-tui"


def test_the_wheel_opens_without_the_source_in_reach(installed: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    scope = '[[scopes]]\nhost = "127.0.0.1"\nrpc_port = 1\nfiles = "folder"\nfolder = "/"\n'
    config.write_text(f'[storage]\nstate_dir = "{tmp_path}/state"\n{scope}')
    command = (str(installed), "--config", str(config))
    with Terminal(command, columns=80, rows=24, cwd="/") as terminal:
        terminal.wait_for(lambda text: "1 Targets" in text and "q quit" in text, 30)
        terminal.press("q")
        assert terminal.wait_exit(10) == 0


def test_the_wheel_holds_the_styles_and_no_tests(installed: Path) -> None:
    listing = subprocess.run(
        [
            str(installed.with_name("python")),
            "-c",
            "import importlib.metadata as m, crowdsky_tui\n"
            "print(crowdsky_tui.__file__, *m.files('crowdsky-tui'), sep='\\n')",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    ).stdout
    assert str(REPOSITORY) not in listing
    assert "crowdsky_tui/styles/app.tcss" in listing
    assert "tests/" not in listing
