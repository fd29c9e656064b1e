"""The machine's own clipboard, beside the terminal's (OSC 52). No Textual.

tmux keeps OSC 52 of programs to itself in its usual settings; `load-buffer -w` is its own door.
"""

import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Mapping, Sequence

from crowdsky_tui.base.text import clean

PATIENCE_S = 2.0
LONGEST_COPY = 2000
SHOWN = 40
TOOLS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("TMUX", ("tmux", "load-buffer", "-w", "-")),
    ("WAYLAND_DISPLAY", ("wl-copy",)),
    ("DISPLAY", ("xclip", "-selection", "clipboard")),
    ("DISPLAY", ("xsel", "--clipboard", "--input")),
    ("WSL_DISTRO_NAME", ("clip.exe",)),
    ("__CFBundleIdentifier", ("pbcopy",)),
)
"""The variable that says that a clipboard is there, and the program that writes to it."""


def tool_for(environment: Mapping[str, str]) -> tuple[str, ...] | None:
    """The program that reaches the user's clipboard; over SSH only tmux does."""
    far = "SSH_CONNECTION" in environment
    for variable, command in TOOLS:
        near = command[0] == "tmux" or not far
        if environment.get(variable) and near and shutil.which(command[0]):
            return command
    return None


def copy_natively(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Copy with the machine's own program; returns its name, "" if there is none or it failed."""
    command = tool_for(environment)
    if command is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 (one of TOOLS; the text goes to its input)
            command,
            input=text.encode("utf-8", "replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):  # then the terminal's clipboard has to do
        return ""
    return command[0] if done.returncode == 0 else ""


async def copied_words(
    copy: Callable[[str], Awaitable[str]], found: Sequence[tuple[str, str]]
) -> str:
    """Copy; `Copied the chunk key 20250115.78_HP049152 (through the terminal)`.

    `found` has of each row a noun for it and its text; `copy` says by which way it went.
    """
    texts = [clean(text, LONGEST_COPY) for _, text in found]
    way = await copy("\n".join(texts))
    noun = found[0][0]
    shown = f"{noun} {clean(texts[0], SHOWN)}" if len(texts) == 1 else f"{len(texts)} {noun}s"
    return f"Copied the {shown} ({way})"
