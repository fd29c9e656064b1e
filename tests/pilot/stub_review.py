"""A review without a night: six stacks, numbers and pictures that only the tests know."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from crowdsky_tui.base.errors import FileDamaged
from crowdsky_tui.blocks.keys import BlockKey, TargetKey
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.night.calls.review import (
    DrawStack,
    FetchStack,
    ListReview,
    ListSteps,
    MarkStack,
    MeasureStack,
    SendKept,
)
from crowdsky_tui.progress.requests import RequestOutcome
from crowdsky_tui.review.grades import Compared, Grade, Graded
from crowdsky_tui.review.stack_review import ReviewItem, Step
from crowdsky_tui.store.store import BlockState, BlockView, JobState

SCOPE, TARGET = "S50 a349", "M 81"
STARTED = datetime(2026, 11, 20, 20, 0, tzinfo=ZoneInfo("Europe/Vienna"))
GOOD = Graded(Grade.GOOD, ("like the other 5 beside it",), 5)
POOR = Graded(
    Grade.POOR,
    (
        "FWHM 4.1 px, twice this target's usual 2.0 px",
        "star light 5,192 ADU, 1/3.3 of this target's usual 17,050 ADU",
    ),
    5,
)
STATES = (
    BlockState.CONFIRMED,
    BlockState.SENT,
    BlockState.FETCHED,
    BlockState.FETCHED,
    BlockState.HELD,
    BlockState.STACKED,
)


def numbers(fwhm: float) -> tuple[Compared, ...]:
    return (
        Compared("FWHM", f"{fwhm} px", "2.0 px ±10%", fwhm > 3),
        Compared("elongation", "1.08", "1.06 ±8%", False),
        Compared("stars", "412", "430 ±20%", False),
    )


def item(number: int, state: BlockState) -> ReviewItem:
    """The stack of the block that starts `number` quarters after STARTED."""
    start = STARTED + timedelta(minutes=15 * number)
    key = BlockKey(TargetKey(SCOPE, TARGET), f"20261120.{76 + number:02d}", "20.0s", "LP")
    name = f"CrowdSky_41_M 81_20.0s_LP_{key.chunk}_HP006478.fit"
    end = start + timedelta(minutes=15)
    fetched = state is not BlockState.STACKED
    reason = "not sent yet"
    block = BlockView(key, TARGET, start, end, 44, 880.0, state, reason, stack_name=name)
    return ReviewItem(f"id{number}", block, fetched)


def is_review(call: Call[object]) -> bool:
    return type(call).__module__ == MarkStack.__module__


class StubReview:
    """What the app needs of `StackReview`; `asked` lists what it was told to do."""

    def __init__(self) -> None:
        self.stacks = {each.stack_id: each for each in map(item, range(6), STATES)}
        self.asked: list[tuple[object, ...]] = []
        self.damaged: set[str] = set()

    async def do(self, call: Call[object]) -> object:
        """What came of a call of the review's."""
        match call:
            case ListReview():
                return await self.items()
            case MeasureStack(stack_id):
                return await self.measure(stack_id)
            case DrawStack(stack_id, width, height, stretch, zoom):
                return await self.preview(stack_id, width, height, stretch=stretch, zoom=zoom)
            case MarkStack(stack_id, mark):
                return await self.mark(stack_id, mark)
            case SendKept():
                return await self.send_kept()
            case FetchStack(stack_id):
                return await self.fetch(stack_id)
            case ListSteps(block):
                return await self.steps(block)
        raise NotImplementedError(call)

    async def items(self) -> tuple[ReviewItem, ...]:
        return tuple(self.stacks.values())

    def _change(
        self, stack_id: str, state: BlockState | None = None, **changes: object
    ) -> ReviewItem:
        changed = msgspec.structs.replace(self.stacks[stack_id], **changes)
        if state is not None:
            block = msgspec.structs.replace(changed.block, state=state)
            changed = msgspec.structs.replace(changed, block=block)
        self.stacks[stack_id] = changed
        return changed

    async def measure(self, stack_id: str) -> ReviewItem:
        if stack_id in self.damaged:
            raise FileDamaged("its picture cannot be read", "[/x] [@click=app.quit]")
        poor = stack_id == "id4"
        return self._change(
            stack_id,
            graded=POOR if poor else GOOD,
            numbers=numbers(4.1 if poor else 2.0),
            hints=("clouds or haze: the stars are fainter than usual",) if poor else (),
            frames=41,
            facts="4.8″ · F4 14,667 ADU² · sky uneven by 0.4% · 0.002% saturated",
            sky="sky R 1,020 ±9 · G 1,101 ±7 · B 980 ±8 ADU",
        )

    async def preview(
        self, stack_id: str, width: int, height: int, *, stretch: int = 1, zoom: int = 1
    ) -> Preview:
        self.asked.append(("preview", stack_id, stretch, zoom))
        across, down = max(min(width, height * 9 // 16), 1), max(height, 1)
        pixels = bytearray(b"\x20\x28\x30" * (across * down))
        middle = 3 * (down // 2 * across + across // 2)
        pixels[middle : middle + 3] = b"\xff\xf0\xe0" if stretch == 1 else b"\xff\x00\x00"
        return Preview(across, down, bytes(pixels))

    async def mark(self, stack_id: str, mark: Mark) -> str:
        self.asked.append(("mark", stack_id, mark))
        states = {Mark.HELD: BlockState.HELD, Mark.REJECTED: BlockState.REJECTED}
        self._change(stack_id, mark=mark, state=states.get(mark, BlockState.FETCHED))
        return "done"

    async def send_kept(self) -> RequestOutcome:
        kept = [each.stack_id for each in self.stacks.values() if each.mark is Mark.KEPT]
        self.asked.append(("send", kept))
        return RequestOutcome((), f"{len(kept)} stacks to send")

    async def fetch(self, stack_id: str) -> str:
        self.asked.append(("fetch", stack_id))
        return "Fetching it"

    async def steps(self, block: BlockKey) -> tuple[Step, ...]:
        asked = STARTED + timedelta(hours=1)
        return (
            Step("stack", JobState.PROVED, asked, asked + timedelta(minutes=1), 1, "41 frames"),
            Step("upload", JobState.WAITING, asked, None, 3, "the server did not answer", "send"),
        )
