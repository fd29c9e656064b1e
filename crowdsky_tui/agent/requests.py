"""Does what an app asks of a night, and answers it."""

import msgspec

from crowdsky_tui.agent.review_calls import answer_review
from crowdsky_tui.agent.wire import (
    Answer,
    AutomaticRequest,
    CancelRequest,
    ErrandRequest,
    PlanRequest,
    RefreshRequest,
    Request,
    ReviewRequest,
    ScopeRequest,
    StackRequest,
    UploadRequest,
)
from crowdsky_tui.night.night import Night


async def answer_request(night: Night, request: Request) -> Answer:
    """Do one request. Raises whatever the night raises."""
    match request:
        case StackRequest(id, targets, blocks, insist, again):
            asked = await night.stack(targets, blocks=blocks, insist=insist, again=again)
            return Answer(id, asked=asked)
        case UploadRequest(id, targets):
            return Answer(id, asked=await night.upload(targets))
        case PlanRequest(id, targets):
            return Answer(id, plan=await night.dry_run(targets))
        case CancelRequest(id, job_id):
            return Answer(id, text=await night.cancel(job_id))
        case AutomaticRequest(id, on):
            automatic = night.automatic
            text = await (automatic.report() if on is None else automatic.switch(on))
            return Answer(id, text=text)
        case ScopeRequest():
            return await _session(night, request)
        case ErrandRequest(id, errand):
            result = msgspec.json.encode(await night.errands.do(errand))
            return Answer(id, result=msgspec.Raw(result))
        case ReviewRequest():
            return await answer_review(night.review, request)
        case RefreshRequest(id, scope):
            night.refresh_soon(scope)
            return Answer(id, text="")


async def _session(night: Night, request: ScopeRequest) -> Answer:
    sessions, scope = night.sessions, request.scope
    if request.verb == "read":
        return Answer(request.id, reading=await sessions.read(scope))
    if request.verb == "plan":
        plan = await sessions.plan(scope, request.action, request.text)
        return Answer(request.id, session_plan=plan)
    text = await sessions.do(scope, request.action, request.text)
    return Answer(request.id, text=text)
