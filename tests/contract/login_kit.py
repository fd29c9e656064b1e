"""Keys of our own for stand-ins that want a login."""

from functools import partial
from pathlib import Path

import pytest

from crowdsky_tui.instruments.seestar.connection.auth import KeyFile
from crowdsky_tui.instruments.seestar.connection.login import greet
from crowdsky_tui.simulator.seestar.login import PublicKey, make_key


class Keys:
    """A key file, what a stand-in knows of it, and where the client finds it."""

    def __init__(self, folder: Path, name: str = "seestar.pem") -> None:
        self.path = folder / name
        self.public: PublicKey = make_key(self.path)

    @property
    def file(self) -> KeyFile:
        return KeyFile(str(self.path), {})

    @property
    def secret_lines(self) -> list[str]:
        return self.path.read_text().splitlines()[1:-1]


def no_key(folder: Path) -> KeyFile:
    return KeyFile("", {}, home=folder)


def greet_quickly(monkeypatch: pytest.MonkeyPatch, seconds: float = 0.15) -> None:
    """A telescope that ignores commands is found out in a moment."""
    quick = partial(greet, timeout=seconds, challenge_timeout=2 * seconds)
    monkeypatch.setattr("crowdsky_tui.instruments.seestar.connection.telescope_link.greet", quick)
