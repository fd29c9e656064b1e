"""What a program sent to its terminal, taken apart: escape sequences, and the text between them."""

import base64
import re

_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC, DCS and their kind
    r"|\x1b[ -/]*[0-~]"
)
_MOVE = re.compile(r"\x1b\[[0-9;]*([ABCDH])")
_STYLE = re.compile(r"\x1b\[([0-9;]*)m")
_CLIPBOARD = re.compile(r"\x1b\]52;c?;([A-Za-z0-9+/=]*)\x07")


def text_of(output: bytes) -> str:
    """Everything that is no escape sequence; UnicodeDecodeError if it is not UTF-8."""
    return _SEQUENCE.sub("", output.decode())


def kinds_of(output: bytes) -> set[str]:
    """The kinds of sequences: cursor moves and colours without their numbers, others whole."""
    return {kind for found in _SEQUENCE.findall(output.decode()) for kind in _kinds(found)}


def copied(output: bytes) -> list[str]:
    """What was written into the terminal's clipboard, oldest first."""
    return [base64.b64decode(each).decode() for each in _CLIPBOARD.findall(output.decode())]


def _kinds(found: str) -> set[str]:
    if move := _MOVE.fullmatch(found):
        return {f"CSI {move[1]}"}
    if _CLIPBOARD.fullmatch(found):
        return {"copy"}
    if style := _STYLE.fullmatch(found):
        return {f"SGR {each}" for each in _styles(style[1])}
    return {found}


def _styles(numbers: str) -> set[str]:
    """`38;2;1;2;3;1` -> `38;2`, `1`."""
    left, kinds = numbers.split(";"), set()
    while left:
        first = left.pop(0)
        if first in {"38", "48"} and left:
            model = left.pop(0)
            left = left[{"2": 3, "5": 1}.get(model, 0) :]
            first = f"{first};{model}"
        kinds.add(first)
    return kinds
