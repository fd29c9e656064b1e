"""The parts of the telescope's stand-in are below it: none imports it, and there is no circle."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "crowdsky_tui" / "simulator" / "seestar"
PREFIX = "crowdsky_tui.simulator.seestar."


def imported(path: Path) -> set[str]:
    """The modules of this folder that a file imports, for types too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module.startswith(PREFIX):
                names.add(node.module.removeprefix(PREFIX))
            elif node.module + "." == PREFIX:
                names |= {each.name for each in node.names}
    return names


def test_there_is_no_circle_in_the_telescopes_stand_in() -> None:
    graph = {path.stem: imported(path) for path in FOLDER.glob("*.py")}
    order = list(TopologicalSorter(graph).static_order())  # CycleError names a circle
    assert set(order) == graph.keys()
    assert [name for name, used in graph.items() if "stand_in" in used] == []
