"""Settings of where frames are measured."""

from typing import Annotated

from crowdsky_tui.config.section import Section, says


class ComputeSettings(Section, frozen=True):
    """Where the frames of projects are measured. Empty: on all cores of this machine."""

    dask: Annotated[
        str,
        says(
            "Address of a Dask scheduler, such as tcp://127.0.0.1:8786 (extra cluster). Its workers"
            " have this program installed and see the frames under the same paths. Nothing but"
            " tls:// is encrypted."
        ),
    ] = ""
