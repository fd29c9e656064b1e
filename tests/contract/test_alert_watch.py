"""The night asks the sources of alerts: told once, taken only where the settings say so."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from dusk_kit import CYG, FIRST, Dusk, dusk, run_dusk, target
from virtual_time import VirtualClock

from crowdsky_tui.config.alert_settings import AlertSettings
from crowdsky_tui.plan.alerts.alert import Alert, AlertsRead, AlertState, Source
from crowdsky_tui.plan.target_list import TargetList
from crowdsky_tui.plan.visits import VisitState
from crowdsky_tui.simulator.alert_sources.answers import Transient
from crowdsky_tui.simulator.alert_sources.server import AlertFault, AlertSourcesStandIn

NOVA = Transient(
    name="2026abc", ra_deg=148.888, dec_deg=69.065, mag=9.4, at=FIRST - timedelta(hours=2)
)
Work = Callable[[Dusk, AlertSourcesStandIn], Any]


def at_dusk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Work, **rules: Any) -> None:
    """A night with one target and the sources of alerts."""

    async def run(clock: VirtualClock) -> None:
        sources = AlertSourcesStandIn(clock)
        sources.sky.transients = [NOVA]
        await sources.start()
        said = AlertSettings(**sources.settings | rules)
        async with dusk(tmp_path, clock, [target("SS Cyg", CYG)], alerts=said) as night:
            await work(night, sources)
        await sources.stop()

    run_dusk(monkeypatch, run)


async def line_of(night: Dusk, words: str) -> str:
    """Wait for a line of the log."""
    async with asyncio.timeout(900):
        while True:
            for line in night.night.store.log:
                if words in line.text:
                    return line.text
            await asyncio.sleep(1)


async def names(night: Dusk) -> list[str]:
    database, clock = night.night.records.database, night.night.clock
    return [each.name for each in await TargetList(database, clock).all()]


def test_what_is_up_is_told_once_and_never_planned_without_a_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(night: Dusk, sources: AlertSourcesStandIn) -> None:
        assert ": up " in await line_of(night, "alert of tns: AT 2026abc")
        await night.until_slot(3)
        lines = [each.text for each in night.night.store.log if "AT 2026abc" in each.text]
        assert len(lines) == 1, lines
        assert await names(night) == ["SS Cyg"]
        assert len(sources.calls) > 3, "asked again and again"

    at_dusk(tmp_path, monkeypatch, work, tns="propose")


def test_an_interrupt_with_auto_is_taken_and_observed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(night: Dusk, sources: AlertSourcesStandIn) -> None:
        await line_of(night, "AT 2026abc is taken")
        assert await names(night) == ["AT 2026abc", "SS Cyg"]
        await night.until_slot(4)
        observed = [v.name for v in await night.visits() if v.state is not VisitState.PLANNED]
        assert "AT 2026abc" in observed

    at_dusk(tmp_path, monkeypatch, work, tns="interrupt", auto=True)


def test_a_source_that_fails_is_said_once_and_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(night: Dusk, sources: AlertSourcesStandIn) -> None:
        sources.sky.faults["asassn"] = AlertFault("status", 500, count=None)
        await line_of(night, "alerts: ASAS-SN")
        await night.until_slot(5)
        lines = [each.text for each in night.night.store.log if "ASAS-SN" in each.text]
        assert len(lines) == 1, lines
        del sources.sky.faults["asassn"]
        await line_of(night, "alert of tns")

    at_dusk(tmp_path, monkeypatch, work, tns="notify", asassn="notify")


def test_a_retraction_takes_what_is_not_begun_out_of_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(night: Dusk, _sources: AlertSourcesStandIn) -> None:
        watch = night.night.services.alerts
        grb = Alert(source=Source.GCN, id="X1", name="GRB", ra_deg=150.0, dec_deg=69.0)
        await watch.receive(Source.GCN, AlertsRead((grb,)))
        [kept] = await watch.inbox.all()
        taken = await watch.inbox.take(kept, watch.planning())
        gone = Alert(source=Source.GCN, id="X1", name="GRB", retraction=True)
        await watch.receive(Source.GCN, AlertsRead((gone,)))
        states = {each.name: each.state for each in await watch.planning().list.all()}
        assert states[taken.name] == "expired" and states["SS Cyg"] == "active"
        assert [each.state for each in await watch.inbox.all()] == [AlertState.WITHDRAWN]

    at_dusk(tmp_path, monkeypatch, work)
