"""Write an archive for a bug report, without secrets."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import ExitCode
from crowdsky_tui.cli.options import CommonOptions, flag, option
from crowdsky_tui.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `bundle` takes."""

    dest: Annotated[str, option("D", "folder to write it to", completes="folder")] = "."
    dry_run: Annotated[bool, flag("only say what would be in it")] = False


async def bundle(options: Options, settings: "Settings") -> int:
    """Say what goes into the archive, then write it. Nothing is sent anywhere."""
    import asyncio

    from crowdsky_tui.cli.verbs.doctor import doctor_lines
    from crowdsky_tui.config.load import read_settings
    from crowdsky_tui.doctor.bundle import (
        journal_text,
        redacted,
        settings_text,
        state_files,
        write_bundle,
    )
    from crowdsky_tui.doctor.redaction import Redaction
    from crowdsky_tui.doctor.round import examine
    from crowdsky_tui.night.night import Night
    from crowdsky_tui.report.gather import gather_report
    from crowdsky_tui.report.report import report_text

    loaded = read_settings(options.config)
    async with Night(settings, owner=False) as night:
        checks = await examine(night, loaded)
        files = {
            **await asyncio.to_thread(state_files, settings.state_dir),
            "doctor.txt": "\n".join(doctor_lines(checks)) + "\n",
            "report.txt": report_text(await gather_report(night)),
            "settings.txt": settings_text(loaded),
            "journal.json": await journal_text(night.journal),
        }
        serials = [watch.service.serial for watch in night.watches.values()]
    files = redacted(files, Redaction(loaded.settings, serials))
    path = Path(options.dest) / f"crowdsky-bundle-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"
    contents = [{"name": name, "bytes": len(text.encode())} for name, text in sorted(files.items())]
    if options.json:
        print_json({"path": None if options.dry_run else str(path), "contents": contents})
    else:
        print_table(("file", "bytes"), [(one["name"], one["bytes"]) for one in contents])
    if not options.dry_run:
        await asyncio.to_thread(write_bundle, path, files)
        say(f"{path} is written: passwords, keys, coordinates and your user name are taken out.")
        say("Look into it before you hand it on.")
    return ExitCode.OK
