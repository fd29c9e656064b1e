"""The Python examples of the documentation, run against the stand-ins."""

import doctest
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands_kit import Simulation, simulation

from crowdsky_tui import api
from crowdsky_tui.config.load import read_settings

DOCS = Path(__file__).parents[2] / "docs"
BLOCKS = {
    page: re.findall(r"^```python\n(.*?)^```$", (DOCS / page).read_text(), re.MULTILINE | re.DOTALL)
    for page in ("python.md", "planning.md")
}
MODULES = ("crowdsky_tui.api.blocks", "crowdsky_tui.cli.examples")


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulation]:
    with simulation(tmp_path_factory.mktemp("sim")) as running:
        api.use_settings(read_settings(running.config, {}).settings)
        yield running
        api.use_settings(None)


def test_there_are_examples() -> None:
    assert {page: len(blocks) for page, blocks in BLOCKS.items()} == {
        "python.md": 4,
        "planning.md": 1,
    }


@pytest.mark.parametrize(
    "block", [block for blocks in BLOCKS.values() for block in blocks], ids=lambda text: text[-40:]
)
def test_an_example_of_a_page_runs(
    block: str,
    sim: Simulation,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # stacks are fetched into the folder that it is run in
    exec(compile(block, "an example", "exec"), {"__name__": "example"})
    assert "print(" not in block or capsys.readouterr().out.strip()


@pytest.mark.parametrize("name", MODULES)
def test_an_example_of_a_docstring_runs(name: str) -> None:
    ran = doctest.testmod(importlib.import_module(name))
    assert ran.attempted > 0 and ran.failed == 0
