"""What the actions about the server do: its list, an account, raw sub-frames, the archive.

Screens are imported when they are shown: the registry is read without Textual.
"""

from collections.abc import Awaitable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from crowdsky_tui.config.load import download_folder
from crowdsky_tui.store.store import StackRow
from crowdsky_tui.tui.actions.place import place_settled
from crowdsky_tui.tui.actions.work import account_reason, target_reason
from crowdsky_tui.tui.desk import Desk, Pane

if TYPE_CHECKING:
    from crowdsky_tui.night.calls.subframes import RawLine

PICTURE_PIXELS = (160, 320)


def open_selected(desk: Desk) -> Awaitable[None] | None:
    """From a target to its blocks, from anything else to all there is to know about it."""
    if desk.pane is Pane.TARGETS:
        desk.go(Pane.BLOCKS)
    elif desk.pane is Pane.SERVER:
        return open_stack(desk)
    else:
        desk.show_details()
    return None


def stack_row_reason(desk: Desk) -> str | None:
    """Why no row of the server's list is chosen; None where one is."""
    if desk.pane is not Pane.SERVER:
        return "Go to the server's list first (4)"
    rows = desk.chosen_stacks()
    if not rows:
        return "No stack is selected"
    if all(row.queued_since is not None for row in rows):
        return "The server has not made this stack yet"
    return None


async def open_stack(desk: Desk) -> None:
    """All about the selected stack."""
    if (row := desk.stack_row()) is not None:
        await show_stack(desk, row)


async def show_stack(desk: Desk, row: StackRow) -> None:
    """All fields of a stack and its thumbnail; from there it can be downloaded."""
    from crowdsky_tui.night.calls.gallery import ShowThumbnail
    from crowdsky_tui.tui.format.server_rows import facts_of
    from crowdsky_tui.tui.screens.stack_detail import StackDetail

    facts = facts_of(row, desk.night.clock.now())
    picture = None if row.id is None else ShowThumbnail(row.id, *PICTURE_PIXELS)
    load = None if picture is None else partial(desk.night.do, picture)
    if await desk.show(StackDetail(facts, load)):
        await _download(desk, row)


async def download(desk: Desk) -> None:
    """Download the chosen stacks, one after the other."""
    rows = [row for row in desk.chosen_stacks() if row.queued_since is None]
    if len(rows) == 1:
        await _download(desk, rows[0])
    elif rows:
        await _download_all(desk, rows)


async def _download_all(desk: Desk, rows: Sequence[StackRow]) -> None:
    from crowdsky_tui.night.calls.downloads import DownloadStack

    folder = await _folder(desk, f"Download {len(rows)} stacks")
    if folder is None:
        return
    for number, row in enumerate(rows, start=1):
        picked = await _among_twins(desk, row)
        if picked is not None:
            desk.say(f"Downloading {picked.chunk_key}, {number} of {len(rows)}")
            await desk.night.do(DownloadStack(picked, folder))
    desk.say(f"Downloaded into {folder}")


async def _download(desk: Desk, row: StackRow) -> None:
    from crowdsky_tui.night.calls.downloads import DownloadStack

    picked = await _among_twins(desk, row)
    if picked is None:
        return
    folder = await _folder(desk, f"Download {picked.chunk_key}")
    if folder is None:
        return
    desk.say(f"Downloading {picked.chunk_key}")
    done = await desk.night.do(DownloadStack(picked, folder))
    desk.say(f"Downloaded: {done.path}" + (f". {done.remark}" if done.remark else ""))


async def _among_twins(desk: Desk, row: StackRow) -> StackRow | None:
    """The row itself, or the one that the user picks where several share its key."""
    from crowdsky_tui.night.download import twin_text, twins_of

    twins = twins_of(row, desk.night.store.server.stacks)
    if len(twins) < 2:
        return row
    from crowdsky_tui.tui.screens.choice import Choice

    lines = [f"{len(twins)} of your stacks share the key {row.chunk_key}."]
    if not desk.night.settings.server.api_key:
        lines += [
            "Without an API key the server chooses which one it sends. What comes is kept only",
            "if it is the one you pick.",
        ]
    usual = next((index for index, other in enumerate(twins) if other.id == row.id), 0)
    picked = await desk.show(
        Choice("Which one?", lines, [twin_text(each) for each in twins], usual)
    )
    return None if picked is None else twins[picked]


async def _folder(desk: Desk, title: str) -> str | None:
    from crowdsky_tui.tui.screens.form import Field, Form

    usual = str(download_folder(desk.night.settings))
    lines = ("Nothing that is there already is overwritten.",)
    typed = await desk.show(Form(title, lines, [Field("into the folder", usual)], "download"))
    return None if typed is None else str(typed[0])


