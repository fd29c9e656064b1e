"""Fetch finished stacks from the server."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from crowdsky_tui.base.errors import ExitCode, NotFound
from crowdsky_tui.cli.archive import opened_archive
from crowdsky_tui.cli.options import CommonOptions, Folder, option, positional
from crowdsky_tui.cli.output import print_json, say

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.store.store import StackRow

WHICH = "which one, where several of your stacks share a key"


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `download` takes."""

    key: Annotated[tuple[str, ...], positional("KEY", "chunk key, 20250115.78_HP049152", "+")]
    dest: Folder = "."
    id: Annotated[int | None, option("N", "the one with this id", group=WHICH)] = None
    filter: Annotated[str | None, option("F", "of this filter", group=WHICH)] = None
    exposure: Annotated[float | None, option("S", "of sub-frames of S seconds", group=WHICH)] = None
    telescope: Annotated[
        str | None, option("T", "of the telescope whose name has T in it", group=WHICH)
    ] = None


async def download(options: Options, settings: "Settings") -> int:
    """Fetch finished stacks by chunk key; where several share it, the one that is named."""
    from crowdsky_tui.night.download import download_row
    from crowdsky_tui.night.night import Night
    from crowdsky_tui.progress.server_rows import stack_rows
    from crowdsky_tui.services.crowdsky.download import check_keys

    keys = check_keys([*options.key])
    async with Night(settings, owner=False) as night, opened_archive(night) as archive:
        rows = stack_rows(await night.listing.fresh(), {})
        found = {key: chosen(options, key, rows) for key in keys}
        open_choices = {key: picked for key, picked in found.items() if len(picked) > 1}
        if open_choices:
            return _tell_choices(options, open_choices)
        paths: list[Path] = []
        for (row,) in found.values():
            path, remark = await download_row(
                row,
                rows,
                Path(options.dest),
                server=night.server(),
                archive=(lambda: archive) if settings.server.api_key else None,
                science=night.science,
            )
            paths.append(path)
            if remark:
                say(f"{path.name}: {remark}")
    if options.json:
        print_json({"downloaded": [str(path) for path in paths]})
    else:
        for path in paths:
            print(path)
    return ExitCode.OK


def chosen(options: Options, key: str, rows: "Sequence[StackRow]") -> "list[StackRow]":
    """The rows under a key that the options leave. Raises NotFound if there is none."""
    from crowdsky_tui.night.download import sub_exposure, twin_text

    under_key = [row for row in rows if row.chunk_key == key]
    left = [
        row
        for row in under_key
        if options.id in (None, row.id)
        and options.filter in (None, row.filter)
        and (options.exposure is None or options.exposure == sub_exposure(row))
        and (options.telescope or "").casefold() in row.telescope.casefold()
    ]
    if left:
        return left
    if under_key:
        raise NotFound(
            f"no stack under {key} is of that kind",
            "; ".join(twin_text(row) for row in under_key),
            "Name one of these",
        )
    raise NotFound(
        f"the server lists no stack under {key}", "", "'crowdsky-tui stacks' lists what it has"
    )


def _tell_choices(options: Options, choices: "dict[str, list[StackRow]]") -> int:
    """Say what there is to choose from; nothing was downloaded."""
    from crowdsky_tui.night.download import twin_text

    for key, twins in choices.items():
        say(f"nothing was downloaded: {len(twins)} of your stacks share the key {key}")
        for row in twins:
            say(f"  {twin_text(row)}")
    say("Name one with --id, --filter, --exposure or --telescope.")
    if options.json:
        document = {key: msgspec.to_builtins(twins) for key, twins in choices.items()}
        print_json({"downloaded": [], "choose": document})
    return ExitCode.USAGE
