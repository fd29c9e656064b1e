"""Put the scripted night on disk: the same bytes for the same seed."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from crowdsky_tui.base.clock import zone_named
from crowdsky_tui.blocks import (
    LightFrame,
    chunk_str,
    companions,
    format_chunk_key,
    format_crowdsky_name,
    format_light_filename,
    group_frames_into_blocks,
    healpix_pixel,
    parse_light_filename,
)
from crowdsky_tui.simulator.fits import fits_bytes
from crowdsky_tui.simulator.frames import (
    jpeg_pair,
    light_cards,
    link_or_copy,
    stack_frames,
    write_dated,
    write_stack,
)
from crowdsky_tui.simulator.script import POSITIONS, Frame, Session, frames_of, sessions
from crowdsky_tui.simulator.seestar.albums import DATA
from crowdsky_tui.simulator.seestar.profile import Profile
from crowdsky_tui.simulator.sky import Scene
from crowdsky_tui.simulator.star_field import generator

SMALLER = 10  # times each way, where frames need not be of full size
POINTING = 3 / 3600  # degrees by which the solved centre wanders
STACKED_BEFORE = "M 81"
"""The first telescope's target of which an earlier run has stacked some blocks."""
SAVING = timedelta(seconds=25)  # from the last exposure to the live stack's file


