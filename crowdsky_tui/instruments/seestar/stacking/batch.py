"""The telescope's batch stacking commands and its `BatchStack` object.

Source: docs/design/seestar-protocol.md 3.10.
"""

from pathlib import PurePosixPath
from typing import Protocol

import msgspec

from crowdsky_tui.base.errors import CommandRefused
from crowdsky_tui.blocks import Block
from crowdsky_tui.instruments.seestar.control.state import (
    items_of,
    number_of,
    section,
    text_of,
    whole_of,
)
from crowdsky_tui.instruments.seestar.files.files import MY_WORKS, is_safe_name
from crowdsky_tui.instruments.seestar.files.records import Target

FULL_PATHS_FROM = 2775  # firmware 7.75
METHOD_NOT_FOUND = 103
NO_IMAGE = 267
ALREADY_RUNNING = 259


class Caller(Protocol):
    """Something that sends commands to the telescope (see `RpcConnection.call`)."""

    async def call(self, method: str, params: object = ..., timeout: float = ...) -> object:
        """Call a method of the telescope; its result. `timeout` is in seconds."""


class BatchJob(msgspec.Struct, frozen=True):
    """The one batch stacking job. `percent` 0 to 100; `output` is the `.fit`'s folder and name.

    `state` is working, complete, fail or cancel; an ended job stays until it is cleared. `total` is
    how many sub-frames it was given, None if it does not tell.
    """

    state: str
    percent: float = 0.0
    remaining_s: int | None = None
    output: tuple[str, str] | None = None
    error: str = ""
    code: int = 0
    total: int | None = None

    @property
    def working(self) -> bool:
        """Whether it stacks now."""
        return self.state == "working"


class BatchSetting(msgspec.Struct, frozen=True):
    """What the telescope is set to stack: a folder's path and bare file names."""

    path: str
    names: frozenset[str]

    def is_for(self, target: Target, block: Block) -> bool:
        """Whether it names this target's folder and exactly the files of this block."""
        same_folder = self.path == f"{MY_WORKS}/{target.sub_folder}"
        return same_folder and self.names == frozenset(block.files)


def job_from(fields: object) -> BatchJob | None:
    """Read a `BatchStack` object or event; None if there is no job."""
    job = section(fields)
    if not text_of(job, "state"):
        return None
    return BatchJob(
        state=text_of(job, "state"),
        percent=number_of(job, "percent") or 0.0,
        remaining_s=whole_of(job, "remaining_sec"),
        output=_output(job),
        error=text_of(job, "error"),
        code=whole_of(job, "code") or 0,
        total=whole_of(job, "total_img"),
    )


def _output(job: dict[str, object]) -> tuple[str, str] | None:
    """Folder name and file name of the first `.fit` in `output_file`."""
    output = section(job, "output_file")
    root, _, folder = str(output.get("path", "")).partition("/")
    for row in items_of(output, "files"):
        name = PurePosixPath(str(section(row).get("name", ""))).name
        if name.endswith(".fit") and root == MY_WORKS and is_safe_name(folder):
            return (folder, name) if is_safe_name(name) else None
    return None


async def read_job(scope: Caller) -> BatchJob | None:
    """The present job, from `iscope_get_app_state`."""
    return job_from(section(await scope.call("iscope_get_app_state"), "BatchStack"))


async def read_setting(scope: Caller) -> BatchSetting | None:
    """What was set last; None where the firmware does not tell, or tells nothing."""
    try:
        setting = section(await scope.call("get_batch_stack_setting"))
    except CommandRefused:
        return None
    names = [section(row).get("name") for row in items_of(setting, "files")]
    bare = frozenset(PurePosixPath(name).name for name in names if isinstance(name, str))
    return BatchSetting(str(setting.get("path", "")), bare) if bare else None


async def clear(scope: Caller) -> None:
    """Forget the last job; firmware before 7.75 knows another command for it."""
    try:
        await scope.call("clear_batch_stack")
    except CommandRefused as error:
        if error.code != METHOD_NOT_FOUND:
            raise
        await scope.call("clear_app_state", {"name": "BatchStack"})


async def configure(scope: Caller, target: Target, block: Block, *, full_paths: bool) -> None:
    """Name the sub-frames to stack, by full path or by bare name as the firmware wants it."""
    path = f"{MY_WORKS}/{target.sub_folder}"
    names = [f"{path}/{name}" if full_paths else name for name in block.files]
    params = {"path": path, "files": [{"name": name} for name in names]}
    await scope.call("set_batch_stack_setting", params)


async def start(scope: Caller) -> None:
    """Begin to stack what is set (docs/design/seestar-protocol.md)."""
    await scope.call("start_batch_stack")


async def stop(scope: Caller) -> None:
    """End the stacking; what is under way is lost."""
    await scope.call("stop_batch_stack")
