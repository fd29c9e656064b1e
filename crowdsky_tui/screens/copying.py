"""Copying text from any screen."""

import asyncio

from textual.app import App

from crowdsky_tui import clipboard


async def copy_by(app: App[None], text: str) -> str:
    """Copy clean text by the terminal (OSC 52) and by the machine's own clipboard, if any.

    Returns by which way it went, in words.
    """
    app.copy_to_clipboard(text)
    tool = await asyncio.to_thread(clipboard.copy_natively, text)
    return f"by {tool}" if tool else "sent to the terminal's clipboard"
