"""A stack's file on this disk, or its compressed copy."""

from pathlib import Path

COMPRESSED = ".fz"


def compressed_copy(path: Path) -> Path:
    """Where a file's compressed copy is kept."""
    return path.with_name(path.name + COMPRESSED)


def kept_file(path: Path) -> Path:
    """The file itself, or its compressed copy where only that is left."""
    packed = compressed_copy(path)
    return packed if not path.exists() and packed.exists() else path
