"""The file of a frame that was measured, wherever it lies now."""

import hashlib
from pathlib import Path

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.curves.project import Project
from crowdsky_tui.curves.remote_frames import keys_of
from crowdsky_tui.curves.run import find_frames

MOST_NAME = 100


def file_of(project: Project, key: str, name: str) -> Path:
    """Where the frame with this SHA-256 lies, that had this name. Reads files: it blocks.

    Raises
    ------
    UsageError
        It is not among the project's frames any more, or its content is another.
    """
    for path in find_frames(project.frames):
        if clean(path.name, MOST_NAME) == name and key in keys_of(_sha256(path)):
            return path
    raise UsageError(f"{clean(name, 60)} is not among the frames of {project.name} any more")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
