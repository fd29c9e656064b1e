"""Folders into targets, files into blocks: pure functions, no I/O."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType

from crowdsky_tui.base.text import clean
from crowdsky_tui.blocks import (
    Block,
    LightFrame,
    companions,
    format_crowdsky_name,
    group_frames_into_blocks,
    is_ambiguous,
    main_folder,
    parse_coverage_from_filenames,
    parse_crowdsky_name,
    parse_dso_name,
    parse_light_filename,
    with_fold_from,
)
from crowdsky_tui.instruments.seestar.files.files import RemoteFile, why_unsafe
from crowdsky_tui.instruments.seestar.files.records import LeftOut, Target, TargetBlocks

SAVE_TIME = timedelta(seconds=10)
SHORTEST_FITS = 2880
"""Bytes of one FITS block: a power cut leaves sub-frames of none at all."""
MOST_FRAMES = 999_999
_LONGEST_EXPOSURE = "99999.999s"
_FITS = re.compile(r"\.(?:fits?|fts|fz)(?:\.(?:fz|gz|bz2|xz|zst|z|zip))?\Z", re.IGNORECASE)


def pair_folders(
    folders: Iterable[str], only_in: Mapping[str, str] = MappingProxyType({})
) -> list[Target]:
    """Each folder with sub-frames and its main folder (which may be missing), counts still 0.

    Where `X_sub` and the older `X-sub` both exist, the second keeps its folder's name as target.
    """
    targets: dict[str, Target] = {}
    for name in sorted(folders, key=lambda name: (name.endswith("-sub"), name)):
        main = main_folder(name)
        if main is not None:
            target = name if main in targets else main
            targets[target] = Target(target, 0, 0, main, name, only_in.get(name, ""))
    return sorted(targets.values(), key=lambda target: target.target)


def count_fits(files: Iterable[RemoteFile]) -> int:
    """How many of `files` are FITS files."""
    return sum(file.name.endswith(".fit") for file in files)


def light_frames(files: Iterable[RemoteFile]) -> list[LightFrame]:
    """The sub-frames among the files, by name, without those that were cut off."""
    return [
        frame for file in files if not _is_cut(file) and (frame := parse_light_filename(file.name))
    ]


def _is_cut(file: RemoteFile) -> bool:
    return file.exact and file.size < SHORTEST_FITS


def files_left_out(
    target: Target, raw: Iterable[RemoteFile], unusable: Iterable[str], stacks: Iterable[RemoteFile]
) -> tuple[LeftOut, ...]:
    """What looks like sub-frames in a target's folders, but is in no block.

    `unusable` are names, as they are, that may not be part of a path.
    """
    cut, odd, elsewhere = [], list(filter(_may_be_light, unusable)), []
    for file in raw:
        if parse_light_filename(file.name) is None:
            if _may_be_light(file.name):
                odd.append(file.name)
        elif _is_cut(file):
            cut.append(file.name)
    for file in stacks:
        if parse_light_filename(file.name) is not None:
            elsewhere.append(file.name)
    sub, main = target.sub_folder, target.folder
    found = (
        (sub, odd, "have names that are not understood", True),
        (main, elsewhere, "are sub-frames, but lie among the stacks", True),
        (sub, cut, "were cut off: they hold no picture", False),
    )
    return tuple(
        LeftOut(folder, f"{len(names)} files {what}, such as {clean(names[0])}", len(names), waits)
        for folder, names, what, waits in found
        if names
    )


def _may_be_light(name: str) -> bool:
    """Whether this is a FITS file, packed or not, that the telescope did not mark as failed.

    Source: docs/design/seestar-protocol.md 5.1.
    """
    found = _FITS.search(name)
    return found is not None and "_failed" not in name and not name.startswith("._")


def why_barred(target: Target, refuses: Callable[[str], str]) -> str:
    """Why nothing may be begun for a target: what is begun could not be named; empty if it may.

    `refuses` says why the telescope's share cannot reach a name.
    """
    longest = format_crowdsky_name(
        MOST_FRAMES, target.folder, _LONGEST_EXPOSURE, "IRCUT", "20260101.00_HP000001"
    )
    for name in (target.sub_folder, target.folder, companions(longest)[1]):
        if reason := refuses(name) or why_unsafe(name):
            return f"nothing is begun here, since a stack could not be named: {reason}"
    return ""


def doubtful_frames(frames: Iterable[LightFrame], zone: tzinfo) -> list[LightFrame]:
    """Those whose local time happens twice, in the hour that summer time's end repeats."""
    return [frame for frame in frames if is_ambiguous(frame.datetime, zone)]


def survey(
    target: Target,
    frames: Iterable[LightFrame],
    stacks: Iterable[RemoteFile],
    date_obs: Mapping[str, datetime],
    zone: tzinfo,
    block_minutes: int,
) -> TargetBlocks:
    """Put together what is known of a target; `date_obs` is for the doubtful frames, by name."""
    frames = [
        with_fold_from(frame, date_obs[frame.filename], zone)
        if frame.filename in date_obs
        else frame
        for frame in frames
    ]
    sizes = {file.name: file.size for file in stacks}
    done = [name for each in sizes if (name := parse_crowdsky_name(each))]
    last = max((frame.datetime for frame in frames), default=None)
    return TargetBlocks(
        target=target,
        zone=zone,
        blocks=list(group_frames_into_blocks(frames, block_minutes, zone).values()),
        covered=parse_coverage_from_filenames(sizes, zone),
        stacked=done,
        sizes={name.filename: sizes[name.filename] for name in done},
        orphans=[dso for each in sizes if (dso := parse_dso_name(each))],
        last_frame=last and last.replace(tzinfo=zone),
    )


def unstacked_blocks(known: TargetBlocks, now: datetime) -> list[Block]:
    """Blocks that are over at `now` and that no `CrowdSky_*` file covers, sorted by time."""
    return [
        block for block in known.blocks if is_finished(block, now) and not known.is_covered(block)
    ]


def is_finished(block: Block, now: datetime) -> bool:
    """Whether no frame can join the block any more: the last one's exposure is over, and saved."""
    exposure = timedelta(seconds=float(block.exposure[:-1]))
    return block.block_end + exposure + SAVE_TIME <= now
