"""Where downloaded pictures lie: by job, form and flat, as flat and form change the file.

The layout is that of the original client, so that its cache can be adopted.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from crowdsky_tui.services.telescope_org.records import Form

_NAME = re.compile(r"(art_|brt_)?(\d{1,12})(?:\.flat(\d{1,12}))?\.(fits|zip)")


class CachedAs(msgspec.Struct, frozen=True):
    """What a cached file is: of which job, in which form, with which flat field if with one."""

    job: int
    form: Form
    flat: int | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        work = "art_" if self.form.processed else ""
        flat = "" if self.flat is None else f".flat{self.flat}"
        return f"{work}{self.job}{flat}.{'zip' if self.form.zipped else 'fits'}"

    def path(self, cache: Path) -> Path:
        """Its place: below the job's first two digits."""
        digits = str(self.job)
        return cache.joinpath(*digits[:2], self.name)


def named(name: str) -> CachedAs | None:
    """What a file of a cache is by its name; None if it is none."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    zipped = found[4] == "zip"
    if found[1]:
        form = Form.PROCESSED_ZIP if zipped else Form.PROCESSED_CUBE
    else:
        form = Form.ZIP if zipped else Form.CUBE
    return CachedAs(int(found[2]), form, int(found[3]) if found[3] else None)


def files_in(cache: Path) -> Iterator[tuple[CachedAs, Path]]:
    """Every picture in a cache, ours or the original's, in the order of their paths. Blocks."""
    for path in sorted(cache.rglob("*")):
        what = named(path.name)
        if what is not None and path.is_file() and not path.is_symlink():
            yield what, path