async def sign_in(desk: Desk) -> None:
    """Ask for name and password, try them, keep them."""
    from crowdsky_tui.night.calls.account import SignIn
    from crowdsky_tui.tui.screens.form import Field, Form

    server = desk.night.settings.server
    lines = (
        f"Your account at {server.url}. The login is tried at once, then kept in",
        "config.local.toml, which only you can read.",
    )
    fields = (Field("user name or e-mail", server.username), Field("password", secret=True))
    typed = await desk.show(Form("Sign in to CrowdSky", lines, fields, "sign in"))
    if typed is not None:
        desk.say("Trying the login")
        desk.say(await desk.night.do(SignIn(*typed)))


def raw_reason(desk: Desk) -> str | None:
    """Why sub-frames cannot be sent; None where they can."""
    return target_reason(desk) or account_reason(desk)


async def raw_upload(desk: Desk) -> None:
    """Choose blocks of the selected target and send their sub-frames."""
    from crowdsky_tui.night.calls.subframes import PlanRaw, SendRaw
    from crowdsky_tui.tui.screens.raw_upload import RawUpload

    target = desk.target()
    if target is None:
        return
    key = target.key
    desk.say(f"Looking at the sub-frames of {target.target}")
    lines = await desk.night.do(PlanRaw(key))
    block = desk.block() if desk.pane is Pane.BLOCKS else None
    marked = [line.block_id for line in lines if block is not None and _is_of(line, block.key[1:])]
    chosen = await desk.show(RawUpload(f"{target.target} on {target.key.scope}", lines, marked))
    if chosen is None:
        return
    plan = await desk.night.do(PlanRaw(key, chosen.blocks, chosen.overwrite))
    title, words = raw_question(plan)
    if not any(not line.left for line in plan):
        await desk.ask("Nothing can be sent", words, "close")
    elif await desk.ask(title, words, "send") and await place_settled(desk):
        asked = await desk.night.do(SendRaw(key, chosen.blocks, chosen.overwrite))
        desk.say(asked.note)


def _is_of(line: "RawLine", ending: tuple[str, ...]) -> bool:
    """Whether a line is of the block with this chunk, exposure and filter."""
    return line.block_id.endswith("/".join(("", *ending)))


def raw_question(plan: "Sequence[RawLine]") -> tuple[str, list[str]]:
    """The title and the lines of the last question: what is sent, left and deleted."""
    sent = [line for line in plan if not line.left]
    doomed = [row for line in sent for row in line.doomed]
    frames = sum(line.frames for line in sent)
    words = [f"{line.label}: {line.frames} sub-frames" for line in sent[:8]]
    if len(sent) > 8:
        words.append(f"and {len(sent) - 8} blocks more")
    words += [f"{line.label} is left: {line.left}" for line in plan if line.left]
    if doomed:
        words += ["", "Deleted on the server at once, before the new stacks exist:", *doomed]
        return f"Delete {len(doomed)} of the server's stacks and send {frames} sub-frames?", words
    blocks = "1 block" if len(sent) == 1 else f"{len(sent)} blocks"
    return f"Send {frames} sub-frames of {blocks}?", words


def archive_reason(desk: Desk) -> str | None:
    """Why the archive cannot be asked; None where it can."""
    if (reason := target_reason(desk)) is not None:
        return reason
    server = desk.night.settings.server
    if server.api_key:
        return None
    return (
        f"The archive needs an API key, made at {server.url.rstrip('/')}/account.php. Set"
        " server.api_key in the settings, or CROWDSKY_API_KEY"
    )


async def archive(desk: Desk) -> None:
    """Everybody's frames around the selected target; some may be downloaded."""
    from crowdsky_tui.night.calls.downloads import DownloadFrame, SearchArchive
    from crowdsky_tui.tui.screens.archive import ArchiveFrames

    target = desk.target()
    if target is None:
        return
    desk.say(f"Searching the archive around {target.target}")
    answer = await desk.night.do(SearchArchive(target.key))
    frames = await desk.show(ArchiveFrames(target.target, answer))
    if not frames:
        return
    many = len(frames) > 1
    folder = await _folder(
        desk, f"Download {len(frames)} frames" if many else f"Download frame {frames[0].id}"
    )
    if folder is None:
        return
    for number, frame in enumerate(frames, 1):
        done = await desk.night.do(DownloadFrame(frame.id, folder))
        desk.say(f"Downloaded{f' {number} of {len(frames)}' if many else ''}: {done.path}")
