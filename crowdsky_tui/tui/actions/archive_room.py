"""What the key of the archive does, and what asks telescope.org for a picture."""

from textwrap import wrap
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.tui.desk import Desk

if TYPE_CHECKING:
    from datetime import datetime

    from crowdsky_tui.archive.frame import Frame
    from crowdsky_tui.tui.screens.archive_list import ArchiveWish
    from crowdsky_tui.tui.screens.remote_jobs import JobsWish
    from crowdsky_tui.tui.screens.remote_requests import RemoteWish

ASK_LINES = (
    "COAST: BVR (all three), B, V, R. PIRATE: Colour, Blue, Green, Red, or the same.",
    "Several filters with commas between them are several requests.",
)
WHY_WIDTH = 56
LEAST_MB = 100_000
"""From so many bytes on a size is told in MB."""


async def archive_room(desk: Desk) -> None:
    """Show every frame, again after each thing that was wanted, until it is left."""
    from crowdsky_tui.night.calls.archive import ListFrames
    from crowdsky_tui.tui.screens.archive_list import ArchiveList, ArchiveWish

    screen: ArchiveList | None = None
    while True:
        screen = ArchiveList(lambda: desk.night.do(ListFrames()), screen)
        wish = await desk.show(screen)
        if not isinstance(wish, ArchiveWish):
            return
        try:
            if wish.what == "remote" and not await remote_requests(desk):
                return
            await _grant(desk, wish)
        except CrowdSkyError as error:
            desk.say(str(error))


async def remote_requests(desk: Desk) -> bool:
    """Show the requests at telescope.org until they are left; True for the frames after them."""
    from crowdsky_tui.night.calls.remote import ListRemote
    from crowdsky_tui.tui.screens.remote_requests import RemoteList, RemoteWish

    screen: RemoteList | None = None
    while True:
        screen = RemoteList(lambda one: desk.night.do(ListRemote(one)), screen)
        wish = await desk.show(screen)
        if not isinstance(wish, RemoteWish):
            return False
        if wish.what == "frames":
            return True
        try:
            await _grant_remote(desk, wish)
        except CrowdSkyError as error:
            desk.say(str(error))


async def ask_remotely(desk: Desk, name: str = "") -> None:
    """Ask telescope.org for pictures of a target: checked, shown, then sent by jobs.

    `name` is the target's; without it the selected target's.
    """
    from crowdsky_tui.night.calls.remote import AskRemotely
    from crowdsky_tui.tui.screens.form import Field, Form

    if desk.night.settings.read_only:
        desk.say("Nothing is asked for: this run is read-only")
        return
    target = desk.target()
    fields = [
        Field("Target: a name, or J2000 such as 21 42 42.8 +43 35 09.9",
              name or (target.target if target else "")),
        Field("Telescope", "COAST"), Field("Filters", "B, V, R"), Field("Seconds", "90"),
        Field("Comment, for yourself", optional=True),
    ]  # fmt: skip
    typed = await desk.show(Form("Ask telescope.org for pictures", ASK_LINES, fields, "see it"))
    if typed is None:
        return
    name, telescope, filters, seconds, comment = typed
    try:
        exposure_s = float(seconds.replace(",", "."))
    except ValueError:
        desk.say(f"{seconds!r} is no number of seconds")
        return
    wanted = tuple(part.strip() for part in filters.split(",") if part.strip())
    dry = AskRemotely(name, telescope, wanted, exposure_s, comment, dry_run=True)
    lines = [f"{line}." for line in await desk.night.do(dry)]
    lines.append("Each is sent once, and its picture is fetched when it is there.")
    if await desk.ask("Ask for these?", lines, "ask"):
        await desk.night.do(AskRemotely(name, telescope, wanted, exposure_s, comment))
        desk.say(f"{len(wanted)} asked for: the job log tells how far they are")


async def _grant(desk: Desk, wish: "ArchiveWish") -> None:
    from crowdsky_tui.archive.frame import FrameKey
    from crowdsky_tui.night.calls.archive import FetchFrames

    keys = tuple(FrameKey.of(frame) for frame in wish.frames)
    if wish.what == "fetch":
        desk.say(await desk.night.do(FetchFrames(keys)))
    elif wish.what == "open":
        await _open(desk, wish.frames[0])
    elif wish.what == "remove":
        await _remove(desk, keys)
    elif wish.what == "ask":
        await ask_remotely(desk, wish.frames[0].target if wish.frames else "")
    elif wish.what == "everybody":
        await _find_everybody(desk, wish.frames[0].target if wish.frames else "")


async def _find_everybody(desk: Desk, target: str) -> None:
    """Search everybody's frames around a target, and show them among the others."""
    from crowdsky_tui.night.calls.everybody import FindFrames
    from crowdsky_tui.tui.screens.form import Field, Form

    if desk.night.settings.read_only:
        desk.say("Nothing is noted: this run is read-only")
        return
    fields = [Field("Target: a name, or J2000 such as 21 42 42.8 +43 35 09.9", target)]
    typed = await desk.show(Form("Everybody's frames around", (), fields, "search"))
    if typed is not None:
        desk.say(f"Searching the archive around {typed[0]}")
        desk.say(await desk.night.do(FindFrames(typed[0])))


