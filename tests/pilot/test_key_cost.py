"""What a key costs, counted in what the machine's speed cannot bend."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from driven import Drive
from textual.binding import BindingsMap
from textual.css.stylesheet import Stylesheet


def counted(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> list[Any]:
    """What the method of this name is called with from now on."""
    calls: list[Any] = []
    real: Callable[..., Any] = getattr(owner, name)

    def count(self: Any, *args: Any, **more: Any) -> Any:
        calls.append(args)
        return real(self, *args, **more)

    monkeypatch.setattr(owner, name, count)
    return calls


async def test_a_change_of_pane_styles_nothing_anew(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with drive(size=(80, 24)) as driven:
        styled = counted(monkeypatch, Stylesheet, "apply")
        await driven.pilot.press("2", "3", "4", "1")
        names = [repr(node) for node, *_ in styled]
        assert names == [], f"a key for a pane had these styled anew: {names[:8]}"


async def test_textual_is_given_the_users_keys_only(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied = counted(monkeypatch, BindingsMap, "apply_keymap")
    async with drive() as driven:
        await driven.pilot.press("2")
    assert applied == [], "without keys of the user's own there is nothing to go through"
    async with drive(keymap={"refresh": "f5"}) as driven:
        await driven.pilot.press("2")
    keymaps: list[Mapping[str, str]] = [args[0] for args in applied]
    assert keymaps
    assert {tuple(keymap) for keymap in keymaps} == {("refresh",)}
