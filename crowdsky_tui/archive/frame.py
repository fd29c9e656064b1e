"""One frame of the archive, whoever took it and wherever it is."""

from datetime import datetime
from enum import StrEnum

import msgspec


class Source(StrEnum):
    """Who took a frame, or who has it."""

    SCOPE = "own scope"
    SERVER = "own server"
    EVERYBODY = "everybody"
    REMOTE = "telescope.org"
    RIG = "own rig"
    """A rig of this machine's settings took it here."""
    FOLDER = "folder"
    """A folder of the user's that was indexed: an old archive, another program's frames."""


class Frame(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one frame. All text is clean.

    Attributes
    ----------
    key
        What tells it from others of its source: a stack's identity, a row's id, a file's name in
        the cache of telescope.org, a path.
    at
        When it was begun or, at telescope.org, completed; aware UTC.
    exposure_s
        All of its exposure in seconds, or one sub-frame's where only that is known.
    path
        Its file on this machine; empty where it is not here.
    size, sha256
        Of that file.
    state
        How far it is, in words.
    elsewhere
        Where else it certainly is: only then may the file here be deleted. Empty for nowhere.
    used_at
        When somebody last wanted its file; aware UTC.
    adopted
        Its file belongs to another program's cache, which is only ever read.
    """

    source: Source
    key: str
    target: str = ""
    at: datetime | None = None
    instrument: str = ""
    filter: str = ""
    exposure_s: float | None = None
    path: str = ""
    size: int | None = None
    sha256: str = ""
    state: str = ""
    elsewhere: str = ""
    used_at: datetime | None = None
    adopted: bool = False

    @property
    def here(self) -> bool:
        """Whether its file is on this machine."""
        return bool(self.path)


class FrameKey(msgspec.Struct, frozen=True):
    """What names a frame."""

    source: Source
    key: str

    @classmethod
    def of(cls, frame: Frame) -> "FrameKey":
        """The name of a frame."""
        return cls(frame.source, frame.key)


class FramePart(msgspec.Struct, frozen=True):
    """One picture of a frame: a plane of a cube, or a member of a zip.

    `plane` counts from 0, None for all colours; `member` is empty where the file is the picture.
    """

    name: str
    plane: int | None = None
    member: str = ""
