"""Keys as Textual names them, and as people write them. No Textual."""

from collections.abc import Iterable

SYMBOLS = {
    "?": "question_mark", "/": "slash", ":": "colon", ";": "semicolon", ".": "full_stop",
    "!": "exclamation_mark", "-": "minus", "+": "plus", "=": "equals_sign", "_": "underscore",
    "[": "left_square_bracket", "]": "right_square_bracket", "{": "left_curly_bracket",
    "}": "right_curly_bracket", "(": "left_parenthesis", ")": "right_parenthesis",
    "<": "less_than_sign", ">": "greater_than_sign", "*": "asterisk", "#": "number_sign",
    "@": "at", "%": "percent_sign", "&": "ampersand", "$": "dollar_sign", "'": "apostrophe",
    '"': "quotation_mark", "\\": "backslash", "|": "vertical_line", "~": "tilde",
    "^": "circumflex_accent", "`": "grave_accent",
}  # fmt: skip
_SHOWN = {name: symbol for symbol, name in SYMBOLS.items()} | {
    "up": "↑", "down": "↓", "left": "←", "right": "→", "pageup": "pgup", "pagedown": "pgdn",
    "escape": "esc", "comma": ",",
}  # fmt: skip


def split_keys(keys: str) -> tuple[str, ...]:
    """`"?, ctrl+x"` → `("question_mark", "ctrl+x")`."""
    parts = (part.strip() for part in keys.split(","))
    return tuple(SYMBOLS.get(part, part) for part in parts if part)


def show_key(key: str) -> str:
    """A key as it is written on screen: `question_mark` → `?`, `escape` → `esc`."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return "+".join([*modifiers, _SHOWN.get(last, last)])


def show_keys(keys: Iterable[str], most: int = 9) -> str:
    """Keys as a person reads them, at most `most`."""
    return " ".join(show_key(key) for key in list(keys)[:most])
