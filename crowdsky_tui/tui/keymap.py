"""The user's own keys: checks, the registry with them applied, how keys are written, the key table.

A keymap maps an action's id to one key or several, separated by commas, as Textual names keys:
`{"stack": "s,f5", "quit": "ctrl+q"}`. Imports no Textual.
"""

import difflib
import re
from collections.abc import Iterable, Mapping

import msgspec

from crowdsky_tui.tui.actions.action import Action, Group
from crowdsky_tui.tui.actions.registry import ACTIONS, BY_ID
from crowdsky_tui.tui.key_names import SYMBOLS, show_key, split_keys

ARRIVES_AS = {
    "ctrl+m": "enter",
    "ctrl+i": "tab",
    "ctrl+h": "backspace",
    "ctrl+[": "escape",
    "ctrl+left_square_bracket": "escape",
    "alt+enter": "enter",
    "ctrl+enter": "enter",
    "shift+enter": "enter",
}
_NAMED = {
    "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "insert", "delete",
    "backspace", "enter", "tab", "escape", "space", "comma", *SYMBOLS.values(),
}  # fmt: skip
_KEY = re.compile(r"(?P<modifiers>(?:(?:ctrl|alt|shift|super)\+)*)(?P<key>.+)")


def apply_keymap(keymap: Mapping[str, str]) -> tuple[Action, ...]:
    """The registry with the user's keys; what `check_keymap` objects to is left out."""
    return tuple(
        msgspec.structs.replace(action, keys=keys)
        if (keys := _good_keys(keymap.get(action.id, "")))
        else action
        for action in ACTIONS
    )


def _good_keys(keys: str) -> tuple[str, ...]:
    return tuple(key for key in split_keys(keys) if key_problem(key) is None)


def check_keymap(keymap: Mapping[str, str], lines: Mapping[str, str] | None = None) -> list[str]:
    """Everything wrong with a user's keymap, one sentence each; empty if all is well.

    `lines` tells where each id is set (`keymaplines.keymap_lines`).
    """
    places = {} if lines is None else lines
    found = _ids_and_keys(keymap) + _clashes(apply_keymap(keymap), keymap)
    return [
        f"{places[action_id]}: {problem}" if action_id in places else problem
        for action_id, problem in found
    ]


def _ids_and_keys(keymap: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is wrong with single entries: the id and a sentence."""
    problems = []
    for action_id, keys in keymap.items():
        if action_id not in BY_ID:
            close = difflib.get_close_matches(action_id, BY_ID, n=1, cutoff=0.5)
            hint = f"; did you mean {close[0]}?" if close else ""
            problems.append((action_id, f"keymap.{action_id}: there is no such action{hint}"))
        elif not split_keys(keys):
            problems.append((action_id, f"keymap.{action_id}: no key is given"))
        else:
            found = filter(None, map(key_problem, split_keys(keys)))
            problems += [(action_id, f"keymap.{action_id}: {problem}") for problem in found]
    return problems


def key_problem(key: str) -> str | None:
    """Why this cannot be a key of the app; None where it can."""
    if key.lower() in ARRIVES_AS:
        arrives = ARRIVES_AS[key.lower()]
        return f"most terminals deliver {key} as {arrives}, so it can't be used"
    match = _KEY.fullmatch(key)
    modifiers, name = match.groups() if match else ("", key)
    if "ctrl" in modifiers and "shift" in modifiers:
        return f"most terminals deliver {key} without its shift, so it can't be used"
    if len(name) == 1 or name in _NAMED or re.fullmatch(r"f([1-9]|1\d|2[0-4])", name):
        return None
    return f"{key} is not a key (examples: s, S, f5, ctrl+x, space, pageup)"


def _clashes(actions: Iterable[Action], keymap: Mapping[str, str]) -> list[tuple[str, str]]:
    """Keys with two actions: the id that the user has set, and a sentence."""
    owner: dict[str, str] = {}
    problems = []
    for action in actions:
        for key in action.keys:
            first = owner.setdefault(key, action.id)
            if first != action.id:
                set_by = action.id if action.id in keymap else first
                told = f"keymap: {show_key(key)} is bound to both {first} and {action.id}"
                problems.append((set_by, told))
    return problems


def keys_table() -> str:
    """The default keys as a Markdown table, for docs/keys.md."""
    rows = ["| Keys | What they do | Id for `[keymap]` |", "|---|---|---|"]
    for group in Group:
        for action in ACTIONS:
            if action.group is group:
                keys = " ".join(f"`{show_key(key)}`" for key in action.keys)
                rows.append(f"| {keys} | {action.help} | `{action.id}` |")
    return "\n".join(rows) + "\n"
