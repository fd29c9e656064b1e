"""The user's own commands as actions, made from the settings."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from crowdsky_tui.base.text import clean
from crowdsky_tui.config.command_settings import CommandSettings
from crowdsky_tui.tui.actions.action import Action, Group
from crowdsky_tui.tui.desk import Desk, Pane
from crowdsky_tui.tui.key_names import show_key, split_keys
from crowdsky_tui.tui.user_command import Selection, UserCommand, missing


def user_actions(
    commands: Sequence[CommandSettings],
    taken: Iterable[Action],
    problem_of: Callable[[str], str | None],
) -> tuple[tuple[Action, ...], list[str]]:
    """An action for each command whose key is free, and a sentence for each that has none.

    `problem_of` says what is wrong with a key's name.
    """
    owner = {key: action.id for action in taken for key in action.keys}
    made: list[Action] = []
    problems: list[str] = []
    for number, each in enumerate(commands, start=1):
        name = f"commands.{number}"
        keys = split_keys(each.key)
        wrong = [problem for key in keys if (problem := problem_of(key)) is not None]
        wrong += [f"{show_key(key)} is {owner[key]}'s already" for key in keys if key in owner]
        if wrong or not keys:
            problems.append(clean(f"{name}: {wrong[0] if wrong else 'no key is given'}"))
            continue
        owner |= dict.fromkeys(keys, name)
        title = clean(each.label, 40)
        words = clean(f"Your own: {' '.join(each.run)}", 80)
        made.append(
            Action(
                f"command-{number}",
                keys,
                title,
                words,
                Group.WORK,
                partial(run, each),
                partial(why_not, each),
            )
        )
    return tuple(made), problems


def selection_of(desk: Desk) -> Selection:
    """What is selected in the pane that has the cursor."""
    target, block, row = desk.target(), desk.block(), desk.stack_row()
    if desk.pane is Pane.SERVER:
        if row is None:
            return Selection()
        return Selection(row.object_name, row.telescope, row.chunk_key, row.chunk_key, row.filter)
    if target is None:
        return Selection()
    if desk.pane is not Pane.BLOCKS or block is None:
        return Selection(target.target, target.key.scope)
    return Selection(
        block.target,
        block.key.target.scope,
        block.stack_name or "",
        block.chunk_key or "",
        block.key.filter,
        block.block_start.isoformat(),
    )


def why_not(command: CommandSettings, desk: Desk) -> str | None:
    """Why it cannot run now."""
    return missing(command, selection_of(desk))


async def run(command: CommandSettings, desk: Desk) -> None:
    """Run it and show what it says until that is left."""
    from crowdsky_tui.tui.screens.command_output import CommandOutput

    await desk.show(CommandOutput(command.label, UserCommand(command, selection_of(desk))))
