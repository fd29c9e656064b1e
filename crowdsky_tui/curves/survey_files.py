"""The surveys' answers on the disk: each packed, under the SHA-256 of what came."""

import gzip
import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from crowdsky_tui.base.files import write_whole

_NAME = re.compile(r"[0-9a-f]{64}\.gz")


def keep(folder: Path, raw: bytes) -> str:
    """Write an answer, on the disk when this returns; its name. Blocks. OSError."""
    name = f"{hashlib.sha256(raw).hexdigest()}.gz"
    path = folder / name
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, gzip.compress(raw, mtime=0))
    return name


def forget(folder: Path, wanted: Iterable[str]) -> int:
    """Delete the answers that no product wants; how many those were. Blocks. OSError."""
    if not folder.is_dir():
        return 0
    kept = frozenset(wanted)
    gone = [p for p in folder.iterdir() if _NAME.fullmatch(p.name) and p.name not in kept]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