def picture_shape(profile: Profile, *, full_size: bool) -> tuple[int, int]:
    """Rows and columns of a picture."""
    columns, rows = (each // (1 if full_size else SMALLER) for each in profile.make.tele.chip)
    return rows, columns


class Camera:
    """Takes one telescope's sub-frames and writes them where the firmware would."""

    def __init__(
        self, root: Path, profile: Profile, serial: str, *, seed: int, full_size: bool = False
    ) -> None:
        self._data = root / DATA
        self._profile = profile
        self._serial = serial
        self._seed = seed
        self._shape = picture_shape(profile, full_size=full_size)
        self._zone = zone_named(profile.zone)
        self._random = generator(seed, serial)
        self._block: tuple[object, ...] = ()
        self._scene: Scene | None = None
        self._number = 0
        self._pictures: list[Path] = []

    def folders(self, target: str) -> tuple[Path, Path]:
        """The target's main folder and its folder of sub-frames, made if missing."""
        main, sub = self._data / target, self._data / f"{target}_sub"
        for folder in (main, sub):
            folder.mkdir(parents=True, exist_ok=True)
        return main, sub

    def name(self, frame: Frame) -> str:
        """The sub-frame's file name, on the telescope's clock."""
        local = frame.saved.astimezone(self._zone)
        return format_light_filename(frame.target, f"{frame.exposure_s:.1f}s", frame.filter, local)

    def take(self, frame: Frame, name: str | None = None) -> Path:
        """Write one sub-frame with picture and thumbnail; returns the `.fit`."""
        scene = self._scene_of(frame)
        _, folder = self.folders(frame.target)
        name = name or self.name(frame)
        ra, dec = frame.position or POSITIONS[frame.target]
        wander = self._random.normal(0.0, POINTING, 2)
        cards = light_cards(
            self._profile,
            self._serial,
            target=frame.target,
            position=(ra + float(wander[0]), dec + float(wander[1])),
            begun=frame.begun,
            ended=frame.begun + timedelta(seconds=frame.exposure_s),
            exposure_s=frame.exposure_s,
            filter=frame.filter,
        )
        middle = frame.begun + timedelta(seconds=frame.exposure_s / 2)
        pixels = scene.expose(self._random, self._number, middle)
        self._number += 1
        self._write_pictures(folder, name, scene, frame.saved)
        write_dated(folder / name, fits_bytes(pixels, cards), frame.saved)
        return folder / name

    def _scene_of(self, frame: Frame) -> Scene:
        """The block's scene; it is computed once, and its picture serves all its frames."""
        quarter = int(frame.saved.timestamp()) // 900
        block = (frame.target, frame.filter, frame.exposure_s, frame.quality, quarter)
        if self._scene is None or block != self._block:
            self._block, self._number, self._pictures = block, 0, []
            self._scene = Scene(
                self._seed,
                frame.target,
                self._shape,
                exposure_s=frame.exposure_s,
                lp_filter=frame.filter == "LP",
                quality=frame.quality,
            )
        return self._scene

    def _write_pictures(self, folder: Path, name: str, scene: Scene, when: datetime) -> None:
        paths = [folder / companion for companion in companions(name)]
        if self._pictures and all(path.exists() for path in self._pictures):
            for source, path in zip(self._pictures, paths, strict=True):
                link_or_copy(source, path)
            return
        for path, content in zip(paths, jpeg_pair(scene.planes), strict=True):
            write_dated(path, content, when)
        self._pictures = paths

    def save_live_stack(self, frames: Sequence[Frame]) -> str | None:
        """What the firmware leaves in the main folder when a session stops; its name."""
        kept = [frame for frame in frames if not frame.dropped]
        if not kept:
            return None
        last = kept[-1]
        main, sub = self.folders(last.target)
        saved = last.saved + SAVING
        stack = stack_frames([sub / self.name(frame) for frame in kept])
        local = saved.astimezone(self._zone)
        name = (
            f"Stacked_{stack.count}_{last.target}_{last.exposure_s:.1f}s_{last.filter}_"
            f"{local:%Y%m%d-%H%M%S}.fit"
        )
        write_stack(main, name, stack, saved)
        return name


def write_night(  # noqa: PLR0913 - options by name
    root: Path,
    profile: Profile,
    serial: str,
    number: int,
    *,
    scopes: int,
    seed: int,
    until: datetime,
    full_size: bool = False,
    stacked_before: int = 3,
) -> None:
    """Write telescope `number`'s night up to the moment `until` into `root`/MyWorks.

    `stacked_before` blocks of the first telescope are stacked already.
    """
    camera = Camera(root, profile, serial, seed=seed, full_size=full_size)
    for session in sessions(number, scopes):
        every = list(frames_of(session))
        done = [frame for frame in every if frame.saved <= until]
        for frame in done:
            if not frame.dropped:
                camera.take(frame)
        if done and len(done) == len(every):
            camera.save_live_stack(done)
    if number == 0:
        _stack_before(camera, profile, stacked_before)
        _write_strays(camera, sessions(number, scopes))


def _stack_before(camera: Camera, profile: Profile, how_many: int) -> None:
    """The blocks of the first telescope that an earlier run has stacked already."""
    target = STACKED_BEFORE
    main, sub = camera.folders(target)
    frames: Iterable[LightFrame] = filter(
        None, (parse_light_filename(path.name) for path in sorted(sub.iterdir()))
    )
    blocks = group_frames_into_blocks(frames, zone=zone_named(profile.zone))
    for block in list(blocks.values())[:how_many]:
        stack = stack_frames([sub / name for name in block.files])
        pixel = healpix_pixel(float(stack.header["RA"]), float(stack.header["DEC"]))
        key = format_chunk_key(chunk_str(block.block_start), pixel)
        name = format_crowdsky_name(stack.count, target, block.exposure, block.filter, key)
        write_stack(main, name, stack, block.block_end + timedelta(minutes=2))


def _write_strays(camera: Camera, plan: list[Session]) -> None:
    """What else lies about on real telescopes: a note, a frame that failed."""
    session = next(session for session in plan if session.target == STACKED_BEFORE)
    _, sub = camera.folders(session.target)
    begin = session.begin
    write_dated(sub / "notes.txt", b"dew shield on from 20:10\n", begin)
    frame = Frame(
        session.target,
        begin - timedelta(seconds=40),
        session.exposure_s,
        session.filter,
        "trailed",
        True,  # noqa: FBT003 - the frame is ruined
    )
    camera.take(frame, camera.name(frame).removesuffix(".fit") + "_failed.fit")
