"""The curves with the keys of the user's own commands: these are given the star of the cursor."""

from collections.abc import Sequence
from typing import Any

from textual.binding import Binding

from crowdsky_tui.config.command_settings import CommandSettings
from crowdsky_tui.curves.stars import StarRow
from crowdsky_tui.tui.key_names import split_keys
from crowdsky_tui.tui.screens.command_output import CommandOutput
from crowdsky_tui.tui.screens.curves import CurvesScreen
from crowdsky_tui.tui.user_command import Selection, UserCommand, missing


def star_selection(row: StarRow | None) -> Selection:
    """What a command is told of a star of a project."""
    if row is None:
        return Selection()
    target = row.fields[0] if row.fields else row.star
    return Selection(target=target, star=row.star, project=row.project)


class CurvesWithCommands(CurvesScreen):
    """The curves; a key runs the command of its number."""

    own_commands: Sequence[CommandSettings] = ()

    def action_own(self, number: int) -> None:
        """Run a command and show what it says until that is left."""
        command, selected = self.own_commands[number], star_selection(self.chosen)
        if (reason := missing(command, selected)) is not None:
            self.notify(reason, markup=False)
            return
        self.app.push_screen(CommandOutput(command.label, UserCommand(command, selected)))


def curves_with(commands: Sequence[CommandSettings]) -> type[CurvesScreen]:
    """The screen with a key for each command; those that the screen itself has stay its own."""
    taken = _keys_of(CurvesScreen)
    bindings = [
        Binding(key, f"own({number})", show=False)
        for number, each in enumerate(commands)
        for key in split_keys(each.key)
        if key not in taken
    ]
    if not bindings:
        return CurvesScreen
    return type(
        "OwnCurvesScreen",
        (CurvesWithCommands,),
        {"BINDINGS": bindings, "own_commands": tuple(commands)},
    )


def _keys_of(screen: type[Any]) -> set[str]:
    """Every key that a screen and those that it is made from have."""
    bound = [each for one in screen.__mro__ for each in vars(one).get("BINDINGS", ())]
    keys = [each.key if isinstance(each, Binding) else each[0] for each in bound]
    return {key for named in keys for key in named.split(",")}
