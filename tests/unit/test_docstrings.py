"""Fewer than one public function in ten stands without a docstring."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import crowdsky_tui

ROOT = Path(crowdsky_tui.__file__).parent
FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
TEXTUAL = ("on_", "action_", "watch_", "key_", "get_content_", "render")
"""Textual calls these by their names, and its documentation says when."""
ALPACA = ("reads(", "does(")
"""The members of an Alpaca device bear ASCOM's names, which its standard explains."""
TEXTUALS = ("compose", "check_action", "validate_selection", "get_driver_class", "allow_select")


class Public(NamedTuple):
    """A public function or method: where it stands, and whether it says what it is."""

    path: Path
    name: str
    documented: bool


def is_public(name: str) -> bool:
    return not name.startswith("_")


def classes_of(trees: dict[Path, ast.Module]) -> dict[str, list[ast.ClassDef]]:
    """All classes by name."""
    found: dict[str, list[ast.ClassDef]] = {}
    for tree in trees.values():
        for node in statements(tree):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, []).append(node)
    return found


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All below `tree` that may hold a class: far fewer than `ast.walk` looks at."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield child
            yield from statements(child)


@cache
def trees_of_the_package() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(ROOT.rglob("*.py"))}


def bases_of(owner: ast.ClassDef, classes: dict[str, list[ast.ClassDef]]) -> Iterator[ast.ClassDef]:
    """The classes of this package that it inherits from, nearest first."""
    for base in owner.bases:
        named = base.value if isinstance(base, ast.Subscript) else base
        name = named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", "")
        for each in classes.get(name, ()):
            if each is not owner:
                yield each
                yield from bases_of(each, classes)


def methods_of(owner: ast.ClassDef) -> dict[str, FUNCTION]:
    return {each.name: each for each in owner.body if isinstance(each, FUNCTION)}


def protocols_of(classes: dict[str, list[ast.ClassDef]]) -> list[ast.ClassDef]:
    """The protocols of this package that have methods."""
    return [
        each
        for several in classes.values()
        for each in several
        if any(ast.unparse(base).startswith("Protocol") for base in each.bases) and methods_of(each)
    ]


def says(
    node: FUNCTION,
    owner: ast.ClassDef | None,
    classes: dict[str, list[ast.ClassDef]],
    protocols: list[ast.ClassDef],
) -> bool:
    """Whether it has a docstring, or the method that it overrides or implements has one."""
    if ast.get_docstring(node):
        return True
    if owner is None:
        return False
    own = methods_of(owner).keys()
    kept = [each for each in protocols if each is not owner and methods_of(each).keys() <= own]
    same = [methods_of(each).get(node.name) for each in (*bases_of(owner, classes), *kept)]
    return any(each is not None and ast.get_docstring(each) for each in same)


def is_a_standards(node: FUNCTION, path: Path) -> bool:
    """Whether a method's name and meaning are Textual's or Alpaca's."""
    if any(ast.unparse(each).startswith(ALPACA) for each in node.decorator_list):
        return True
    return "tui" in path.parts and (node.name.startswith(TEXTUAL) or node.name in TEXTUALS)


def publics(trees: dict[Path, ast.Module]) -> Iterator[Public]:
    """Every public function and method, but those whose names are of a standard."""
    classes = classes_of(trees)
    protocols = protocols_of(classes)

    def inside(path: Path, body: list[ast.stmt], owner: ast.ClassDef | None) -> Iterator[Public]:
        for node in body:
            if isinstance(node, ast.ClassDef) and is_public(node.name):
                yield from inside(path, node.body, node)
            elif isinstance(node, FUNCTION) and is_public(node.name):
                if owner is not None and is_a_standards(node, path):
                    continue
                name = f"{owner.name}.{node.name}" if owner else node.name
                yield Public(path, name, says(node, owner, classes, protocols))

    for path, tree in trees.items():
        yield from inside(path, tree.body, None)


def test_fewer_than_one_public_function_in_ten_says_nothing() -> None:
    found = list(publics(trees_of_the_package()))
    silent = [
        f"{each.path.relative_to(ROOT)}: {each.name}" for each in found if not each.documented
    ]
    assert len(found) > 1000
    assert len(silent) < 0.1 * len(found), "\n".join(silent)


def test_fewer_than_one_in_ten_has_no_docstring_of_its_own() -> None:
    """By the plainest count: every public function and method, whoever calls or explains it."""
    own = []
    for tree in trees_of_the_package().values():
        bodies = [tree.body]
        for body in bodies:
            for node in body:
                if isinstance(node, ast.ClassDef) and is_public(node.name):
                    bodies.append(node.body)
                elif isinstance(node, FUNCTION) and is_public(node.name):
                    own.append(bool(ast.get_docstring(node)))
    assert own.count(False) < 0.1 * len(own)
