"""Who may talk to the CrowdSky stand-in: one account (Basic) and its API keys (Bearer)."""

import base64
import binascii
import hmac

KEY_STATES = ("active", "expired", "revoked", "owner_off")
DEMO_KEY = "csk_demo_0123456789abcdef"
"""The active key of the demo account, known to all."""


class Accounts:
    """`keys` maps an API key to its state; every state but `active` is refused alike."""

    def __init__(self, username: str, password: str, keys: dict[str, str]) -> None:
        wrong = set(keys.values()) - set(KEY_STATES)
        if wrong:
            raise ValueError(f"an API key is one of {', '.join(KEY_STATES)}, not {wrong.pop()}")
        self.username = username
        self.password = password
        self.keys = keys

    def knows_login(self, header: str) -> bool:
        """Whether an Authorization header carries the account's name and password."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            given = base64.b64decode(token, validate=True)
        except binascii.Error:
            return False
        return hmac.compare_digest(given, f"{self.username}:{self.password}".encode())

    def knows_key(self, header: str) -> bool:
        """Whether an Authorization header carries an active API key."""
        scheme, _, key = header.partition(" ")
        return scheme.lower() == "bearer" and self.keys.get(key.strip()) == "active"
