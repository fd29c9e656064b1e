"""What of the verb `remote` are jobs: fetch, submit, and to see, cancel and clear them."""

import asyncio
import sys
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode, UsageError
from crowdsky_tui.base.streams import tell_person
from crowdsky_tui.base.text import clean
from crowdsky_tui.cli.confirm import confirm
from crowdsky_tui.cli.output import print_json, print_table, say, tell
from crowdsky_tui.cli.remote_account import number_of
from crowdsky_tui.cli.working_night import begin_jobs, working_night
from crowdsky_tui.night.calls.remote_jobs import (
    CancelRemoteJobs,
    CheckRequest,
    ClearRemoteJobs,
    FetchPicture,
    FindPicture,
    ListRemoteJobs,
    RemoteJobLine,
    SubmitRequest,
)
from crowdsky_tui.night.night import Night
from crowdsky_tui.services.telescope_org.draft import Draft, api_fields, form_steps, warnings
from crowdsky_tui.services.telescope_org.records import Form
from crowdsky_tui.store.store import JobState

if TYPE_CHECKING:
    from crowdsky_tui.cli.verbs.remote import Chosen, Fetch, Options, Submit
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.night.interfaces import NightInterface

HOLDER = "crowdsky-tui remote"
LOOK_EVERY_S, PATIENCE_S = 0.25, 600.0
"""Real seconds; the latter of waiting while none of the jobs runs."""
FETCH_RESTS_S, REQUEST_RESTS_S = 30.0, 300.0
"""Nobody waits here for a job that is not tried again before so many seconds."""
GOES_ON = "the agent, the app or the next 'remote' goes on with it; 'remote queue' shows it"


async def fetch(options: "Fetch", settings: "Settings") -> int:
    """Fetch pictures as jobs, and wait for them; one that fails is its own."""
    if options.dry_run:
        return await _would_fetch(options, settings)
    asked: list[tuple[str, int | CrowdSkyError]] = []
    async with working_night(settings, HOLDER) as night:
        for typed in options.numbers:
            try:
                asked.append((typed, await night.do(FetchPicture(_picture(typed, options)))))
            except CrowdSkyError as error:
                if len(options.numbers) == 1:
                    raise
                asked.append((typed, error))
        await begin_jobs(night)
        ids = [one for _, one in asked if isinstance(one, int)]
        lines = {line.id: line for line in await follow(night, ids, FETCH_RESTS_S)}
    outcomes = [
        _error(typed, one) if isinstance(one, CrowdSkyError) else _fetched(typed, lines[one])
        for typed, one in asked
    ]
    if len(outcomes) == 1 and "error" in outcomes[0]:
        raise CrowdSkyError(outcomes[0]["error"])
    if options.json:
        print_json({"fetched": outcomes})
    for each in () if options.json else outcomes:
        print(_line_of(each))
    return ExitCode.OK if all("path" in each for each in outcomes) else ExitCode.SOME_FAILED


async def _would_fetch(options: "Fetch", settings: "Settings") -> int:
    """Say which pictures would be fetched, and which are here."""
    wanted = [(typed, _picture(typed, options)) for typed in options.numbers]
    async with Night(settings, holder=HOLDER, owner=False) as night:
        found = [(typed, await night.do(picture)) for typed, picture in wanted]
    document = [{"asked": clean(typed, 40), **msgspec.to_builtins(each)} for typed, each in found]
    lines = [f"J{each.job}  {each.path or 'would be fetched'}" for _, each in found]
    tell({"would_fetch": document}, lines, as_json=options.json)
    return ExitCode.OK


def _picture(typed: str, options: "Fetch") -> FindPicture:
    return FindPicture(
        number_of(typed),
        of_request=typed.strip().upper().startswith("R"),
        form=Form(options.form),
        with_flat=options.flat,
    )


def _error(typed: str, error: CrowdSkyError) -> dict[str, Any]:
    return {"asked": clean(typed, 40), "error": str(error)}


def _fetched(typed: str, line: RemoteJobLine) -> dict[str, Any]:
    told: dict[str, Any] = {"asked": clean(typed, 40), "job": line.job}
    if line.state is JobState.PROVED and line.bytes is not None:
        return told | {"path": line.path, "bytes": line.bytes}
    if line.preparing:
        return told | {"not_ready": line.reason}
    return told | {"error" if line.over else "waiting": line.reason or GOES_ON}


def _line_of(outcome: dict[str, Any]) -> str:
    if "path" in outcome:
        return f"J{outcome['job']}  {outcome['path']}"
    for word in ("not_ready", "waiting"):
        if word in outcome:
            return f"J{outcome['job']}  {outcome[word]}; {GOES_ON}"
    return str(outcome["error"])


def _field_lines(fields: dict[str, Any]) -> list[str]:
    return [f"  {name:<14} {value}" for name, value in fields.items() if value != ""]


