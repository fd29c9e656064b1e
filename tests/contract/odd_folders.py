"""Plants folders of sub-frames as owners name them, and as clocks and power cuts leave them."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

STAMP = re.compile(r"_(\d{8})-(\d{6})\.fit$")
DECOMPOSED = "Bo\u0308hm 2"
COMPOSED = "B\u00f6hm 2"
UNSAFE = ("Oph\u3000Rho", "Comet \u2604\ufe0f", "Veil\u00a0East", "Zero\u200bWidth")
UNKNOWN = (
    "Light_{target}_30.0s_{stamp}.fit",
    "Light_{target}_30s_IRCUT_{stamp}.fit",
    "Light_{target}_30.0s_LP2_{stamp}.fit",
    "Light_{target}_30.0s_H-Alpha_{stamp}.fit",
    "Light_{target}_30.0s_IRCUT_{stamp} (1).fit",
    "Light_{target}_30.0s_IRCUT_{stamp}.fits",
    "Sub_{target}_30.0s_IRCUT_{stamp}.fit",
)


def block_of(
    works: Path, source: str = "M 51_sub", hour: str = "014", least: int = 5
) -> list[Path]:
    """The sub-frames of M 51 between 01:40 and 01:50, sorted."""
    found = [p for p in sorted((works / "M 51_sub").glob("Light_*.fit")) if "-014" in p.name]
    assert len(found) > 5
    return found


def plant(
    works: Path,
    target: str,
    frames: Sequence[Path],
    name: Callable[[Path], str] | None = None,
    suffix: str = "_sub",
) -> list[Path]:
    """Copy the sub-frames into the target's folder, under its name or another."""
    folder = works / f"{target}{suffix}"
    folder.mkdir()
    made = []
    for path in frames:
        new = folder / (name(path) if name else path.name.replace("M 51", target))
        new.write_bytes(path.read_bytes())
        made.append(new)
    return made


def by_pattern(pattern: str, target: str) -> Callable[[Path], str]:
    """Names of the same times in another form."""

    def name(path: Path) -> str:
        found = STAMP.search(path.name)
        assert found
        return pattern.format(target=target, stamp=f"{found[1]}-{found[2]}")

    return name


def plant_day(works: Path, target: str, frames: Sequence[Path], day: str) -> None:
    """The same sub-frames, taken by a clock that says another day, in names and in headers."""

    def name(path: Path) -> str:
        return STAMP.sub(rf"_{day}-\2.fit", path.name.replace("M 51", target))

    for path in plant(works, target, frames, name):
        data = path.read_bytes()
        written = f"DATE-OBS= '{day[:4]}-{day[4:6]}-{day[6:]}".encode()
        path.write_bytes(re.sub(rb"DATE-OBS= '\d{4}-\d\d-\d\d", written, data, count=1))
