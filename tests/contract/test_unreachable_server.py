"""`targets` never says nought for what the server could not be asked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commands_kit import Simulation, simulation

from crowdsky_tui.blocks.keys import TargetKey
from crowdsky_tui.store.store import TargetView
from crowdsky_tui.tui.widgets.panes.targets import shape

AWAY = {"CROWDSKY_URL": "http://127.0.0.1:9"}
REFUSED = {"CROWDSKY_PASSWORD": "wrong"}


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    with simulation(tmp_path_factory.mktemp("night"), "--scopes", "1") as sim:
        yield sim


@pytest.mark.parametrize(("environment", "code"), [(AWAY, 4), (REFUSED, 5)])
def test_targets_says_what_could_not_be_asked(
    night: Simulation, environment: dict[str, Any], code: int
) -> None:
    done = night.run("targets", **environment)
    assert done.returncode == 0
    assert "what the server has confirmed is not known" in done.stderr
    rows = done.stdout.strip().splitlines()[1:]
    assert rows and all(row.endswith("?") for row in rows)
    assert night.run("targets", "--check", **environment).returncode == code
    assert '"blocks_confirmed": null' in night.run("targets", "--json", **environment).stdout


def test_without_an_account_nobody_can_tell(night: Simulation, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    lines = night.config.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(("username", "password"))]
    config.write_text("\n".join(kept), encoding="utf-8")
    bare = Simulation({**night.ready, "config": str(config)}, night.process)
    done = bare.run("targets", "--check")
    assert done.returncode == 5 and "no account" in done.stderr


def test_targets_counts_where_the_server_was_asked(night: Simulation) -> None:
    done = night.run("targets", "--check")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(row.endswith("0") for row in done.stdout.strip().splitlines()[1:])


@pytest.mark.parametrize(("confirmed", "text"), [(0, "?"), (2, "2?")])
def test_the_app_shows_a_question_mark_until_the_server_was_asked(
    confirmed: int, text: str
) -> None:
    view = TargetView(TargetKey("garden", "M 81"), "M 81", stacked=3, confirmed=confirmed)
    _, cells = shape(several=True, covered=False, wide=False, listed=False)
    assert cells(view)[-1][0] == text
    _, cells = shape(several=True, covered=False, wide=False, listed=True)
    assert cells(view)[-1][0] == str(confirmed)