async def _grant_remote(desk: Desk, wish: "RemoteWish") -> None:
    from crowdsky_tui.night.calls.remote import FetchRemote, ShowRequest
    from crowdsky_tui.tui.screens.listing import Details

    if wish.what == "fetch":
        desk.say(await desk.night.do(FetchRemote(tuple(row.id for row in wish.requests))))
    elif wish.what == "ask":
        await ask_remotely(desk, wish.requests[0].object_name if wish.requests else "")
    elif wish.what == "jobs":
        await _jobs(desk)
    elif wish.what == "open":
        row = wish.requests[0]
        told = await desk.night.do(ShowRequest(row.id))
        await desk.show(Details(f"R{row.id}", [(name, value, "") for name, value in told]))


async def _jobs(desk: Desk) -> None:
    """Show the jobs about telescope.org until they are left."""
    from crowdsky_tui.night.calls.remote_jobs import ListRemoteJobs
    from crowdsky_tui.tui.screens.remote_jobs import JobsWish, RemoteJobList

    while isinstance(
        wish := await desk.show(RemoteJobList(lambda: desk.night.do(ListRemoteJobs()))), JobsWish
    ):
        try:
            await _grant_jobs(desk, wish)
        except CrowdSkyError as error:
            desk.say(str(error))


async def _grant_jobs(desk: Desk, wish: "JobsWish") -> None:
    from crowdsky_tui.night.calls.remote_jobs import CancelRemoteJobs, ClearRemoteJobs
    from crowdsky_tui.tui.screens.listing import Details

    ids = tuple(line.id for line in wish.jobs)
    if wish.what == "cancel":
        lines = await desk.night.do(CancelRemoteJobs(ids))
        sent = any(line.may_be_sent for line in lines)
        may_be = "; one may have been sent: look at your requests" if sent else ""
        desk.say(f"{len(lines)} cancelled here{may_be}")
    elif wish.what == "clear":
        desk.say(f"{await desk.night.do(ClearRemoteJobs(ids))} failed jobs cleared")
    else:
        line = wish.jobs[0]
        why = wrap(line.reason, WHY_WIDTH)
        facts = [("about", line.label), ("state", line.state.value), ("why", "".join(why[:1])),
                 *(("", more) for more in why[1:]), ("asked", _moment(line.asked_at)),
                 ("next look", _moment(line.next_try_at)), ("file", line.path)]  # fmt: skip
        rows = [(name, value, "") for name, value in facts if value]
        await desk.show(Details(f"Job {line.id}", rows))


def _moment(when: "datetime | None") -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else ""


async def _open(desk: Desk, frame: "Frame") -> None:
    """A frame's headers and pictures; what is known of it where its file is not here."""
    from crowdsky_tui.archive.frame import FrameKey
    from crowdsky_tui.night.archive_list import where
    from crowdsky_tui.night.calls.archive import FetchFrames
    from crowdsky_tui.night.calls.frame_pictures import ListParts, ReadHeader, ShowFrame
    from crowdsky_tui.tui.screens.frame_detail import FrameDetail, Sources

    key = FrameKey.of(frame)
    facts = [("target", frame.target), ("source", frame.source.value), ("where", where(frame)),
             ("instrument", frame.instrument), ("filter", frame.filter), ("state", frame.state),
             ("key", frame.key)]  # fmt: skip
    parts = await desk.night.do(ListParts(key)) if frame.here else ()
    sources = Sources(
        lambda part: desk.night.do(ReadHeader(key, part.member)),
        lambda part, side: desk.night.do(
            ShowFrame(key, side, side, plane=part.plane, member=part.member)
        ),
    )
    shown = [(name, value) for name, value in facts if value]
    if await desk.show(FrameDetail(shown, parts, sources)):
        desk.say(await desk.night.do(FetchFrames((key,))))


async def _remove(desk: Desk, keys: "tuple[object, ...]") -> None:
    """Delete local copies: proved elsewhere first, then asked about, then proved again."""
    from crowdsky_tui.archive.frame import FrameKey
    from crowdsky_tui.night.calls.archive import RemoveCopies

    if desk.night.settings.read_only:
        desk.say("Nothing is deleted: this run is read-only")
        return
    wanted = tuple(key for key in keys if isinstance(key, FrameKey))
    desk.say("Looking whether they are elsewhere …")
    found = await desk.night.do(RemoveCopies(wanted, dry_run=True))
    may_go = [(key, each) for key, each in zip(wanted, found, strict=True) if not each.why]
    stay = [each for each in found if each.why]
    if not may_go:
        desk.say(f"Nothing is deleted: {stay[0].why}")
        return
    size = sum(each.size for _, each in may_go)
    copies = "1 local copy" if len(may_go) == 1 else f"{len(may_go)} local copies"
    much = f"{size / 1e6:.1f} MB" if size >= LEAST_MB else f"{size / 1e3:.1f} kB"
    lines = [f"{copies}, {much}; each is proved to be elsewhere."]
    lines += [f"{len(stay)} stay: {stay[0].why}."] if stay else []
    if await desk.ask("Delete these local copies?", lines, "delete"):
        done = await desk.night.do(RemoveCopies(tuple(key for key, _ in may_go)))
        gone = sum(each.gone for each in done)
        left = next((f": {each.why}" for each in done if each.why), "")
        desk.say(f"{gone} of {len(done)} deleted{left}")
