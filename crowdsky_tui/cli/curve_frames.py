"""`curves measure`: the stars of a field in stacks."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode
from crowdsky_tui.base.number_option import number
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.options import CommonOptions, option, positional
from crowdsky_tui.cli.output import print_json, print_table, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crowdsky_tui.blocks.subframe_times import SubframeTimes
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.photometry.frame_messages import FrameMeasure, FrameRequest

MOST_SHOWN = 20


class Measure(CommonOptions, frozen=True, kw_only=True):
    """What `curves measure` takes."""

    action: str
    files: Annotated[
        tuple[Path, ...], positional("FILE", "stacks or sub-frames", "+", completes="file")
    ]
    field: Annotated[
        Path,
        option(
            "FILE", "the field's stars: a server's frame, FITS, VOTable, ECSV, CSV, VSP's JSON",
            completes="file",
        ),
    ]  # fmt: skip
    target: Annotated[
        tuple[str, ...], option("NAME", "a star that never calibrates", repeated=True)
    ] = ()
    fraction: Annotated[
        float,
        option("PART", "of a star's light in its circle (0.95)", read=number(0.3, 0.99, "a part")),
    ] = 0.95
    floor: Annotated[
        float,
        option("MAG", "what no error is below (0.02)", read=number(0, 1, "a number of magnitudes")),
    ] = 0.02
    colour_term: Annotated[
        float | None,
        option("K", "of the telescope, from many frames", read=number(-2, 2, "a colour term")),
    ] = None


async def taken_by_journal(settings: "Settings") -> "dict[str, SubframeTimes]":
    """When the sub-frames of each stack were, by the SHA-256 of the stack, as the journal knows."""
    from crowdsky_tui.jobs.journal import Journal
    from crowdsky_tui.jobs.ledger import taken_by_sha256

    journal = Journal(settings.state_dir)
    await journal.open("crowdsky-tui curves", read_only=True)
    try:
        return taken_by_sha256(await journal.ledger())
    finally:
        await journal.close()


def requests_of(
    options: Measure, settings: "Settings", taken: "Mapping[str, SubframeTimes]"
) -> list["FrameRequest"]:
    """One for each file; it is read for its SHA-256 where sub-frames of any are known. Blocks."""
    from crowdsky_tui.photometry.frame_messages import FrameRequest, PhotometrySettings
    from crowdsky_tui.site.place import set_place

    place = set_place(settings)
    wanted = PhotometrySettings(
        fraction=options.fraction, floor_mag=options.floor, colour_term=options.colour_term
    )
    known = [taken.get(_sha256(path.expanduser())) if taken else None for path in options.files]
    return [
        FrameRequest(
            path=os.fsencode(path.expanduser()),
            field=os.fsencode(options.field.expanduser()),
            targets=options.target,
            settings=wanted,
            begin=None if times is None else times.begin,
            end=None if times is None else times.end,
            middle=None if times is None else times.middle,
            latitude_deg=None if place is None else place.latitude_deg,
            longitude_deg=None if place is None else place.longitude_deg,
            elevation_m=0.0 if place is None else place.elevation_m,
        )
        for path, times in zip(options.files, known, strict=True)
    ]


def _sha256(path: Path) -> str:
    """Of a file; empty of one that cannot be read, which the measurement tells."""
    import hashlib

    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


async def measure(options: Measure, settings: "Settings", science: "Science") -> int:
    """Measure each file; one that is refused does not stop the others. Each reason is told once."""
    frames: list[tuple[str, FrameMeasure]] = []
    refused: list[tuple[str, CrowdSkyError]] = []
    import asyncio

    taken = await taken_by_journal(settings)
    requests = await asyncio.to_thread(requests_of, options, settings, taken)
    for path, request in zip(options.files, requests, strict=True):
        name = clean(path.name, 100)
        try:
            frames.append((name, await science.frame(request)))
        except CrowdSkyError as error:
            refused.append((name, error))
    if options.json:
        print_json(
            {
                "frames": [{"file": name, "measure": frame} for name, frame in frames],
                "refused": [{"file": name, "reason": str(error)} for name, error in refused],
            }
        )
    else:
        for name, frame in frames:
            _print_frame(name, frame, options.target)
    told = list({str(error): error for _, error in refused}.values())
    for reason in told if frames else told[1:]:
        say(reason)
    if not frames:
        raise told[0]
    return ExitCode.OK


def _print_frame(name: str, frame: "FrameMeasure", targets: tuple[str, ...]) -> None:
    rms = f"{frame.zero_point_rms:.3f} mag"
    print(
        f"{name}: {frame.verdict}, zero point {frame.zero_point:.3f} ± "
        f"{frame.zero_point_error:.3f} from {frame.calibrators} stars, scatter {rms}"
    )
    shown = [each for each in frame.points if each.name in targets] or frame.points[:MOST_SHOWN]
    rows = [
        (
            each.name,
            "" if each.mag is None else f"{each.mag:.3f}",
            "" if each.mag_error is None else f"{each.mag_error:.3f}",
            "" if each.catalogue_mag is None else f"{each.catalogue_mag:.3f}",
            _words(each.flags),
        )
        for each in shown
    ]
    print_table(("star", "mag", "±", "V", ""), rows)


def _words(bits: int) -> str:
    from crowdsky_tui.timeseries.quality import words

    return ", ".join(words(bits))
