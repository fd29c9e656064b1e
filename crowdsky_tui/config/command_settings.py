"""Settings of the user's own commands: a key that runs a program."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta

from crowdsky_tui.config.section import Section, says
from crowdsky_tui.config.units import SECONDS

MOST_COMMANDS = 30


class CommandSettings(Section, frozen=True):
    """One program of the user's own, and the key that runs it."""

    key: Annotated[
        str,
        says("The key that runs it, one that does nothing else. As in [keymap].", "f6"),
    ] = ""
    title: Annotated[
        str, says("What it is called in help and palette. Empty: the program's name.")
    ] = ""
    run: Annotated[
        tuple[str, ...],
        says(
            "The program and its arguments, each a string of its own; no shell reads them. What is"
            " selected is in its environment: CROWDSKY_TARGET, CROWDSKY_SCOPE, CROWDSKY_STACK,"
            " CROWDSKY_CHUNK_KEY, CROWDSKY_FILTER, CROWDSKY_BLOCK_START; among the curves (7)"
            " CROWDSKY_STAR, CROWDSKY_PROJECT, CROWDSKY_TARGET.",
            ["/home/pi/bin/note-target", "--quick"],
        ),
    ] = ()
    shell: Annotated[
        bool,
        says(
            "Whether /bin/sh reads the first string of `run` as a command line. Names come from"
            ' telescopes: write "$CROWDSKY_TARGET" in quotes.'
        ),
    ] = False
    needs: Annotated[
        Literal["nothing", "target", "stack", "star"],
        says('What has to be selected: "nothing", "target", "stack", or "star" among the curves.'),
    ] = "target"
    timeout: Annotated[
        Annotated[float, Meta(gt=0, le=86400)],
        says("After how long it is stopped.", unit=SECONDS),
    ] = 60.0

    @property
    def label(self) -> str:
        """What it is called."""
        return self.title or (self.run[0].rpartition("/")[2] if self.run else "")


def check_commands(commands: Sequence[CommandSettings]) -> None:
    """ValueError if one has no key or program, or two have one key."""
    if len(commands) > MOST_COMMANDS:
        raise ValueError(f"there are more than {MOST_COMMANDS}")
    for number, each in enumerate(commands, start=1):
        if not each.key.strip():
            raise ValueError(f"commands.{number} has no key")
        if not each.run or not each.run[0].strip():
            raise ValueError(f"commands.{number} has nothing to run")
        if any("\0" in word for word in each.run):
            raise ValueError(f"commands.{number}.run holds a zero character")
    twice = [key for key, count in Counter(each.key for each in commands).items() if count > 1]
    if twice:
        raise ValueError(f"two commands have the key {twice[0]}")
