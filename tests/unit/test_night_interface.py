"""Every night has what `NightInterface` says, and nothing answers to any name."""

import ast
import inspect
from pathlib import Path

import pytest

import crowdsky_tui
from crowdsky_tui.agent.client import RemoteNight
from crowdsky_tui.agent.hosted_night import HostedNight
from crowdsky_tui.config.load import Settings
from crowdsky_tui.config.schema import StorageSettings
from crowdsky_tui.night.interfaces import NightInterface
from crowdsky_tui.night.night import Night
from crowdsky_tui.recorder.record import RecordedNight
from crowdsky_tui.recorder.replay import ReplayedNight
from crowdsky_tui.tui.starting import LazyNight

PACKAGE = Path(crowdsky_tui.__file__).parent


def members() -> set[str]:
    return {name for name in vars(NightInterface) if not name.startswith("_")}


@pytest.mark.parametrize("kind", [Night, HostedNight, RecordedNight, RemoteNight, ReplayedNight])
def test_a_night_has_what_front_ends_use(kind: type) -> None:
    """Its attributes are set where it is made: they are read from its source."""
    source = "".join(inspect.getsource(each) for each in kind.__mro__[:-1])
    missing = {
        name for name in members() if not hasattr(kind, name) and f"self.{name} = " not in source
    }
    assert missing == set()


def test_the_night_that_is_opened_later_has_it_too(tmp_path: Path) -> None:
    settings = Settings(storage=StorageSettings(str(tmp_path), str(tmp_path / "down")))
    assert members() <= set(dir(LazyNight(settings, lambda: Night(settings))))


def test_nothing_in_the_program_answers_to_any_name() -> None:
    """A typo in a name is found by the type check, not by the user."""
    found = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        if "__getattr" in (text := path.read_text())
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name in {"__getattr__", "__getattribute__"}
    ]
    assert found == []
