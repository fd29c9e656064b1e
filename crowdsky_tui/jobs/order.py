"""What a job is about: one stack on its way from sub-frames to the server's list."""

from collections.abc import Iterable
from datetime import datetime, tzinfo
from typing import cast

import msgspec

from crowdsky_tui.blocks import BlockKey, TargetKey
from crowdsky_tui.jobs.engine import model as engine


class StackDetails(msgspec.Struct, frozen=True, gc=False):
    """What the user tells the server of a stack; else it is found out from names and header.

    `thumbnail` is a path on this machine, the times are ISO 8601 (UTC unless they say otherwise).
    """

    thumbnail: str = ""
    n_frames_input: int | None = None
    n_frames_aligned: int | None = None
    date_obs_start: str = ""
    date_obs_end: str = ""


class Order(msgspec.Struct, frozen=True, gc=False):
    """One block or its stack. `name` is the stack's file name, empty before there is one.

    `start` and `end` are aware, on the scope's clock; `folder` and `sub_folder` are names below
    MyWorks. `local_path` is where it lies on this machine; a file of the user's own has no `scope`.
    `resend` is the user's word to send what may have been sent before, `overwrite` to send the
    block's sub-frames although the server has its stack, `insist` to stack although the scope
    observes, `restack` although there is a stack of fewer sub-frames. `key` is the chunk
    key by the file's header, where its name does not tell it (legacy names, `HP000000`);
    `object_name` the header's OBJECT, which is what the server calls the target. `told` is what the
    user wants the server to be told of it.
    """

    scope: str
    serial: str
    telescope: str
    target: str
    folder: str
    chunk: str
    exposure: str
    filter: str
    start: datetime
    end: datetime
    sub_folder: str = ""
    files: tuple[str, ...] = ()
    name: str = ""
    local_path: str = ""
    resend: bool = False
    insist: bool = False
    key: str = ""
    restack: bool = False
    overwrite: bool = False
    object_name: str = ""
    told: StackDetails | None = None

    @property
    def exposure_s(self) -> float:
        """The length of one exposure, in seconds."""
        return float(self.exposure.removesuffix("s"))

    @property
    def is_own_file(self) -> bool:
        """Whether it is a file of the user's own, and not a telescope's stack, fetched or not."""
        return bool(self.local_path) and not self.scope

    @property
    def block_key(self) -> BlockKey:
        """What names its block beside other blocks of this run; `block_id` outlives the run."""
        target = TargetKey(self.scope, self.target)
        return BlockKey(target, self.chunk, self.exposure, self.filter)

    @property
    def block_id(self) -> str:
        """A block's identity: scope, folder, UTC chunk, exposure and filter."""
        owner = self.serial or self.telescope or self.local_path
        return "/".join((owner, self.folder, self.chunk, self.exposure, self.filter))

    @property
    def stack_id(self) -> str:
        """A finished stack's identity: its block's, and its file name."""
        return f"{self.block_id}/{self.name}"

    @property
    def label(self) -> str:
        """`M 81 22:15`, on the scope's clock."""
        return f"{self.target} {self.start:%H:%M}"

    @property
    def words(self) -> str:
        """`M 81 27 Feb 22:15 10.0s LP`: what tells it from every other of its telescope."""
        return f"{self.target} {self.start:%d %b %H:%M} {self.exposure} {self.filter}"

    @property
    def zone(self) -> tzinfo | None:
        """The zone of the telescope's clock."""
        return self.start.tzinfo

    def with_words_of(self, later: "Order") -> "Order":
        """This order with what the user has said of it in `later` besides."""
        return msgspec.structs.replace(
            self,
            resend=self.resend or later.resend,
            overwrite=self.overwrite or later.overwrite,
            insist=self.insist or later.insist,
            restack=self.restack or later.restack,
        )

    def renewed(self) -> "Order":
        """The order without the word to send what may have been sent."""
        return msgspec.structs.replace(self, resend=False, overwrite=False)

    def when_over(self) -> "Order":
        """The sub-frames' names are of no use any more once its job is over."""
        return msgspec.structs.replace(self, files=())


def block_of_order(order: Order) -> str:
    """What makes a job unique that is about a block."""
    return order.block_id


def stack_of_order(order: Order) -> str:
    """What makes a job unique that is about a finished stack."""
    return order.stack_id


Job = engine.Job[Order]
"""A job about a block or its stack."""


def of_stacks(jobs: Iterable[engine.AnyJob]) -> list[Job]:
    """Those of these jobs that are about a block or its stack."""
    return [cast("Job", job) for job in jobs if isinstance(job.payload, Order)]
