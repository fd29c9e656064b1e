"""Say how each telescope is: how far one gets, and what it does."""

from typing import TYPE_CHECKING, Any

import msgspec

from crowdsky_tui.base.errors import CrowdSkyError, ExitCode
from crowdsky_tui.cli.options import CommonOptions
from crowdsky_tui.cli.output import print_json, print_table, say
from crowdsky_tui.cli.select import one_service
from crowdsky_tui.instruments.seestar.control.telemetry import Telemetry
from crowdsky_tui.store.store import ScopeState

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings
    from crowdsky_tui.instruments.seestar.service import SeestarService


class Options(CommonOptions, frozen=True, kw_only=True):
    """What `status` takes: what every verb does."""


class ScopeStatus(msgspec.Struct, frozen=True):
    """One telescope: its state and why, and what it tells of itself where it answers."""

    name: str
    state: ScopeState
    reason: str = ""
    told: Telemetry | None = None
    problem: CrowdSkyError | None = None

    def document(self) -> dict[str, Any]:
        """As `--json` has it."""
        told = {} if self.told is None else msgspec.structs.asdict(self.told)
        return {"scope": self.name, "state": self.state, "reason": self.reason, **told}

    def row(self) -> tuple[object, ...]:
        """The cells of its row."""
        from crowdsky_tui.instruments.seestar.control.telemetry import signal_words

        read = self.told or Telemetry()
        return (
            self.name,
            self.state.value,
            read.activity or None,
            read.arm,
            read.battery_percent,
            read.temperature_c,
            None if read.free_mb is None else f"{read.free_mb / 1000:.1f}",
            read.focus_step,
            signal_words(read.wifi_dbm) or None,
            read.firmware or None,
        )


HEADINGS = (
    "scope", "state", "doing", "arm", "batt %", "°C", "free GB", "focus", "Wi-Fi", "firmware",
)  # fmt: skip


async def status(options: CommonOptions, settings: "Settings") -> int:
    """All telescopes, or the one named; why one does not answer, on stderr too."""
    import asyncio

    from crowdsky_tui.night.night import Night

    async with Night(settings, owner=False) as night:
        names = [options.scope] if options.scope else list(night.watches)
        services = [one_service(night, name) for name in names]
        found = await asyncio.gather(*map(_read, services))
    problems = [one.problem for one in found if one.problem is not None]
    for one in found:
        if one.problem is not None:
            say(f"{one.name}: {one.problem}")
    if options.json:
        print_json([one.document() for one in found])
    else:
        print_table(HEADINGS, [one.row() for one in found])
    if problems and len(problems) == len(found):
        return problems[0].exit_code
    return ExitCode.SOME_FAILED if problems else ExitCode.OK


async def _read(service: "SeestarService") -> ScopeStatus:
    from crowdsky_tui.instruments.seestar.control.telemetry import read_telemetry
    from crowdsky_tui.progress.telescope_watch import connected

    try:
        await connected(service)
        told = await read_telemetry(service)
    except CrowdSkyError as error:
        reason = service.reason or str(error)
        return ScopeStatus(service.name, service.state, reason, problem=error)
    return ScopeStatus(service.name, service.state, service.reason, told)
