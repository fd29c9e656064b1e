"""A rig observes the plan beside Seestars: slots, frames, visits, park; unsafe parks it at once."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from astropy.io import fits
from dusk_kit import CYG, FIRST, M51, NIGHT, SLOTS, Dusk, dusk, run_dusk, target
from test_planned_night import listed
from virtual_time import VirtualClock

from crowdsky_tui.archive.frame import Source
from crowdsky_tui.base.errors import NotFoundOnScope
from crowdsky_tui.config.instrument_settings import DeviceSettings, InstrumentSettings
from crowdsky_tui.config.sensor_settings import SafetySettings, SensorSettings
from crowdsky_tui.night.calls.archive import ListFrames
from crowdsky_tui.night.calls.instruments import ShowInstruments
from crowdsky_tui.night.calls.newest_picture import DrawPicture, FindNewestPicture
from crowdsky_tui.plan.decisions import Decision, DecisionKind, Decisions
from crowdsky_tui.plan.target import Target, changed
from crowdsky_tui.plan.visits import Visit, VisitState
from crowdsky_tui.simulator.alpaca.camera import Camera
from crowdsky_tui.simulator.alpaca.parts import FilterWheel, SafetyMonitor
from crowdsky_tui.simulator.alpaca.server import AlpacaStandIn
from crowdsky_tui.simulator.alpaca.telescope import Telescope
from crowdsky_tui.store.store import JobState, ScopeState

LIST = [
    target("SS Cyg", CYG, scopes="hut", filter="", sub_exposure_s=60, blocks_per_visit=3),
    target("M 51", M51, scopes="garden, roof"),
]
RIG = InstrumentSettings(name="hut", focal_mm=500, aperture_mm=80, settle=1.0, centre_tolerance=0)


class Hut:
    """The rig's devices."""

    def __init__(self, clock: VirtualClock) -> None:
        self.mount = Telescope("Mount", "mount-1", clock)
        self.camera = Camera("Camera", "camera-1", clock, size=(24, 16))
        self.wheel = FilterWheel("Wheel", "wheel-1", clock)
        self.safety = SafetyMonitor("Safety", "safety-1")
        self.server = AlpacaStandIn([self.mount, self.camera, self.wheel, self.safety])

    @property
    def devices(self) -> tuple[DeviceSettings, ...]:
        address = f"{self.server.host}:{self.server.port}"
        roles: dict[Any, str] = {"mount": "mount-1", "camera": "camera-1", "wheel": "wheel-1"}
        return tuple(
            DeviceSettings(instrument="hut", role=role, address=address, unique_id=identity)
            for role, identity in roles.items()
        )

    @property
    def parked(self) -> bool:
        self.mount.run()
        return self.mount.is_parked


@asynccontextmanager
async def hut_night(
    root: Path,
    clock: VirtualClock,
    *,
    scopes: int = 0,
    watched: bool = False,
    targets: Sequence[Target] = LIST,
    dome: tuple[DeviceSettings, ...] = (),
    **more: Any,
) -> AsyncIterator[tuple[Dusk, Hut]]:
    hut = Hut(clock)
    await hut.server.start()
    if watched:
        address = f"{hut.server.host}:{hut.server.port}"
        more["sensors"] = (
            SensorSettings(name="mast", kind="alpaca_safety", address=address, period=5, limit=60),
        )
        more["safety"] = SafetySettings(on_unsafe="park", delay=5)
    try:
        async with dusk(
            root,
            clock,
            targets,
            scopes=scopes,
            instruments=(RIG,),
            devices=hut.devices + dome,
            **more,
        ) as night:
            yield night, hut
    finally:
        await hut.server.stop()


def frames_of(night: Dusk) -> list[Path]:
    [rig] = night.night.rigs.values()
    return sorted(rig.rig.files.root.rglob("*.fit"))


async def until_done(night: Dusk, seconds: float = 900) -> Visit:
    """Until the rig's first visit is proved."""
    async with asyncio.timeout(seconds):
        while True:
            for visit in await night.visits():
                if visit.scope == "hut" and visit.state is VisitState.DONE:
                    return visit
            await asyncio.sleep(1)


async def archived(night: Dusk, count: int) -> None:
    async with asyncio.timeout(900):
        while len(await night.night.frames.load(Source.RIG)) < count:
            await asyncio.sleep(0.5)


