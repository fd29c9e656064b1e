"""docs/design and CONTRIBUTING are true: rooms, sections, paths and functions exist."""

import ast
import itertools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DESIGN = ROOT / "docs" / "design"
PACKAGE = ROOT / "crowdsky_tui"
MARK = "<!-- the rooms: generated -->\n"
CITED = re.compile(
    r"docs/design/([a-z-]+\.md)(?: ([0-9]+(?:\.[0-9]+)?(?:, [0-9]+(?:\.[0-9]+)?)*))?"
)


def rooms() -> dict[str, str]:
    """Each folder of the package and the first line of its docstring."""
    found = {}
    for init in sorted(PACKAGE.rglob("__init__.py")):
        if init.parent != PACKAGE:
            told = ast.get_docstring(ast.parse(init.read_text())) or ""
            found[init.parent.relative_to(PACKAGE).as_posix()] = told.partition("\n")[0]
    return found


def rooms_list() -> str:
    """The map's list."""
    return "".join(f"- `{room}/`: {told}\n" for room, told in rooms().items())


def sections(document: str) -> set[str]:
    text = (DESIGN / document).read_text()
    return set(re.findall(r"^#{2,3} ([0-9]+(?:\.[0-9]+)?)\.? ", text, flags=re.MULTILINE))


def test_the_map_names_every_room_and_no_other() -> None:
    shown = (DESIGN / "map.md").read_text().partition(MARK)[2]
    assert set(re.findall(r"^- `(.+?)/`:", shown, flags=re.MULTILINE)) == rooms().keys(), (
        "run: python tests/unit/test_design_docs.py"
    )


def test_every_cited_document_and_section_exists() -> None:
    cited = 0
    for path in [*PACKAGE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"), ROOT / "CONTRIBUTING.md"]:
        for document, numbers in CITED.findall(path.read_text()):
            assert (DESIGN / document).is_file(), f"{path}: {document}"
            for number in filter(None, numbers.split(", ")):
                assert number in sections(document), f"{path}: {document} {number}"
                cited += 1
    assert cited > 50


def test_no_comment_cites_a_source_that_a_stranger_has_not() -> None:
    unknown = re.compile(r"\(facts [0-9]|server facts|seestar facts|facts/seestar")
    for path in PACKAGE.rglob("*.py"):
        assert not unknown.search(path.read_text()), path


def steps_of_a_stacks_way() -> list[tuple[str, str, str]]:
    """Each step's file, its class (empty where none is named) and its function."""
    text = (DESIGN / "one-stack.md").read_text()
    return re.findall(r"`([a-z_/]+\.py):(?:([A-Z]\w+)\.)?([a-z_]+)`", text)


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions_of(place: str, inside: str, function: str) -> list[Function]:
    """Those of this name in a file of the package, in the class `inside` if one is named."""
    tree: ast.AST = ast.parse((PACKAGE / place).read_text())
    if inside:
        classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
        (tree,) = (node for node in classes if node.name == inside)
    return [node for node in ast.walk(tree) if isinstance(node, Function) and node.name == function]


def test_every_step_of_a_stacks_way_is_in_the_code() -> None:
    steps = steps_of_a_stacks_way()
    assert len(steps) > 15
    assert [step for step in steps if not functions_of(*step)] == []


def only_hands_on(function: Function) -> bool:
    """Whether it is nothing but a call of another with what it was given."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    if len(body) != 1 or not isinstance(body[0], ast.Return | ast.Expr):
        return False
    value = body[0].value
    called = value.value if isinstance(value, ast.Await) else value
    return isinstance(called, ast.Call) and all(
        isinstance(each, ast.Name | ast.Attribute | ast.Starred)
        for each in [*called.args, *(keyword.value for keyword in called.keywords)]
    )


@pytest.mark.parametrize(
    ("source", "forwards"),
    [
        ("def f(a, b):\n    return g(a, b)", True),
        ("async def f(self, a):\n    'What it is.'\n    await self.x.f(a, c=self.b)", True),
        ("def f(a):\n    return g(a, 1)", False),
        ("def f(a):\n    check(a)\n    return g(a)", False),
        ("def f(a):\n    return a", False),
    ],
)
def test_a_function_that_only_hands_on_is_known(source: str, forwards: bool) -> None:
    (function,) = ast.parse(source).body
    assert isinstance(function, Function)
    assert only_hands_on(function) is forwards


def test_no_step_of_a_stacks_way_only_hands_on() -> None:
    forwarding = [
        step
        for step in steps_of_a_stacks_way()
        if any(only_hands_on(node) for node in functions_of(*step))
    ]
    assert forwarding == []


def test_no_part_of_a_stacks_way_comes_back_into_a_room() -> None:
    """Each part is begun by the queue or ends in it; between, every room is entered once."""
    parts = re.split(r"^## [0-9]\. ", (DESIGN / "one-stack.md").read_text(), flags=re.MULTILINE)[1:]
    assert len(parts) == 6
    for part in parts:
        steps = re.findall(r"^\| `([a-z_/]+)/[a-z_]+\.py:", part, flags=re.MULTILINE)
        entered = [room for room, _ in itertools.groupby(steps)]
        assert len(entered) == len(set(entered)), entered
    for part in parts[2:]:
        assert re.search(r"\|---\|---\|\n\| `jobs/kinds/", part)


def test_every_path_that_contributing_names_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = re.findall(r"`((?:crowdsky_tui|tests|docs|\.ci)/[\w./-]*)`", text)
    assert len(named) > 20
    for path in named:
        assert (ROOT / path).exists(), path
    assert text.count("? |") == 10, "ten questions and their answers"


def test_contributing_says_how_each_kind_of_thing_is_added() -> None:
    table = (ROOT / "CONTRIBUTING.md").read_text().partition("## How to add")[2]
    rows = re.findall(
        r"^\| ([^|]+) \| (.*`crowdsky_tui/[^|]*) \| .+ \|$", table, flags=re.MULTILINE
    )
    added = {what.partition(" of ")[0] for what, _ in rows}
    assert added >= {
        "a verb", "a key", "a kind", "a remote call", "a setting", "a table or a column",
        "a format", "an instrument", "a sensor", "a constraint or factor", "a finder",
        "a remote service", "a screen", "a Python function",
    }  # fmt: skip


def test_the_folder_that_answers_a_question_says_its_word() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    asked = re.findall(r"^\| [^|]*\*\*(\w+)\*\*[^|]*\? \| `([\w./]+)`", text, flags=re.MULTILINE)
    assert len(asked) == 10
    for word, answer in asked:
        path = ROOT / answer
        folder = path if path.is_dir() else path.parent
        doc = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) or ""
        assert word.lower() in doc.lower(), f"{folder.name}: {word}"


def test_the_readmes_map_names_every_room_on_ten_lines() -> None:
    drawn = (ROOT / "README.md").read_text().partition("A reader's map")[2].partition("\n\n")[2]
    lines = drawn.partition("\n\n")[0].splitlines()
    assert len(lines) == 10
    named = set(re.findall(r"`(\w+)/`", "\n".join(lines)))
    rooms = {each.parent.name for each in PACKAGE.glob("*/__init__.py")}
    assert sorted(rooms - named) == []


def test_links_between_the_documents_lead_somewhere() -> None:
    pages = [*DESIGN.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    for page in [*pages, ROOT / "CONTRIBUTING.md", ROOT / "README.md"]:
        for link in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text()):
            assert (page.parent / link).exists(), f"{page}: {link}"


if __name__ == "__main__":
    page = DESIGN / "map.md"
    page.write_text(page.read_text().partition(MARK)[0] + MARK + "\n" + rooms_list())
