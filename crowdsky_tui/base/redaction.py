"""What this process must not say: its secrets in any text, places and labelled secrets in files.

Whoever is given a secret tells `keep_secret`; the one door for text, `text.clean`, hides what it
knows. `hide_for_file` is for what is kept or handed on: log, crash log, recording, bundle.
"""

import re
from collections.abc import Iterable

from crowdsky_tui.base.patterns import LazyPattern
from crowdsky_tui.base.secret_forms import Secrets

HIDDEN = "(hidden)"
NEAR_DEG = 0.015
"""A number so near to a coordinate of ours tells it: a kilometre or two."""
LABELLED = LazyPattern(
    r"""(?ix) ((?<![\w.-]) ["']? [\w.-]* (?:passw|passphrase|passcode|pwd|psk|secret|token|api_?key
        |authorization|signature|ssid|e-?mail|sitelat|sitelong|latitude|longitude
        |location_lon_lat|\blat|\blon)
        [\w]* ["']?
        \s* [:=] \s*)
        ( "[^"]*" | '[^']*' | \[[^\]]*\] | (?:basic|bearer)\s+\S+ | [^\s,;}"'\[]+ )"""
)
_API_KEY = LazyPattern(r"\bcsk_\w+")
_IN_ADDRESS = LazyPattern(r"(?<=://)[^/\s@]+@")
_PRIVATE_KEY = LazyPattern(
    r"-----BEGIN [^-]*PRIVATE KEY-----.*?(?:-----END [^-]*-----|\Z)", re.DOTALL
)
_NUMBER = LazyPattern(r"(?<![\w.])[+-]?\d{1,3}\.\d+(?!\.?\w)")
_DEGREES = LazyPattern(
    r"(?<![\w.])[+-]?(?P<d>\d{1,3})\s*(?:°|d|deg)\s*(?P<m>\d{1,2})\s*(?:'|′|m)"
    r"(?:\s*(?P<s>\d{1,2}(?:\.\d+)?)\s*(?:\"|″|s)?)?"
)


class _Known:
    """The secrets and places of this process."""

    def __init__(self) -> None:
        self.values: set[str] = set()
        self.users: set[str] = set()
        self.places: set[float] = set()
        self.secrets = Secrets(())


_known = _Known()


def keep_secret(*values: str, user: str = "") -> None:
    """Hide these from now on in every text; `user` is the name of the account they are for."""
    fresh = {value for value in values if value} - _known.values
    if fresh or (user and user not in _known.users):
        _known.values |= fresh
        _known.users |= {user} - {""}
        _known.secrets = Secrets(sorted(_known.values), sorted(_known.users))


def keep_place(*degrees: float) -> None:
    """Hide these coordinates from now on in every file."""
    _known.places |= {float(one) for one in degrees if one}


def forget_all() -> None:
    """Know nothing any more: for tests."""
    _known.__init__()  # type: ignore[misc]


def hide_secrets(text: str) -> str:
    """A text without the secrets that this process knows."""
    return _known.secrets.hide(text)


def hide_in_bytes(data: bytes) -> bytes:
    """The same for what is not decoded yet."""
    return _known.secrets.hide_bytes(data)


def hide_for_file(text: str) -> str:
    """A text without secrets, places, and what calls itself one of them."""
    return hide_places(hide_labelled(hide_secrets(text)), _known.places)


def hide_labelled(text: str) -> str:
    """A text without keys, logins in addresses, and values whose names say that they are secret."""
    text = _PRIVATE_KEY.sub(HIDDEN, text)
    text = LABELLED.sub(lambda found: f"{found.group(1)}{HIDDEN}", text)
    return _IN_ADDRESS.sub("", _API_KEY.sub(HIDDEN, text))


def is_place(value: float, places: Iterable[float] | None = None) -> bool:
    """Whether a number tells one of the coordinates (degrees); by default of this process's."""
    known = _known.places if places is None else places
    coarse = round(value, 1) == value  # one decimal tells a place only if that is all we know
    return any(
        abs(value) == abs(one) if coarse else abs(abs(value) - abs(one)) < NEAR_DEG for one in known
    )


def hide_places(text: str, places: Iterable[float]) -> str:
    """A text without numbers that tell a coordinate, in decimals or degrees and minutes."""
    known = set(places)
    if not known:
        return text

    def plain(found: re.Match[str]) -> str:
        return HIDDEN if is_place(float(found[0]), known) else found[0]

    def degrees(found: re.Match[str]) -> str:
        value = int(found["d"]) + int(found["m"]) / 60 + float(found["s"] or 0) / 3600
        return HIDDEN if is_place(value, known) else found[0]

    return _DEGREES.sub(degrees, _NUMBER.sub(plain, text))
