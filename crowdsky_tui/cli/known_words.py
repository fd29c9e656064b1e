"""Words that a shell offers for a value: targets, telescopes, projects, stars, settings.

Only what lies on this machine is read, and nothing is made: who presses tab waits.
"""

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crowdsky_tui.base.text import clean

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings

DATABASE, JOURNAL = "database.sqlite3", "journal.sqlite3"
KINDS = ("target", "scope", "project", "star", "setting")
MOST_WORDS = 500
_LISTED = "SELECT name FROM target"
_STACKED = "SELECT DISTINCT json_extract(body, '$.order.target') FROM ledger"
_PROJECTS = "SELECT name FROM curve_project"
_STARS = (
    "SELECT DISTINCT star.value FROM curve_project, json_each(curve_project.body, '$.targets') star"
)


def known_words(kind: str, typed: str, settings: "Settings") -> list[str]:
    """What is known of a kind (one of `KINDS`) and begins as `typed`, in any case.

    A target of which `m8` was typed is `M81`: shells offer what begins with what stands there.
    """
    begins = typed.replace("\\", "").casefold()
    names = {clean(name, 80) for name in _names(kind, settings)}
    if kind == "target":
        names = {
            name if name.casefold().startswith(begins) else "".join(name.split()) for name in names
        }
    return [name for name in sorted(names) if name and name.casefold().startswith(begins)][
        :MOST_WORDS
    ]


def _names(kind: str, settings: "Settings") -> Iterable[str]:
    if kind == "scope":
        from crowdsky_tui.config.scope_settings import scope_name

        return [scope_name(scope) for scope in settings.scopes]
    if kind == "setting":
        from crowdsky_tui.config.values import flat

        return list(flat(settings))
    if kind == "target":
        listed = _column(settings.state_dir / DATABASE, _LISTED)
        return [*listed, *_column(settings.state_dir / JOURNAL, _STACKED)]
    if kind == "project":
        return _column(settings.state_dir / DATABASE, _PROJECTS)
    return _column(settings.state_dir / DATABASE, _STARS)


def _column(path: Path, query: str) -> list[str]:
    """The first column of a query's rows; none where the file or the table is not there."""
    if not path.is_file():
        return []
    import sqlite3

    with contextlib.suppress(sqlite3.Error):
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.5)
        ) as database:
            rows: list[tuple[Any, ...]] = database.execute(query).fetchall()
        return [row[0] for row in rows if isinstance(row[0], str)]
    return []
