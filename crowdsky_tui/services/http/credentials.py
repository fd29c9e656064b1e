"""What lets us in: an account's name and password, an API key, or nothing. Knows no HTTP client."""

import base64
from typing import Protocol

from crowdsky_tui.base.errors import AuthRefused, UsageError
from crowdsky_tui.base.redaction import keep_secret


class Credentials(Protocol):
    """How requests are signed."""

    @property
    def secret(self) -> str:
        """What must not be seen by anybody else."""

    @property
    def hint(self) -> str:
        """What to do when the server refuses them."""
        ...

    def header(self) -> str:
        """The Authorization header, "" for none; AuthRefused if there is nothing to sign with."""
        ...

    def forgotten(self) -> "Credentials":
        """The same without its secret."""
        ...


class BasicLogin:
    """An account's name and password; UsageError if a Basic login cannot carry them."""

    hint = "Check the CrowdSky user name and password."

    def __init__(self, username: str, password: str) -> None:
        if ":" in username or any(ord(char) < 32 for char in username + password):
            raise UsageError("The login cannot be used", "it holds a colon or a control character")
        self.username = username
        self.secret = password
        keep_secret(password, user=username)

    def header(self) -> str:
        """The Authorization header (RFC 7617). Raises AuthRefused where a part is missing."""
        if not self.username or not self.secret:
            raise AuthRefused(
                "No login for the CrowdSky server",
                "user name or password is not set",
                "Set CROWDSKY_USERNAME and CROWDSKY_PASSWORD or sign in from the settings.",
            )
        token = base64.b64encode(f"{self.username}:{self.secret}".encode())
        return f"Basic {token.decode()}"

    def forgotten(self) -> "BasicLogin":
        """The same without its password."""
        return BasicLogin(self.username, "")


class ApiKey:
    """A personal key (`csk_…`) for the archive; `made_at` is the page that makes one."""

    def __init__(self, key: str, made_at: str) -> None:
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise UsageError("The API key cannot be used", "it holds a blank or an odd character")
        self.secret = key
        keep_secret(key)
        self.made_at = made_at
        self.hint = f"Check server.api_key; a new one is made at {made_at}"

    def header(self) -> str:
        """The Authorization header (RFC 6750). Raises AuthRefused where there is no key."""
        if not self.secret:
            raise AuthRefused(
                "This needs an API key",
                f"one is made at {self.made_at}",
                "Set it with 'crowdsky-tui config set server.api_key', or CROWDSKY_API_KEY.",
            )
        return f"Bearer {self.secret}"

    def forgotten(self) -> "ApiKey":
        """The same without its key."""
        return ApiKey("", self.made_at)


class Anonymous:
    """Nothing to sign with: public endpoints."""

    secret = ""
    hint = "This page should be open to everybody: check the server's address."

    def header(self) -> str:
        """No header."""
        return ""

    def forgotten(self) -> "Anonymous":
        """The same: it holds no secret."""
        return self
