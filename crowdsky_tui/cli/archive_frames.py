"""What `archive list`, `index`, `fetch` and `rm` do."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from crowdsky_tui.archive.folder_index import FolderIndex, to_save
from crowdsky_tui.archive.frame import Frame, FrameKey, Source
from crowdsky_tui.archive.frames import Frames as FrameStore
from crowdsky_tui.base.errors import ExitCode, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.confirm import confirm
from crowdsky_tui.cli.output import print_json, print_table, say, tell
from crowdsky_tui.compute.client import Science
from crowdsky_tui.database.database import open_database
from crowdsky_tui.jobs.remote_pictures import sha256_of
from crowdsky_tui.night import archive_list
from crowdsky_tui.night.calls.archive import FetchFrames, RemoveCopies
from crowdsky_tui.night.night import Night
from crowdsky_tui.services.telescope_org.account import open_account
from crowdsky_tui.store.store import JobState

if TYPE_CHECKING:
    from crowdsky_tui.cli.documents.archive import Indexed
    from crowdsky_tui.cli.verbs.archive import Chosen, Frames, Index
    from crowdsky_tui.config.load import Settings

LOOK_EVERY_S, PATIENCE_S = 0.25, 3600.0
TELL_EVERY = 100


async def list_frames(options: "Frames", settings: "Settings") -> int:
    """Print every frame that is known, newest first."""
    async with Night(settings, holder="crowdsky-tui archive", owner=False) as night:
        if options.server:
            await night.list_quietly()
            night.views.refresh()
        found = await archive_list.list_frames(night)
    frames = [frame for frame in found.frames if _wanted(frame, options)]
    if options.json:
        print_json({"frames": [_document(each) for each in frames], "remarks": found.remarks})
        return ExitCode.OK
    for remark in found.remarks:
        say(remark)
    print_table(
        ("target", "UTC", "instrument", "filter", "s", "source", "where", "state", "key"),
        [
            (each.target, f"{each.at:%Y-%m-%d %H:%M}" if each.at else "", each.instrument,
             each.filter, f"{each.exposure_s:g}" if each.exposure_s else "", each.source.value,
             archive_list.where(each), each.state, each.key)
            for each in frames
        ],
    )  # fmt: skip
    return ExitCode.OK


def _wanted(frame: Frame, options: "Frames") -> bool:
    return (
        options.source in (None, frame.source.value)
        and options.target.casefold() in frame.target.casefold()
        and options.filter.casefold() in ("", frame.filter.casefold())
        and (frame.here or not options.here)
        and (frame.source is not Source.SCOPE or options.scope in (None, frame.instrument))
    )


def _document(frame: Frame) -> dict[str, Any]:
    told: dict[str, Any] = {name: getattr(frame, name) for name in Frame.__struct_fields__}
    return {**told, "source": frame.source.value, "where": archive_list.where(frame)}


async def index(options: "Index", settings: "Settings") -> int:
    """Read a folder into the archive; exit code 3 if some of its files were refused."""
    database, science = open_database(settings, say), Science()
    try:
        client = await open_account(settings, science.inspect)
        store = FrameStore(database)
        known = await store.load()
        reader = FolderIndex(science.inspect, client.downloads.check, sha256_of)

        def show(done: int, total: int) -> None:
            if done % TELL_EVERY == 0:
                say(f"{done} of {total} files")

        found = await reader.read(options.folder, known, show)
        remote = {frame.key: frame for frame in known if frame.source is Source.REMOTE}
        saved = to_save(found.frames, remote)
        if not options.dry_run:
            await store.save(saved, settings.make_clock().now())
        await client.close()
    finally:
        await science.close()
        await database.close()
    document: Indexed = {
        "dry_run": options.dry_run,
        "indexed": [_document(frame) for frame in saved],
        "unchanged": found.unchanged,
        "refused": msgspec.to_builtins(found.refused),
    }
    word = "would be noted" if options.dry_run else "noted"
    lines = [f"{len(saved)} frames {word}, {found.unchanged} known and unchanged"]
    lines += [f"left out: {each.path}: {each.why}" for each in found.refused]
    tell(document, lines, as_json=options.json)
    return ExitCode.SOME_FAILED if found.refused else ExitCode.OK


async def fetch(options: "Chosen", settings: "Settings") -> int:
    """Bring frames to this machine, and wait for the jobs that do it."""
    async with Night(settings, holder="crowdsky-tui archive", owner=not options.dry_run) as night:
        frames = await _chosen(night, options.keys)
        if options.dry_run:
            names = [frame.key for frame in frames if not frame.here]
            lines = [f"{len(names)} would be fetched"]
            tell({"would_fetch": names}, lines, as_json=options.json)
            return ExitCode.OK
        await night.start()
        before = {job.id for job in await night.journal.unfinished()}
        note = await night.do(FetchFrames(tuple(FrameKey.of(frame) for frame in frames)))
        mine = [job.id for job in await night.journal.unfinished() if job.id not in before]
        await _work_off(night, set(mine))
        ended = await night.journal.jobs(mine)
        after = await _chosen(night, options.keys)
    here = [frame for frame in after if frame.here]
    lines = [note, *(f"{job.label}: {job.reason}" for job in ended)]
    document = {"frames": [_document(each) for each in after], "note": note,
                "jobs": [{"job": job.label, "state": job.state, "said": job.reason}
                         for job in ended]}  # fmt: skip
    tell(document, lines, as_json=options.json)
    return ExitCode.OK if len(here) == len(after) else ExitCode.SOME_FAILED


async def _work_off(night: Night, ids: set[int]) -> None:
    """Wait until these jobs are over, or wait themselves: those go on at the next start."""
    deadline = night.clock.steady() + PATIENCE_S
    while left := [job for job in night.queue.unfinished() if job.id in ids]:
        shown = [night.store.jobs.get(job.id) for job in left]
        resting = all(view is None or view.state is JobState.WAITING for view in shown)
        if resting or night.clock.steady() > deadline:
            return
        await asyncio.sleep(LOOK_EVERY_S)


async def remove(options: "Chosen", settings: "Settings") -> int:
    """Delete local copies that are proved elsewhere; exit code 3 if some had to stay."""
    async with Night(settings, holder="crowdsky-tui archive") as night:
        frames = await _chosen(night, options.keys)
        keys = tuple(FrameKey.of(frame) for frame in frames)
        found = await night.do(RemoveCopies(keys, dry_run=True))
        may_go = [each for each in found if not each.why]
        if may_go and not options.dry_run:
            if not options.yes:
                size = sum(each.size for each in may_go) / 1e6
                names = ", ".join(each.name for each in may_go[:3])
                confirm(
                    f"Delete {len(may_go)} local copies ({size:.1f} MB): {names}?",
                    "nothing was deleted",
                )
            chosen = tuple(key for key, each in zip(keys, found, strict=True) if not each.why)
            done = {each.key: each for each in await night.do(RemoveCopies(chosen))}
            found = tuple(done.get(each.key, each) for each in found)
    word = "would go" if options.dry_run else "deleted"
    lines = [f"{each.name}: {each.why or word}" for each in found]
    tell({"dry_run": options.dry_run, "frames": msgspec.to_builtins(found)}, lines,
         as_json=options.json)  # fmt: skip
    return ExitCode.SOME_FAILED if any(each.why for each in found) else ExitCode.OK


async def _chosen(night: Night, keys: Iterable[str]) -> list[Frame]:
    """The frames of these keys. Raises UsageError for one that is not known."""
    known = {frame.key: frame for frame in (await archive_list.list_frames(night)).frames}
    wanted = list(dict.fromkeys(keys))
    for key in wanted:
        if key not in known:
            raise UsageError(
                f"there is no frame {clean(key, 80)!r}", "", "'archive list' shows every key."
            )
    return [known[key] for key in wanted]
