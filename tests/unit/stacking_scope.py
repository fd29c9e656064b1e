"""A telescope that stacks one block as soon as it is told to, and lets a test interfere."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from telling_scope import NOW, TellingScope

from crowdsky_tui.base.errors import FileDamaged, NotFoundOnScope, ScopeBusy
from crowdsky_tui.blocks import Block, companions
from crowdsky_tui.blocks.subframe_times import SubframeTimes
from crowdsky_tui.instruments.seestar.files.files import RemoteFile
from crowdsky_tui.instruments.seestar.files.records import StackResult, Target
from crowdsky_tui.instruments.seestar.stacking.stack_block import StackingScope, stack_block

FRAMES = 12
NAMES = [f"Light_M 81_20.0s_LP_20260227-22{minute:02d}00.fit" for minute in range(FRAMES)]
BLOCK = Block(NOW, NOW + timedelta(minutes=15), "20.0s", "LP", NAMES, FRAMES)
TAKEN = SubframeTimes(
    NOW, NOW + timedelta(minutes=5, seconds=40), NOW + timedelta(minutes=11, seconds=20)
)
TARGET = Target("M 81", FRAMES, 0, "M 81", "M 81_sub")
HOME, SUBS = "M 81", "M 81_sub"
DSO = f"DSO_Stacked_{FRAMES}_M 81_20.0s_20260228_063000.fit"
NEW = f"CrowdSky_{FRAMES}_M 81_20.0s_LP_20260227.88_HP006478.fit"


class StackingStandIn(TellingScope):
    """`done` is all that was noted and told to it, in order; `folders` are sizes by name.

    `before[what]` is called as soon as `what` is about to happen: a command, a note, a rename.
    """

    def __init__(self) -> None:
        super().__init__()
        self.firmware_int: int | None = 3000
        self.batch_lock = asyncio.Lock()
        self.files = self.science = self.marks = self
        self.folders: dict[str, dict[str, int]] = {HOME: {}, SUBS: dict.fromkeys(NAMES, 100)}
        self.job: dict[str, Any] | None = None
        self.result: dict[str, Any] = {}
        self.made = DSO
        self.done: list[str] = []
        self.facts: list[tuple[str, dict[str, object]]] = []
        self.before: dict[str, Callable[[], Any]] = {}
        self.header: dict[str, Any] = {}
        self.unreadable: set[str] = set()
        self.held: list[str] = []
        self.refused_name = ""
        self.setting: Any = None
        self.tells_setting = True

    def _about_to(self, what: str) -> None:
        self.done.append(what)
        if hook := self.before.pop(what, None):
            hook()

    # the telescope's commands
    async def call(self, method: str, params: object = None, timeout: float = 10.0) -> Any:
        if method not in ("iscope_get_app_state", "get_batch_stack_setting"):
            self._about_to(method)
        answered = await super().call(method, params, timeout)
        if method == "iscope_get_app_state":
            return {} if self.job is None else {"BatchStack": self.job}
        if method == "get_batch_stack_setting":
            return self.setting if self.tells_setting else {}
        if method == "set_batch_stack_setting":
            self.setting = params
        elif method == "clear_batch_stack":
            self.job = None
        elif method == "start_batch_stack":
            self.end_job()
        return answered

    def end_job(self, **told: Any) -> None:
        """The job is over: its result lies in the main folder, with its pictures."""
        for name in (self.made, *companions(self.made)):
            self.folders[HOME][name] = 5760
        files = [{"name": self.made}]
        self.job = {
            "state": "complete", "percent": 100, "total_img": FRAMES,
            "output_file": {"path": f"MyWorks/{HOME}", "files": files}, **self.result, **told,
        }  # fmt: skip

    # its files
    def refuses(self, name: str) -> str:
        return "a sign is not allowed" if name == self.refused_name else ""

    async def list_folder(self, folder: str) -> list[RemoteFile]:
        if folder not in self.folders:
            raise NotFoundOnScope(f"there is no {folder}")
        return [RemoteFile(name, size) for name, size in self.folders[folder].items()]

    async def rename(self, before: str, after: str) -> None:
        self._about_to(f"rename {before.removeprefix('MyWorks/')}")
        (_, folder, name), (_, home, new) = before.split("/"), after.split("/")
        if name not in self.folders.get(folder, {}):
            raise NotFoundOnScope(f"there is no {name}")
        self.folders[home][new] = self.folders[folder].pop(name)

    async def read_range(self, path: str, *_: int) -> bytes:
        return path.rpartition("/")[2].encode()

    async def header_facts(self, head: bytes) -> SimpleNamespace:
        name = head.decode()
        if name in self.unreadable:
            raise FileDamaged("no header")
        begun = NOW
        if name.startswith("Light_"):
            begun = datetime.strptime(name[-19:-4], "%Y%m%d-%H%M%S").replace(tzinfo=NOW.tzinfo)
        plain: dict[str, Any] = {
            "date_obs": begun, "filter": "LP", "exposure_s": 20.0, "object_name": "M 81",
            "stack_count": None, "pixel": 6478,
        }  # fmt: skip
        return SimpleNamespace(**plain | ({} if name.startswith("Light_") else self.header))

    # its marks
    @asynccontextmanager
    async def stacking(self, label: str, _busy: Any) -> AsyncIterator[None]:
        self.held.append(f"begin {label}")
        yield
        self.held.append(f"end {label}")

    async def hold_stacking(self, label: str) -> None:
        self.held.append(label)

    # what a test asks for
    async def note(self, step: str, facts: dict[str, object]) -> None:
        self.facts.append((step, facts))
        self._about_to(f"note {step}")

    async def stack(self, block: Block = BLOCK, **more: Any) -> StackResult:
        async with asyncio.timeout(20):
            return await stack_block(
                cast(StackingScope, self), TARGET, block,
                note=self.note, **{"progress": lambda _part, _text: None} | more,
            )  # fmt: skip

    def begins_elsewhere(self) -> None:
        """Another app's job begins to run."""
        self.job = {"state": "working", "percent": 30}

    def is_taken(self) -> None:
        """Another copy takes the mark."""
        raise ScopeBusy("another copy stacks")

    def noted(self, step: str) -> dict[str, object]:
        """The facts that were noted last for a step."""
        return [facts for name, facts in self.facts if name == step][-1]