async def newest_of(night: Dusk, frame: Path) -> None:
    """The newest picture is this frame, drawn and told with its age."""
    newest = await night.night.do(FindNewestPicture("hut"))
    assert newest is not None and newest.name == f"SS Cyg_sub/{frame.name}"
    preview = await night.night.do(DrawPicture("hut", newest.name, 20, 20))
    assert 0 < preview.width <= 20 and len(preview.rgb) == 3 * preview.width * preview.height
    with pytest.raises(NotFoundOnScope):
        await night.night.do(DrawPicture("hut", "../../journal.db", 20, 20))
    tree = await night.night.do(ShowInstruments())
    [node] = [each for each in tree.nodes if each.name == "hut"]
    [told] = [each for each in node.values if each.label == "picture"]
    assert told.words == "SS Cyg, 45 s IR" and told.age_s is not None


def test_frames_of_a_slot_make_the_rigs_visit_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        one = [changed(LIST[0], max_visits=1, blocks_per_visit=1, filter="ir",
                           sub_exposure_s=45)]  # fmt: skip
        async with hut_night(tmp_path, clock, targets=one) as (night, hut):
            pin = Decision(
                night=NIGHT, kind=DecisionKind.PIN, target=one[0].uid, scope="hut", start=FIRST
            )
            await Decisions(night.night.records.database, clock).add([pin])
            visit = await until_done(night)
            assert (visit.blocks, visit.proved) == (1, 1)
            assert not hut.mount.is_tracking, "the visit is over"
            kept = frames_of(night)
            await archived(night, len(kept))
            listed_frames = (await night.night.do(ListFrames())).frames
            rigs = {each.path: each for each in listed_frames if each.source is Source.RIG}
            assert sorted(rigs) == [f"{path.resolve()}" for path in kept]
            one_frame = rigs[f"{kept[0].resolve()}"]
            assert (one_frame.target, one_frame.instrument) == ("SS Cyg", "hut")
            assert one_frame.sha256 == hashlib.sha256(kept[0].read_bytes()).hexdigest()
            [job] = await night.jobs()
            assert job.state is JobState.PROVED and "frames" in job.reason
            await newest_of(night, kept[-1])
            header = await asyncio.to_thread(fits.getheader, kept[-1])
            assert (header["FILTER"], header["EXPTIME"]) == ("IR", 45.0)

    run_dusk(monkeypatch, work)


def test_in_a_slew_too_unsafe_stops_and_parks_it_within_half_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with hut_night(tmp_path, clock, watched=True) as (night, hut):
            hut.mount.never_ends = True
            await night.until(lambda: hut.mount.is_slewing)
            hut.mount.never_ends, hut.safety.safe = False, False
            began = night.night.clock.steady()
            await night.until(lambda: hut.parked)
            assert night.night.clock.steady() - began < 30 * night.night.clock.speed
            [job] = await night.jobs()
            assert "not safe" in job.reason
            assert night.night.rigs["hut"].rig.taking is False

    run_dusk(monkeypatch, work)


@pytest.mark.long
def test_taken_up_again_it_goes_on_with_its_frames_and_slews_no_second_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with hut_night(tmp_path, clock) as (night, hut):
            await night.until_slot(0, 5)
            slews = len(hut.server.calls("PUT", "slewtocoordinatesasync"))
            before = len(frames_of(night))
            assert before and slews == 1
            await night.restart()
            await night.until_slot(0, 12)
            assert len(hut.server.calls("PUT", "slewtocoordinatesasync")) == slews
            assert len(frames_of(night)) > before, "frames are taken again"
            await night.until_slot(1, 2)
            visits = [each for each in await night.visits() if each.scope == "hut"]
            assert not any(each.state is VisitState.MISSED for each in visits), listed(visits)

    run_dusk(monkeypatch, work)


@pytest.mark.long
def test_a_rig_has_its_slots_beside_two_seestars_and_is_parked_at_dawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(clock: VirtualClock) -> None:
        async with hut_night(tmp_path, clock, scopes=2) as (night, hut):
            await night.until_slot(1, 5)
            view = night.night.store.scopes["hut"]
            assert view.state is ScopeState.READY and view.observing
            assert view.activity == "taking frames SS Cyg"
            await night.until_parked()
            visits = await night.until_settled()
            ours = [each for each in visits if each.scope == "hut"]
            assert sum(each.blocks for each in ours) == SLOTS, listed(visits)
            assert {each.state for each in ours} == {VisitState.DONE}, listed(visits)
            assert hut.parked
            parks = await night.jobs("park")
            assert {job.payload.scope for job in parks} >= {"hut"}
            assert {job.state for job in parks} == {JobState.PROVED}
            header = fits.getheader(frames_of(night)[0])
            assert (header["OBJECT"], header["TELESCOP"]) == ("SS Cyg", "hut")
            assert header["RA"] == pytest.approx(CYG[0]) and header["EXPTIME"] == 60

    run_dusk(monkeypatch, work)
