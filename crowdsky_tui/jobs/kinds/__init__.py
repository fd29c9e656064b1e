"""One file for each kind of job: what it is about, how it is done, and what others ask of it."""

import pkgutil
from functools import cache
from importlib import import_module

from crowdsky_tui.jobs.engine.kind import AnyKind, kind_named


@cache
def load_kinds() -> None:
    """Import every file of this folder, so that each kind has registered itself."""
    for module in pkgutil.iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")


def known_kind(name: str) -> AnyKind | None:
    """The kind of that name; None if this version does not know it."""
    load_kinds()
    return kind_named(name)
