"""Folders into targets, files into blocks: pure functions, no I/O."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType

from crowdsky_tui.blocks import (
    Block,
    LightFrame,
    group_frames_into_blocks,
    is_ambiguous,
    main_folder,
    parse_coverage_from_filenames,
    parse_crowdsky_name,
    parse_dso_name,
    parse_light_filename,
    with_fold_from,
)
from crowdsky_tui.device.files import RemoteFile
from crowdsky_tui.device.records import Target, TargetBlocks

SAVE_TIME = timedelta(seconds=10)


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
    return sum(file.name.endswith(".fit") for file in files)


def light_frames(files: Iterable[RemoteFile]) -> list[LightFrame]:
    """The sub-frames among the files, by name."""
    return [frame for file in files if (frame := parse_light_filename(file.name))]


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
