"""The only door for text from outside: telescopes, servers, file names, FITS headers, exceptions.

`clean` makes text safe to show and to log; `path_component` decides whether a name may become part
of a path. The raw name stays with whoever does the I/O.
"""

from collections.abc import Mapping

from crowdsky_tui.base.patterns import LazyPattern
from crowdsky_tui.base.redaction import hide_secrets
from crowdsky_tui.base.secret_forms import LONGEST

MARK = "\N{REPLACEMENT CHARACTER}"
MAX_NAME_BYTES = 200

# Printable by Unicode's categories, yet invisible: selectors and fillers that hide in a name.
_INVISIBLE = LazyPattern(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0000-\U000e0fff]"
)


def clean(value: object, limit: int = 200) -> str:
    """Return `value` as one printable line of at most `limit` characters.

    Everything a terminal could act on, or that could make a line read as something else (controls,
    direction and zero-width characters, lone surrogates, odd blanks), becomes a visible mark.
    Markup brackets stay: widgets show outside text with markup off. Secrets of this process are
    masked, in whatever form they are written.
    """
    text = value if isinstance(value, str) else str(value)
    return visible(hide_secrets(text[:LONGEST]), limit)


def visible(text: str, limit: int) -> str:
    """`clean` without the masks."""
    if len(text) > limit:
        text = text[: max(limit - 1, 0)] + "…"
    if text.isascii() and text.isprintable():
        return text
    marked = "".join(char if char.isprintable() else MARK for char in text)
    return _INVISIBLE.sub(MARK, marked)


def holds_nul(value: object) -> bool:
    """Whether a text in it has the sign that ends a text for the machine's own functions."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(holds_nul(key) or holds_nul(each) for key, each in value.items())
    return isinstance(value, list | tuple) and any(map(holds_nul, value))


def path_component(name: str) -> str:
    """Return `name` unchanged if it may be one component of a path; raise ValueError if not.

    Names come from telescopes and servers and may be planted by anyone on the network.
    """
    if reason := why_not_component(name):
        raise ValueError(f"the name {clean(name, 60)!r} {reason}")
    return name


def why_not_component(name: str) -> str:
    """Why a name may not be one component of a path: "holds a path separator"; empty if it may."""
    if not name or name in {".", ".."}:
        return "is empty or a dot"
    if any(char in "/\\" for char in name):
        return "holds a path separator"
    if name[0] in "-~.":
        return "begins with a dash, a tilde or a dot"
    if visible(name, len(name)) != name:
        return "holds a control or invisible character, or an odd blank"
    if len(name.encode()) > MAX_NAME_BYTES:
        return f"is longer than {MAX_NAME_BYTES} bytes"
    return ""