async def submit(options: "Submit", settings: "Settings") -> int:
    """Ask for pictures as a job, prove that the site's list shows it, never twice."""
    call = CheckRequest(
        options.target, options.telescope, options.filter, options.exposure,
        options.name, options.comment,
    )  # fmt: skip
    via_form = options.via == "form"
    if options.dry_run:
        async with Night(settings, holder=HOLDER, owner=False) as night:
            draft = (await night.do(call)).draft
        _warn(draft)
        sent = form_steps(draft) if via_form else api_fields(draft)
        steps = sent if isinstance(sent, list) else [sent]
        lines = [line for step in steps for line in ("Would send:", *_field_lines(step))]
        tell({"would_send": sent}, lines, as_json=options.json)
        return ExitCode.OK
    async with working_night(settings, HOLDER) as at_work:
        checked = await at_work.do(call)
        draft = checked.draft
        _warn(draft)
        if checked.under_way is not None:
            say(f"job {checked.under_way} asks for it already; it is waited for")
        elif not options.yes:
            confirm(
                f"Ask {draft.telescope} for {draft.exposure_s:g} s of {clean(draft.name, 40)}"
                f" in {draft.filter_sent}?"
                f" {checked.pending} of {checked.queue} requests wait",
                "nothing was asked for",
            )
        job_id = await at_work.do(SubmitRequest(draft, via_form, options.fetch))
        await begin_jobs(at_work)
        (line,) = await follow(at_work, [job_id], REQUEST_RESTS_S)
    proved = line.state is JobState.PROVED
    document: dict[str, Any] = {"request": line.request, "proved": proved}
    if proved:
        tell(document | {"status": line.status}, [f"R{line.request}: {line.status}"],
             as_json=options.json)  # fmt: skip
        return ExitCode.OK
    why = line.reason if line.over else f"{line.reason}; {GOES_ON}"
    tell(document | {"why": why}, [why], as_json=options.json)
    return ExitCode.SOME_FAILED


def _warn(draft: Draft) -> None:
    for warning in warnings(draft):
        say(f"Mind: {warning}")


async def queue(options: "Options", settings: "Settings") -> int:
    """The jobs about telescope.org that are to be done, and those that failed."""
    async with Night(settings, holder=HOLDER, owner=False) as night:
        lines = await night.do(ListRemoteJobs())
    if options.json:
        print_json({"jobs": [msgspec.to_builtins(line) for line in lines]})
        return ExitCode.OK
    print_table(
        ("job", "kind", "about", "state", "next look (UTC)", ""),
        [(line.id, line.kind, line.label, line.state.value, line.next_try_at, line.reason)
         for line in lines],
    )  # fmt: skip
    return ExitCode.OK


async def cancel(options: "Chosen", settings: "Settings") -> int:
    """Cancel jobs here; what the site has of them, it keeps."""
    if not options.jobs:
        raise UsageError("no job was named", next_step="'remote queue' shows their numbers.")
    if options.dry_run:
        return await _would_change(options, settings, of=lambda line: not line.over)
    async with working_night(settings, HOLDER) as night:
        lines = await night.do(CancelRemoteJobs(options.jobs))
    said = [_cancelled(line) for line in lines]
    tell({"jobs": [msgspec.to_builtins(line) for line in lines]}, said, as_json=options.json)
    done = all(line.state is JobState.CANCELLED for line in lines)
    return ExitCode.OK if done else ExitCode.SOME_FAILED


def _cancelled(line: RemoteJobLine) -> str:
    if line.state is not JobState.CANCELLED:
        return f"{line.id}  {line.label}: {line.state.value}, {line.reason}"
    sent = "; it may have been sent: look at your requests" if line.may_be_sent else ""
    return f"{line.id}  {line.label}: cancelled here{sent}"


async def clear(options: "Chosen", settings: "Settings") -> int:
    """Forget failed jobs: those that are named, or all."""
    if options.dry_run:
        failed = JobState.FAILED
        return await _would_change(options, settings, of=lambda line: line.state is failed)
    async with working_night(settings, HOLDER) as night:
        count = await night.do(ClearRemoteJobs(options.jobs or None))
    tell({"cleared": count}, [f"{count} failed jobs cleared"], as_json=options.json)
    return ExitCode.OK


async def _would_change(
    options: "Chosen", settings: "Settings", *, of: Callable[[RemoteJobLine], bool]
) -> int:
    """Say which of the chosen jobs it would be about."""
    async with Night(settings, holder=HOLDER, owner=False) as night:
        lines = await night.do(ListRemoteJobs(options.jobs or None))
    told = [line for line in lines if of(line)]
    document = {"dry_run": True, "jobs": [msgspec.to_builtins(line) for line in told]}
    tell(document, [f"{line.id}  {line.label}: {line.state.value}" for line in told],
         as_json=options.json)  # fmt: skip
    return ExitCode.OK


async def follow(
    night: "NightInterface", ids: list[int], rests_s: float
) -> tuple[RemoteJobLine, ...]:
    """Wait until these jobs are over, or rest for longer than `rests_s`; how each is then."""
    quiet_since, width = monotonic(), 0
    while True:
        lines = await night.do(ListRemoteJobs(tuple(ids)))
        now = night.clock.now()
        left = [
            line
            for line in lines
            if not line.over
            and not (line.next_try_at and (line.next_try_at - now).total_seconds() > rests_s)
        ]
        width = _show_running(night, left, width)
        if any(line.state is JobState.RUNNING for line in left):
            quiet_since = monotonic()
        if not left or monotonic() - quiet_since > PATIENCE_S:
            return lines
        await asyncio.sleep(LOOK_EVERY_S)


def _show_running(night: "NightInterface", left: list[RemoteJobLine], width: int) -> int:
    """Write how far they are over the line before, on a terminal alone; its width now."""
    if not sys.stderr.isatty():
        return 0
    views = [view for line in left if (view := night.store.jobs.get(line.id)) is not None]
    parts = [
        f"{view.label} {view.detail}" if view.progress is None
        else f"{view.label} {view.progress:.0%} {view.detail}"
        for view in views
        if view.state is JobState.RUNNING
    ]  # fmt: skip
    line = clean(" · ".join(parts), 200)[:78]
    tell_person(f"\r{line.ljust(width)}\r" if width or line else "", end="")
    return len(line)
