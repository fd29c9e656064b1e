"""The options of the app, which opens where no verb is given."""

from pathlib import Path
from typing import Annotated

from crowdsky_tui.base.number_option import number
from crowdsky_tui.cli.options import CommonOptions, flag, option

RECORDER = "the app's flight recorder"


class AppOptions(CommonOptions, frozen=True, kw_only=True):
    """`restarted`: the app begins again in the same process, and a recording goes on."""

    record: Annotated[
        Path | None,
        option(
            "FILE", "write a redacted recording of the night",
            group=RECORDER, exclusive="file", completes="file",
        ),
    ] = None  # fmt: skip
    replay: Annotated[
        Path | None,
        option(
            "FILE", "play one, without a scope",
            group=RECORDER, exclusive="file", completes="file",
        ),
    ] = None  # fmt: skip
    replay_speed: Annotated[
        float,
        option(
            "N", "N times as fast (1)", group=RECORDER, read=number(0.01, 100_000, "a speed")
        ),
    ] = 1.0  # fmt: skip
    check_update: Annotated[
        bool, flag("ask the Python package index for a newer version, once, and end")
    ] = False
    restarted: bool = False
