"""The review desk over the agent's socket: both ends of it."""

from typing import Any, Protocol

from crowdsky_tui.agent.wire import Answer, ReviewRequest, ReviewVerb
from crowdsky_tui.base.errors import CrowdSkyError
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.jobs.review import Mark
from crowdsky_tui.night.night import Asked
from crowdsky_tui.review.desk import BlockKey, ReviewDesk, ReviewItem, Step


class AskReview(Protocol):
    """Sends one call to the agent, with the fields of `ReviewRequest` that it needs."""

    async def __call__(self, verb: ReviewVerb, **about: Any) -> Answer: ...


class RemoteReview:
    """The calls of `reviewdesk.ReviewDesk`, with the same results; errors are CrowdSkyErrors."""

    def __init__(self, ask: AskReview) -> None:
        self._ask = ask

    async def items(self) -> tuple[ReviewItem, ...]:
        return (await self._ask("items")).stacks or ()

    async def measure(self, stack_id: str) -> ReviewItem:
        for item in (await self._ask("measure", stack_id=stack_id)).stacks or ():
            return item
        raise _strange("measurement")

    async def preview(
        self, stack_id: str, width: int, height: int, *, stretch: int = 1, zoom: int = 1
    ) -> Preview:
        answer = await self._ask(
            "preview", stack_id=stack_id, width=width, height=height, stretch=stretch, zoom=zoom
        )
        if answer.preview is None:
            raise _strange("picture")
        return answer.preview

    async def mark(self, stack_id: str, mark: Mark) -> str:
        return (await self._ask("mark", stack_id=stack_id, mark=mark)).text or ""

    async def send_kept(self) -> Asked:
        return (await self._ask("send_kept")).asked or Asked((), "")

    async def fetch(self, stack_id: str) -> str:
        return (await self._ask("fetch", stack_id=stack_id)).text or ""

    async def steps(self, block: BlockKey) -> tuple[Step, ...]:
        return (await self._ask("steps", block=block)).steps or ()


def _strange(what: str) -> CrowdSkyError:
    return CrowdSkyError(f"the agent gave no {what}", "", "Update the agent and the app together")


async def answer_review(desk: ReviewDesk, request: ReviewRequest) -> Answer:
    """Do one call at the agent's end."""
    number, stack_id = request.id, request.stack_id
    match request.verb:
        case "items":
            return Answer(number, stacks=await desk.items())
        case "measure":
            return Answer(number, stacks=(await desk.measure(stack_id),))
        case "preview":
            picture = await desk.preview(
                stack_id, request.width, request.height,
                stretch=request.stretch, zoom=request.zoom,
            )  # fmt: skip
            return Answer(number, preview=picture)
        case "mark":
            return Answer(number, text=await desk.mark(stack_id, request.mark))
        case "send_kept":
            return Answer(number, asked=await desk.send_kept())
        case "fetch":
            return Answer(number, text=await desk.fetch(stack_id))
        case "steps":
            block = request.block
            return Answer(number, steps=await desk.steps(block) if block else ())
