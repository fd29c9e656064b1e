"""Pictures joined to an .mp4 by the program ffmpeg, where that is installed."""

import asyncio
import contextlib
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

from crowdsky_tui.base.errors import CannotWrite
from crowdsky_tui.base.text import clean
from crowdsky_tui.base.threads import to_its_end

PATIENCE_S = 900.0


async def join_by_ffmpeg(
    folder: Path, out: Path, size: tuple[int, int], per_second: float
) -> tuple[int, int]:
    """Join `folder`/00000.png, 00001.png, … to the file `out`; the film's width and height.

    Raises CannotWrite with ffmpeg's own reason. A cancellation ends ffmpeg.
    """
    wide, high = (side + side % 2 for side in size)  # yuv420p has colours for pairs of pixels
    fit = f"scale={wide}:{high}:force_original_aspect_ratio=decrease"
    command = (
        "ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-framerate", f"{per_second:g}",
        "-i", str(folder / "%05d.png"), "-vf", f"{fit},pad={wide}:{high}:(ow-iw)/2:(oh-ih)/2",
        "-c:v", "libx264", "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-f", "mp4", str(out),
    )  # fmt: skip
    try:
        await to_its_end(out.touch, 0o600)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, start_new_session=True
        )
    except OSError as error:
        raise CannotWrite("no film was made", clean(error.strerror or error)) from error
    try:
        async with asyncio.timeout(PATIENCE_S):
            _, told = await process.communicate()
    except TimeoutError:
        raise CannotWrite("no film was made", f"ffmpeg took over {PATIENCE_S:.0f} s") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        last = told.decode(errors="replace").strip().splitlines()[-1:]
        raise CannotWrite("no film was made", clean(last[0] if last else "ffmpeg failed", 200))
    return wide, high
