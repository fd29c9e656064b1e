"""The archive for a bug report: what helps to find a fault, and nobody's secrets."""

import os
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.config.load import Loaded
from crowdsky_tui.config.values import flat, source_of
from crowdsky_tui.doctor.redaction import Redaction
from crowdsky_tui.store.store import JobState

if TYPE_CHECKING:
    from crowdsky_tui.jobs.engine.model import AnyJob
    from crowdsky_tui.jobs.journal import Journal

KEPT_FILES = ("crowdsky-tui.log*", "crash*", "capabilities.json", "report-????-??-??.txt")
MOST_BYTES = 1_500_000
"""Of each file, its end."""
MOST_REPORTS = 7


def state_files(state_dir: Path) -> dict[str, str]:
    """Log, crash reports, capability tables and the last reports, by name."""
    found: dict[str, str] = {}
    for pattern in KEPT_FILES:
        for path in sorted(state_dir.glob(pattern))[-MOST_REPORTS:]:
            if path.is_file() and not path.is_symlink():  # a link may lead to anybody's file
                found[path.name] = path.read_bytes()[-MOST_BYTES:].decode(errors="replace")
    return found


def settings_text(loaded: Loaded) -> str:
    """Every setting with where it comes from; secrets are masked."""
    lines = [
        f"{key} = {value!r}  ({source_of(loaded, key)})"
        for key, value in flat(loaded.settings).items()
    ]
    return "\n".join(lines) + "\n"


async def journal_text(journal: "Journal") -> str:
    """Counts of jobs and of the ledger, and why jobs failed, as JSON."""
    jobs = await journal.latest()
    ledger = await journal.ledger()
    failed = [job for job in jobs if job.state is JobState.FAILED]
    document = {
        "jobs": _counts(jobs),
        "ledger": dict(Counter(entry.upload or "nothing sent" for entry in ledger)),
        "failed": dict(Counter(f"{job.kind}: {job.reason}" for job in failed).most_common(50)),
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"


def _counts(jobs: Sequence["AnyJob"]) -> dict[str, int]:
    return dict(sorted(Counter(f"{job.kind} {job.state}" for job in jobs).items()))


def redacted(files: Mapping[str, str], redaction: Redaction) -> dict[str, str]:
    """The same files without secrets; their names are ours and hold none."""
    return {name: redaction.apply(text) for name, text in files.items()}


def write_bundle(path: Path, files: Mapping[str, str]) -> None:
    """Write the archive, readable by the user alone. CrowdSkyError if it exists or cannot be."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with (
            os.fdopen(handle, "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
        ):
            for name, text in sorted(files.items()):
                archive.writestr(f"{path.stem}/{name}", text)
    except OSError as error:
        raise CrowdSkyError(
            f"{path} cannot be written", error.strerror or "", "Choose another folder with --dest"
        ) from error
