"""Every frame: list, index a folder, fetch, delete proved copies; stacks here: compress, expand."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.cli.options import CommonOptions, Targets, Yes, flag, option, positional

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings

SOURCES = ("own scope", "own server", "everybody", "telescope.org", "own rig", "folder")


class Options(CommonOptions, frozen=True, kw_only=True):
    """What every action takes."""

    action: str


class Stacks(Options, frozen=True, kw_only=True):
    """What `archive stacks` takes, which is meant where no action is named."""

    target: Targets = ()
    compress: Annotated[
        bool, flag("replace what the server lists by smaller copies (.fz)", exclusive="way")
    ] = False
    expand: Annotated[bool, flag("give compressed stacks back", exclusive="way")] = False
    dry_run: Annotated[bool, flag("name files and bytes, do nothing")] = False


class Frames(Options, frozen=True, kw_only=True):
    """What `archive list` takes."""

    source: Annotated[str | None, option(None, "only frames of this source", choices=SOURCES)] = (
        None
    )
    target: Annotated[str, option("TEXT", "only targets whose name holds this")] = ""
    filter: Annotated[str, option("NAME", "only this filter")] = ""
    here: Annotated[bool, flag("only what is on this machine")] = False
    server: Annotated[bool, flag("ask the CrowdSky server for its list first")] = False


class Index(Options, frozen=True, kw_only=True):
    """What `archive index` takes."""

    folder: Annotated[Path, positional("FOLDER", "is only read", completes="file")]
    dry_run: Annotated[bool, flag("say what is found, note nothing")] = False


class Chosen(Options, frozen=True, kw_only=True):
    """What `archive fetch` and `archive rm` take."""

    keys: Annotated[tuple[str, ...], positional("KEY", "as 'archive list' shows it", "+")]
    dry_run: Annotated[bool, flag("say what would be done, do nothing")] = False
    yes: Yes = False


ACTIONS: dict[str, type[Options]] = {
    "stacks": Stacks,
    "list": Frames,
    "index": Index,
    "fetch": Chosen,
    "rm": Chosen,
}
USUAL_ACTION = "stacks"
_HELP = {
    "stacks": "the stacks on this machine; compress what is proved, or give it back as it was",
    "list": "every frame that is known: own scopes, server, telescope.org, folders",
    "index": "read a folder's frames into the archive; nothing in it is changed",
    "fetch": "bring frames to this machine",
    "rm": "delete local copies, each only if it is proved elsewhere now",
}


def help_of(action: str) -> str:
    """An action in some words."""
    return _HELP[action]


async def archive(options: Options, settings: "Settings") -> int:
    """Look at the archive, or change what of it is on this machine."""
    if isinstance(options, Stacks):
        from crowdsky_tui.cli.archive_stacks import archive_stacks

        return await archive_stacks(options, settings)
    from crowdsky_tui.cli import archive_frames

    if isinstance(options, Frames):
        return await archive_frames.list_frames(options, settings)
    if isinstance(options, Index):
        return await archive_frames.index(options, settings)
    if isinstance(options, Chosen) and options.action == "fetch":
        return await archive_frames.fetch(options, settings)
    return await archive_frames.remove(options, settings)  # type: ignore[arg-type]
