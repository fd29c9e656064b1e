"""The error tree is drawn at its head as it is. `python tests/unit/test_error_tree.py` draws it."""

import textwrap
from collections.abc import Iterator
from pathlib import Path

from crowdsky_tui.base import errors
from crowdsky_tui.base.errors import CrowdSkyError

WIDTH = 100


def children(parent: type[CrowdSkyError]) -> list[type[CrowdSkyError]]:
    return [each for each in parent.__subclasses__() if each.__module__ == errors.__name__]


def drawn(parent: type[CrowdSkyError] = CrowdSkyError, depth: int = 0) -> Iterator[str]:
    """A line of a parent with its children that have none, then its other children, indented."""
    below = children(parent)
    leaves = ", ".join(each.__name__ for each in below if not children(each))
    line = f"{parent.__name__}: {leaves}" if leaves else parent.__name__
    indent = "    " * depth
    yield from textwrap.wrap(line, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ")
    for each in below:
        if children(each):
            yield from drawn(each, depth + 1)


def test_the_tree_is_drawn_as_it_is() -> None:
    assert errors.__doc__ is not None
    assert "\n".join(drawn()) in errors.__doc__, "python tests/unit/test_error_tree.py"


def test_every_error_is_in_it() -> None:
    ours = [each for each in vars(errors).values() if isinstance(each, type)]
    named = {
        each.__name__
        for each in ours
        if issubclass(each, Exception) and each.__module__ == errors.__name__
    }
    assert named <= set(" ".join(drawn()).replace(":", " ").replace(",", " ").split())


if __name__ == "__main__":
    path = Path(str(errors.__file__))
    first, _, rest = path.read_text().partition('"""\n\n')
    head = first.split("\n")[0].removesuffix('"""')
    tree = "\n".join(drawn())
    path.write_text(f'{head}\n\n{tree}\n"""\n\n{rest}')
