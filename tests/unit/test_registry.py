"""The registry, the keymap and what is written about them, without Textual."""

import re
import subprocess
import sys

import pytest

from crowdsky_tui.tui.actions.action import Group
from crowdsky_tui.tui.actions.registry import ACTIONS, BY_ID
from crowdsky_tui.tui.key_names import show_key, split_keys
from crowdsky_tui.tui.keymap import apply_keymap, check_keymap, keys_table


def test_ids_and_keys_are_unique_and_the_defaults_are_sound() -> None:
    keys = [key for action in ACTIONS for key in action.keys]
    assert len(BY_ID) == len(ACTIONS)
    assert len(set(keys)) == len(keys)
    assert check_keymap({action.id: ",".join(action.keys) for action in ACTIONS}) == []
    assert all(re.fullmatch(r"[a-z-]+", action.id) for action in ACTIONS)


@pytest.mark.parametrize(
    ("keymap", "problem"),
    [
        ({"stak": "s"}, "no such action; did you mean stack?"),
        ({"stack": ""}, "no key is given"),
        ({"stack": "ctrl+m"}, "deliver ctrl+m as enter"),
        ({"stack": "ctrl+i"}, "deliver ctrl+i as tab"),
        ({"stack": "ctrl+h"}, "deliver ctrl+h as backspace"),
        ({"stack": "ctrl+["}, "deliver ctrl+[ as escape"),
        ({"stack": "alt+enter"}, "deliver alt+enter as enter"),
        ({"stack": "ctrl+shift+a"}, "without its shift"),
        ({"stack": "hyper"}, "hyper is not a key"),
        ({"stack": "u"}, "u is bound to both stack and upload"),
        ({"stack": "?"}, "? is bound to both stack and help"),
    ],
)
def test_each_problem_is_told(keymap: dict[str, str], problem: str) -> None:
    (told,) = check_keymap(keymap)
    assert problem in told


@pytest.mark.parametrize(
    "keymap", [{"stack": "f5, ctrl+x"}, {"stack": "u", "upload": "s"}, {"help": "F"}, {}]
)
def test_a_good_keymap_has_no_problem(keymap: dict[str, str]) -> None:
    assert check_keymap(keymap) == []


def test_the_users_keys_come_in_their_order_and_bad_ones_are_left_out() -> None:
    keys = {action.id: action.keys for action in apply_keymap({"stack": "?, ctrl+m,f5"})}
    assert keys["stack"] == ("question_mark", "f5")
    assert keys["upload"] == BY_ID["upload"].keys


def test_keys_are_written_as_they_are_typed() -> None:
    assert split_keys("?, ctrl+x , /") == ("question_mark", "ctrl+x", "slash")
    assert [show_key(key) for key in ("question_mark", "escape", "ctrl+x", "G", "plus")] == [
        "?", "esc", "ctrl+x", "G", "+",
    ]  # fmt: skip


def test_the_key_table_holds_every_action_once() -> None:
    table = keys_table()
    assert all(table.count(f"`{action.id}` |") == 1 for action in ACTIONS)
    assert len(table.splitlines()) == len(ACTIONS) + 2
    assert {action.group for action in ACTIONS} == set(Group)


def test_importing_the_registry_imports_no_textual() -> None:
    code = "import sys, crowdsky_tui.tui.keymap; print({'textual', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
