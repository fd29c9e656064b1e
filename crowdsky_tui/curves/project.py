"""A project: which stars, which frames, and how they are measured. Imports no numpy."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.curves.eclipse_ephemeris import Ephemeris
from crowdsky_tui.photometry.frame_messages import PhotometrySettings

Layer = Literal["default", "project", "command"]
ALGORITHM = 4
"""Grows when the same parameters lead to other magnitudes: then every product is stale."""
MOST_NAME = 60
PARAMETERS = PhotometrySettings.__struct_fields__


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """What is measured, and how.

    Attributes
    ----------
    field
        Path of the field's catalogue.
    targets
        Names of the stars whose curves are wanted, as the catalogue has them.
    frames
        Files, and folders of files.
    parameters
        What differs from the defaults.
    locked
        Whether the parameters may be changed no more.
    surveys
        Which surveys are asked for the targets; nobody else is.
    rejected
        By star: the frames (SHA-256) whose point the observer rejects. The points are kept.
    eclipses
        By star: when eclipses are expected of it.
    asks_vsx
        Whether the AAVSO's VSX may be asked for the targets' ephemerides.
    """

    name: str
    field: str
    targets: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    parameters: dict[str, float] = {}
    locked: bool = False
    surveys: tuple[str, ...] = ()
    rejected: dict[str, tuple[str, ...]] = {}
    eclipses: dict[str, Ephemeris] = {}
    asks_vsx: bool = False


class Effective(msgspec.Struct, frozen=True):
    """All parameters, and the layer that each comes from."""

    settings: PhotometrySettings
    origins: dict[str, Layer]

    @property
    def sha256(self) -> str:
        """Of the parameters and the algorithm's version alone: neither paths nor secrets."""
        return hash_of({"algorithm": ALGORITHM, **msgspec.structs.asdict(self.settings)})


def hash_of(value: Any) -> str:
    """SHA-256 of canonical JSON: sorted keys, numbers with 17 digits."""
    return hashlib.sha256(msgspec.json.encode(_canonical(value), order="deterministic")).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return f"{float(value):.17g}"
    if isinstance(value, Mapping):
        return {str(key): _canonical(each) for key, each in value.items()}
    return [_canonical(each) for each in value]


def read_parameters(typed: tuple[str, ...]) -> dict[str, float]:
    """Parameters as they are typed, `name=value`.

    Raises
    ------
    UsageError
        One that is unknown, or has a value that it cannot have.
    """
    found: dict[str, float] = {}
    for each in typed:
        name, sign, value = each.partition("=")
        name = name.strip().replace("-", "_")
        if not sign or name not in PARAMETERS:
            raise UsageError(
                f"{clean(each, 40)} is no parameter", "", f"Known are {', '.join(PARAMETERS)}"
            )
        try:
            found[name] = float(value)
        except ValueError:
            raise UsageError(f"{name} cannot be {clean(value, 20)}", "it is a number") from None
    _settings(found)
    return found


LIMITS: dict[str, tuple[float, float]] = {
    "fraction": (0.3, 0.99),
    "floor_mag": (0.0, 1.0),
    "correlation": (0.0, 20.0),
    "gain": (0.0, 1e6),
    "brightest": (-2.0, 25.0),
    "faintest": (-2.0, 25.0),
    "colour_term": (-2.0, 2.0),
}


def _settings(values: Mapping[str, float]) -> PhotometrySettings:
    for name, value in values.items():
        low, high = LIMITS[name]
        if not low <= value <= high:
            raise UsageError(f"{name} cannot be {value:g}", f"it lies from {low:g} to {high:g}")
    return PhotometrySettings(**values)


def effective(project: Project, command: Mapping[str, float] | None = None) -> Effective:
    """The parameters of a run: what the command says wins over the project, that over defaults.

    Raises
    ------
    UsageError
        The command changes parameters of a locked project.
    """
    given = dict(command or {})
    if project.locked and any(project.parameters.get(name) != given[name] for name in given):
        raise _locked(project)
    origins: dict[str, Layer] = dict.fromkeys(PARAMETERS, "default")
    origins.update(dict.fromkeys(project.parameters, "project"))
    origins.update(dict.fromkeys(given, "command"))
    return Effective(_settings({**project.parameters, **given}), origins)


def with_parameters(project: Project, values: Mapping[str, float]) -> Project:
    """The project with other parameters. UsageError if it is locked."""
    if project.locked and values:
        raise _locked(project)
    return msgspec.structs.replace(project, parameters={**project.parameters, **values})


def judged(project: Project, star: str, frame: str, *, reject: bool) -> Project:
    """The project with one point of a star rejected, or kept again."""
    others = tuple(each for each in project.rejected.get(star, ()) if each != frame)
    frames = tuple(sorted([*others, frame])) if reject else others
    rejected = {name: each for name, each in project.rejected.items() if name != star}
    if frames:
        rejected[star] = frames
    return msgspec.structs.replace(project, rejected=rejected)


def folded_name(name: str) -> str:
    """A star's name as it is compared: without case, blanks and underscores."""
    return "".join(name.casefold().replace("_", " ").split())


def covers(project: Project, path: str) -> bool:
    """Whether a file is one of the project's frames, or lies in one of its folders."""
    return any(Path(path).is_relative_to(Path(each).expanduser()) for each in project.frames)


def wants(project: Project, target: str, path: str) -> bool:
    """Whether a project wants a stack of a telescope's target: by a target's name, or its folder.

    A project without a catalogue wants none.
    """
    names = {folded_name(each) for each in project.targets}
    return bool(project.field) and (folded_name(target) in names or covers(project, path))


def _locked(project: Project) -> UsageError:
    return UsageError(
        f"the parameters of {project.name} are locked", "", "Unlock it, or make another project"
    )


def checked_name(typed: str) -> str:
    """A project's name. UsageError for what cannot be one."""
    name = clean(typed.strip(), MOST_NAME + 1)
    if not name or len(name) > MOST_NAME:
        raise UsageError("that is no name for a project", f"it has 1 to {MOST_NAME} signs")
    return name
