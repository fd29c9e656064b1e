"""Takes secrets and places out of text that leaves this machine in a bug report."""

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from crowdsky_tui.settings import SECRET_KEYS, Settings, scope_name

HIDDEN = "(hidden)"
SHORTEST_SECRET = 4
_LABELLED = re.compile(
    r"""(?ix) (["']? [\w.]* (?:passw|passphrase|pwd|psk|secret|token|api_?key|authorization
        |signature|ssid|sitelat|sitelong|latitude|longitude|location_lon_lat|\blat|\blon)
        [\w]* ["']?
        \s* [:=] \s*)
        ( "[^"]*" | '[^']*' | \[[^\]]*\] | (?:basic|bearer)\s+\S+ | [^\s,;}"'\[]+ )"""
)
_API_KEY = re.compile(r"\bcsk_\w+")
_IN_ADDRESS = re.compile(r"(?<=://)[^/\s@]+@")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [^-]*PRIVATE KEY-----.*?(?:-----END [^-]*-----|\Z)", re.DOTALL
)


class Redaction:
    """`apply` hides what the settings call secret, what looks like a secret, and whose it is.

    Serials keep their first four characters, to tell telescopes apart.
    """

    def __init__(self, settings: Settings, serials: Iterable[str] = ()) -> None:
        tree = msgspec.to_builtins(settings)
        secrets: dict[str, str] = {}
        for key in SECRET_KEYS:
            section, _, name = key.partition(".")
            value = str(tree[section][name])
            if value not in ("", "0.0"):
                secrets[value] = HIDDEN
        if len(settings.server.username) >= SHORTEST_SECRET:
            secrets[settings.server.username] = "(user)"
        mine = [scope.serial for scope in settings.scopes if scope.serial]
        for serial in {*mine, *serials}:
            if len(serial) > SHORTEST_SECRET and serial not in map(scope_name, settings.scopes):
                secrets[serial] = f"{serial[:4]}…"
        home = str(Path.home())
        if home != "/":
            secrets[home] = "~"
        # the longest first, so that none hides a part of another
        self._secrets = sorted(secrets.items(), key=lambda pair: -len(pair[0]))

    def apply(self, text: str) -> str:
        """The text without them."""
        for secret, shown in self._secrets:
            text = text.replace(secret, shown)
        text = _PRIVATE_KEY.sub(HIDDEN, text)
        text = _LABELLED.sub(lambda found: f"{found.group(1)}{HIDDEN}", text)
        return _IN_ADDRESS.sub("", _API_KEY.sub(HIDDEN, text))
