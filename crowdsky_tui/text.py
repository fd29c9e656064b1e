"""The only door for text from outside: telescopes, servers, file names, FITS headers, exceptions.

`clean` makes text safe to show and to log; `path_component` decides whether a name may become part
of a path. The raw name stays with whoever does the I/O.
"""

MARK = "\N{REPLACEMENT CHARACTER}"
MAX_NAME_BYTES = 200

_UNSAFE_RANGES = (
    (0x00, 0x1F),  # C0 controls: ESC, BEL, CR, LF, TAB ...
    (0x7F, 0x9F),  # DEL and the 8-bit C1 controls
    (0xAD, 0xAD),  # soft hyphen
    (0x61C, 0x61C),  # Arabic letter mark
    (0x180E, 0x180E),
    (0x200B, 0x200F),  # zero-width, joiners, direction marks
    (0x2028, 0x202E),  # line separators, direction overrides
    (0x2060, 0x206F),  # invisible operators, direction isolates
    (0xD800, 0xDFFF),  # lone surrogates
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    (0xE0000, 0xE0FFF),  # tags and supplementary variation selectors
)
_TABLE = {code: MARK for low, high in _UNSAFE_RANGES for code in range(low, high + 1)}


def clean(value: object, limit: int = 200) -> str:
    """Return `value` as one printable line of at most `limit` characters.

    Everything a terminal could act on, or that could make a line read as something else, becomes a
    visible mark. Markup brackets stay: widgets show outside text with markup off.
    """
    text = value if isinstance(value, str) else str(value)
    if len(text) > limit:
        text = text[: max(limit - 1, 0)] + "…"
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_TABLE)


def path_component(name: str) -> str:
    """Return `name` unchanged if it may be one component of a path; raise ValueError if not.

    Names come from telescopes and servers and may be planted by anyone on the network.
    """
    if not name or name in {".", ".."}:
        reason = "is empty or a dot"
    elif any(char in "/\\" for char in name):
        reason = "holds a path separator"
    elif name[0] in "-~.":
        reason = "begins with a dash, a tilde or a dot"
    elif name.translate(_TABLE) != name:
        reason = "holds a control or invisible character"
    elif len(name.encode()) > MAX_NAME_BYTES:
        reason = f"is longer than {MAX_NAME_BYTES} bytes"
    else:
        return name
    raise ValueError(f"the name {clean(name, 60)!r} {reason}")
