"""Taking frames with an instrument of devices, for the verb `instruments expose`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crowdsky_tui.base.errors import ExitCode, OperationFailed, UsageError
from crowdsky_tui.cli.output import say, tell
from crowdsky_tui.cli.rig_actions import read_number

if TYPE_CHECKING:
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.instruments.rig.instrument import RigInstrument

LOOK_S = 0.2
"""Real seconds between two looks at how many frames there are."""
MOST_FRAMES = 10_000


async def expose(
    rig: "RigInstrument", words: Sequence[str], science: "Science", *, as_json: bool
) -> int:
    """Take frames: seconds, how many (1), and what it points at, for their names and headers."""
    import asyncio

    from crowdsky_tui.instruments import instructions as told

    seconds, count, target = _read(words)
    if rig.series is None:
        raise UsageError(f"{rig.name} has no camera")
    if target:
        rig.recognise(await science.find_target(target, rig.clock.now()))
    await rig.operate(told.SetExposure(seconds), take_over=True)
    await rig.look()
    await rig.operate(told.Start(), take_over=True)
    seen = 0
    try:
        while rig.series.kept < count and rig.taking:
            if rig.series.kept != seen:
                seen = rig.series.kept
                say(f"{rig.name}: {seen} of {count} frames")
            await asyncio.sleep(LOOK_S)
    finally:
        await rig.operate(told.Stop(told.Ends.FRAMES), take_over=True)
    kept, trouble = rig.series.kept, rig.series.trouble
    if kept < count:
        raise OperationFailed(f"{kept} of {count} frames were taken", trouble, "Look at the camera")
    document = {"name": rig.name, "frames": kept, "folder": str(rig.files.root)}
    tell(document, [f"{rig.name}: {kept} frames in {rig.files.root}"], as_json=as_json)
    return ExitCode.OK


def _read(words: Sequence[str]) -> tuple[float, int, str]:
    if not words:
        raise UsageError(
            "'instruments expose' takes seconds, how many frames, and a target",
            "",
            "instruments expose balcony 30 10 M 81",
        )
    seconds = read_number(words[0], "an exposure is a number of seconds")
    count = words[1] if len(words) > 1 else "1"
    fits = count.isascii() and count.isdecimal() and len(count) < 6
    if not fits or not 0 < int(count) <= MOST_FRAMES:
        raise UsageError(f"there are no {count!r} frames", f"it is 1 to {MOST_FRAMES}")
    return seconds, int(count), " ".join(words[2:])
