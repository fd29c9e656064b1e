"""The user's login key and its signature (firmware 7.18 and later).

The key is the user's own file. It is never shipped, fetched or logged, and a file that others can
read is refused. `cryptography` is imported with the first key that is read.

Source: docs/design/seestar-protocol.md 2.
"""

import asyncio
import base64
import os
import shlex
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import LoginNeeded

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KEY_VARIABLE = "SEESTAR_KEY_PATH"
KEY_FILE = "seestar.pem"
LARGEST_KEY_FILE = 16 * 1024
HOW_TO_GET_ONE = (
    "Put the key from your own Seestar app at ~/.config/crowdsky-tui/seestar.pem (chmod 600),"
    " or set key_path"
)


_WITHOUT_WAITING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)  # it may turn out to be a pipe


class LoginKey:
    """An RSA private key. Nothing of it is shown by `repr`."""

    def __init__(self, key: "RSAPrivateKey") -> None:
        self._key = key

    def __repr__(self) -> str:
        return "LoginKey(…)"

    def sign(self, challenge: str) -> str:
        """The challenge's PKCS#1 v1.5 signature with SHA-1, in base64."""
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA1

        digest = SHA1()  # noqa: S303 - the scope's firmware takes no other
        signature = self._key.sign(challenge.encode(), PKCS1v15(), digest)
        return base64.b64encode(signature).decode()


class KeyFile:
    """Where the user's key is looked for; it is read again at each login.

    `key_path` is the setting; if it is empty, the documented places follow.
    """

    def __init__(
        self,
        key_path: str = "",
        environment: Mapping[str, str] = os.environ,
        home: Path | None = None,
    ) -> None:
        self._key_path = key_path
        self._environment = environment
        self._home = home

    async def read(self) -> LoginKey:
        """The key. Raises LoginNeeded, which says what is missing and how to get it."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> LoginKey:
        path = self._find()
        try:
            return _parsed(_private_content(path))
        except (ValueError, TypeError) as error:
            passphrase = isinstance(error, TypeError)
            why = "is protected by a passphrase" if passphrase else "is not an RSA key in PEM form"
            raise LoginNeeded(
                "the telescope wants a login", f"the key file {path} {why}", HOW_TO_GET_ONE
            ) from None  # the cause could quote the file

    def _find(self) -> Path:
        """The first key file there is; one that the user named must be there."""
        for source, named in (
            ("key_path", self._key_path),
            (f"${KEY_VARIABLE}", self._environment.get(KEY_VARIABLE, "")),
        ):
            if named:
                path = Path(named).expanduser()
                if _is_there(path):
                    return path
                raise LoginNeeded(
                    "the telescope wants a login",
                    f"{source} names {path}, which does not exist",
                    HOW_TO_GET_ONE,
                )
        home = self._home or Path.home()
        for folder in (Path(), home / ".config" / "crowdsky-tui", home / ".seestarpy"):
            if _is_there(folder / KEY_FILE):
                return folder / KEY_FILE
        raise LoginNeeded(
            "the telescope wants a login",
            "no key file, and its firmware answers only to a signed login",
            HOW_TO_GET_ONE,
        )


def _is_there(path: Path) -> bool:
    """Whether there is something; also where its folder forbids to look."""
    try:
        return path.exists()
    except OSError:
        return True


def _private_content(path: Path) -> bytes:
    """A file's bytes; LoginNeeded unless it is the user's alone."""
    try:
        with os.fdopen(os.open(path, _WITHOUT_WAITING), "rb") as file:
            status = os.fstat(file.fileno())
            problem = _problem(path, status)
            if problem is None:
                return file.read(LARGEST_KEY_FILE)
    except OSError as error:
        problem = f"the key file {path} cannot be read: {error.strerror}", "Correct that"
    why, next_step = problem
    raise LoginNeeded("the telescope wants a login", why, next_step)


def _problem(path: Path, status: os.stat_result) -> tuple[str, str] | None:
    """Why this file is refused and what to do about it."""
    if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_KEY_FILE:
        return f"{path} is not a key file", HOW_TO_GET_ONE
    if stat.S_IMODE(status.st_mode) & 0o077:
        why = f"others can read the key file {path} (mode {stat.S_IMODE(status.st_mode):04o})"
        return why, f"Run: chmod 600 {shlex.quote(str(path))}"
    return None


def _parsed(content: bytes) -> LoginKey:
    """The key in a PEM file; ValueError or TypeError (a passphrase is needed) if there is none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(content, password=None)
    except UnsupportedAlgorithm as error:
        raise ValueError("not a key of a known kind") from error
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")  # noqa: TRY004 (TypeError means a passphrase)
    return LoginKey(key)
