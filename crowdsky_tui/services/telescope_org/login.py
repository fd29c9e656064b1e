"""An account at telescope.org: from the settings, or from the original client's `telescope.ini`."""

import configparser
from pathlib import Path

import msgspec

from crowdsky_tui.base.errors import SettingsError
from crowdsky_tui.base.redaction import keep_secret
from crowdsky_tui.base.text import clean

DEFAULT_INI = Path("~/.config/telescope.ini")
LARGEST_INI = 64 * 1024
_SECTION = "telescope.org"


class Login(msgspec.Struct, frozen=True):
    """A user name and a password; the password is masked in whatever this program writes."""

    username: str
    password: str

    def __post_init__(self) -> None:
        keep_secret(self.password, user=self.username)

    def __repr__(self) -> str:
        return f"Login({self.username!r})"


class Ini(msgspec.Struct, frozen=True):
    """What the original client's file says. `cache` is where it keeps its pictures, if it does."""

    login: Login
    cache: Path | None


def read_ini(path: Path = DEFAULT_INI) -> Ini:
    """The account in the original client's file, which is only read.

    Raises SettingsError that names the file and the entry that it lacks.
    """
    file = path.expanduser()
    what = f"{clean(path)} cannot be used"
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with file.open("rb") as opened:
            parser.read_string(opened.read(LARGEST_INI).decode("utf-8-sig"))
    except OSError as error:
        raise SettingsError(what, error.strerror or "it cannot be read") from error
    except (UnicodeDecodeError, configparser.Error) as error:
        raise SettingsError(what, "it is no file of settings") from error
    entries = {}
    for key in ("user", "password"):
        entries[key] = parser.get(_SECTION, key, fallback="")
        if not entries[key]:
            raise SettingsError(what, f"its section [{_SECTION}] has no {key!r}")
    cache = parser.get("cache", "jobs", fallback="")
    return Ini(Login(entries["user"], entries["password"]), Path(cache) if cache else None)
