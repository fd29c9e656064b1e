"""Copying text from any screen."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from textual.app import App
from textual.screen import Screen

from crowdsky_tui.tui.terminal import clipboard


async def copy_and_tell(screen: Screen[Any], found: Sequence[tuple[str, str]]) -> None:
    """Copy what was found (of each row a noun for it and its text), and say what and how."""
    if found:
        told = await clipboard.copied_words(partial(copy_by, screen.app), found)
        screen.notify(told, markup=False)
    else:
        screen.notify("There is nothing here to copy", severity="warning", markup=False)


async def copy_by(app: App[Any], text: str) -> str:
    """Copy clean text by the terminal (OSC 52) and by the machine's own clipboard, if any.

    Returns by which way it went, in words.
    """
    app.copy_to_clipboard(text)
    tool = await asyncio.to_thread(clipboard.copy_natively, text)
    return f"by {tool}" if tool else "sent to the terminal's clipboard"
