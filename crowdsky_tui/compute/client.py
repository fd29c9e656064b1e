"""What can be asked of the child process that computes."""

import math
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from crowdsky_tui.base.errors import FileDamaged, ScienceUnavailable, UsageError
from crowdsky_tui.base.text import clean
from crowdsky_tui.compute.child_process import ChildProcess
from crowdsky_tui.compute.replies import given, name_of
from crowdsky_tui.config.site_settings import SiteSettings
from crowdsky_tui.fits.frame_file_messages import FrameFileRequest
from crowdsky_tui.fits.messages import (
    MAX_HEAD,
    DateObsRequest,
    FileFacts,
    HeaderFacts,
    HeaderRequest,
    InspectRequest,
    PackRequest,
    Preview,
    PreviewRequest,
    ThumbnailRequest,
    UnpackRequest,
)
from crowdsky_tui.fits.picture_messages import (
    FilmRequest,
    PictureFacts,
    PictureRequest,
    PictureSize,
    Stamp,
    StampRequest,
)
from crowdsky_tui.photometry.focus_messages import FocusCurve, FocusRequest
from crowdsky_tui.photometry.frame_messages import (
    CatalogueStar,
    FrameMeasure,
    FrameRequest,
    StarRequest,
)
from crowdsky_tui.photometry.measures import Quality, QualityRequest
from crowdsky_tui.photometry.solve_messages import PlateSolution, SolveRequest
from crowdsky_tui.scheduling.messages import MOST_CANDIDATES, MOST_SCOPES, PlanRequest, Schedule
from crowdsky_tui.site.horizon import Horizon
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.coordinates import PositionJ2000, PositionJNow, SkyTarget
from crowdsky_tui.sky.messages import (
    MOST_CELLS,
    Altitudes,
    AltitudesRequest,
    ConeRequest,
    Coverage,
    CoverageRequest,
    DirectionRequest,
    J2000Request,
    Pointing,
    PointingRequest,
    SkyNightRequest,
    SunRequest,
    TargetRequest,
    at,
)
from crowdsky_tui.sky.sky_night import SkyNight
from crowdsky_tui.timeseries.coverage_messages import CountsAnswer, CountsRequest
from crowdsky_tui.timeseries.messages import CurveAnswer, CurveRequest
from crowdsky_tui.timeseries.series_messages import EpochRequest, SeriesAnswer, SeriesRequest
from crowdsky_tui.timeseries.surveys.messages import SurveyPoints, SurveyRequest
from crowdsky_tui.timeseries.table_messages import TableRequest

SITE = SiteSettings()


class Science(ChildProcess):
    """What can be asked of the child that computes: see `ChildProcess`."""

    async def header_facts(self, head: bytes) -> HeaderFacts:
        """Read the header in a file's first bytes; more than 64 KiB are not looked at."""
        reply = await self._ask(HeaderRequest(head[:MAX_HEAD]), "the file's header")
        return given(reply.header, "header")

    async def date_obs(self, head: bytes) -> datetime | None:
        """The DATE-OBS in a file's first bytes (aware UTC); None without. Needs no astropy."""
        return (await self._ask(DateObsRequest(head[:MAX_HEAD]), "the file's header")).date_obs

    async def inspect(self, path: Path) -> FileFacts:
        """Check that a file is complete and hash it."""
        reply = await self._ask(InspectRequest(os.fsencode(path)), clean(path.name, 100))
        return given(reply.file, "file facts")

    async def cone_pixels(self, ra_deg: float, dec_deg: float, radius_deg: float) -> list[int]:
        """The HEALPix tiles (RING, NSIDE 128) that a cone touches; all in degrees.

        Raises UsageError for what is no cone.
        """
        if not all(map(math.isfinite, (ra_deg, dec_deg, radius_deg))):
            raise UsageError("there is no such cone", "its numbers are not finite")
        try:
            reply = await self._ask(ConeRequest(ra_deg, dec_deg, radius_deg), "the cone")
        except FileDamaged as error:
            raise UsageError(error.what, error.why) from error
        return reply.pixels or []

    async def coverage(self, path: Path, pixels: Sequence[int]) -> Coverage:
        """The rows of these tiles in an ECSV file of the sky coverage; at most a few thousand."""
        request = CoverageRequest(os.fsencode(path), list(pixels))
        reply = await self._ask(request, "the sky coverage")
        return given(reply.coverage, "coverage")

    async def find_target(self, typed: str, when: datetime) -> SkyTarget:
        """The object of this name, or the place of these coordinates, at the moment `when`.

        The names that `sky.catalog` knows, and J2000 coordinates. UsageError, with what was near.
        """
        try:
            reply = await self._ask(TargetRequest(typed[:200], when), "the target")
        except FileDamaged as error:
            raise UsageError(error.what, error.why, error.next_step) from error
        return given(reply.target, "target")

    async def to_j2000(self, position: PositionJNow, when: datetime) -> PositionJ2000:
        """A telescope's place, at the equinox of the moment `when`, for display."""
        reply = await self._ask(J2000Request(position, when), "the position")
        return given(reply.position, "position")

    async def sun_altitude(self, place: Place, when: datetime) -> float:
        """How high the Sun stands over a place, in degrees, without refraction."""
        reply = await self._ask(SunRequest(**at(place), when=when), "the Sun's altitude")
        return given(reply.sun_deg, "altitude of the Sun")

    async def pointing(self, position: PositionJ2000, place: Place, when: datetime) -> Pointing:
        """Where a position stands at `when` (aware), and how far the Sun is from it."""
        reply = await self._ask(
            PointingRequest(**at(place), position=position, when=when), "the distance from the Sun"
        )
        if reply.pointing is None:
            raise ScienceUnavailable("the science child gave no distance from the Sun")
        return reply.pointing

    async def sky_night(self, place: Place, when: datetime, site: SiteSettings = SITE) -> SkyNight:
        """The Sun's and the Moon's times of the night around `when` (aware).

        `site` says what dark is, and which trees stand before the Moon.
        """
        line = Horizon.of_site(site).line if site.obstructions else ()
        request = SkyNightRequest(
            **at(place),
            when=when,
            flat_deg=site.flat_horizon,
            focus_deg=site.focus_horizon,
            observe_deg=site.observe_horizon,
            horizon=line,
        )
        reply = await self._ask(request, "the night's times")
        return given(reply.sky_night, "times of the night")

    async def altitudes(
        self, positions: Sequence[PositionJ2000], times: Sequence[datetime], place: Place,
        moving: Mapping[int, str] | None = None,
    ) -> Altitudes:  # fmt: skip
        """Where each target stands at each time (aware UTC), and how far the Moon is from it.

        `moving` names the rows that are the Moon or a planet (`sky.messages.BODIES`). Raises
        UsageError for more than `MOST_CELLS` targets × times.
        """
        if not times or len(positions) * len(times) > MOST_CELLS:
            raise UsageError("too many targets or times", f"their product is {MOST_CELLS} at most")
        request = AltitudesRequest(
            **at(place), positions=list(positions), times=list(times), moving=dict(moving or {})
        )
        reply = await self._ask(request, "the altitude")
        return given(reply.altitudes, "altitudes")

    async def position_at(
        self, altitude_deg: float, azimuth_deg: float, place: Place, when: datetime
    ) -> PositionJ2000:
        """What stands in a direction at `when` (aware): the way back from `altitudes`."""
        request = DirectionRequest(
            **at(place), altitude_deg=altitude_deg, azimuth_deg=azimuth_deg, when=when
        )
        reply = await self._ask(request, "the altitude")
        return given(reply.position, "position")

    async def quality(self, path: Path) -> Quality:
        """Measure the stars and the sky of a stack or sub-frame."""
        reply = await self._ask(QualityRequest(os.fsencode(path)), clean(path.name, 100))
        return given(reply.quality, "measurement")

    async def preview(
        self, path: Path, width: int, height: int, *,
        stretch: int = 1, zoom: int = 1, plane: int | None = None,
    ) -> Preview:  # fmt: skip
        """Draw a file into at most `width` × `height` pixels (see `PreviewRequest`)."""
        request = PreviewRequest(os.fsencode(path), width, height, stretch, zoom, plane)
        reply = await self._ask(request, clean(path.name, 100))
        return given(reply.preview, "picture")

    async def thumbnail(self, picture: bytes, width: int, height: int) -> Preview:
        """Decode a PNG or JPEG and fit it into `width` × `height` pixels."""
        reply = await self._ask(ThumbnailRequest(picture, width, height), "the thumbnail")
        return given(reply.preview, "picture")

    async def picture(self, request: PictureRequest) -> PictureFacts:
        """Look at a file, and write its picture where the request names one. CannotWrite."""
        reply = await self._ask(request, name_of(request.path))
        return given(reply.picture, "picture")

    async def stamp(self, request: StampRequest) -> Stamp:
        """Draw a small square of a file."""
        reply = await self._ask(request, name_of(request.path))
        return given(reply.stamp, "picture")

    async def pack(self, path: Path, out: Path) -> str:
        """Write a file's compressed copy; the SHA-256 of what that gives back, read again."""
        return await self._packed(PackRequest(os.fsencode(path), os.fsencode(out)), path)

    async def unpack(self, path: Path, out: Path | None = None) -> str:
        """Give back the file of a compressed copy, or only its SHA-256 without `out`."""
        request = UnpackRequest(os.fsencode(path), b"" if out is None else os.fsencode(out))
        return await self._packed(request, path)

    async def _packed(self, request: PackRequest | UnpackRequest, path: Path) -> str:
        reply = await self._ask(request, clean(path.name, 100))
        return given(reply.packed, "hash")

    async def write_frame(self, request: FrameFileRequest) -> None:
        """Write a camera's picture as a FITS file. FileDamaged, CannotWrite."""
        await self._ask(request, "the frame")

    async def film(self, request: FilmRequest) -> PictureSize:
        """Join pictures to a film. CannotWrite."""
        reply = await self._ask(request, "the film's pictures")
        return given(reply.film, "film")

    async def curve(self, request: CurveRequest) -> CurveAnswer:
        """Work something out of a light curve in a file."""
        name = name_of(request.path)
        reply = await self._ask(request, name)
        return given(reply.curve, "answer")

    async def frame(self, request: FrameRequest) -> FrameMeasure:
        """Measure the stars of a field catalogue in a frame."""
        reply = await self._ask(request, name_of(request.path))
        return given(reply.frame, "measurement")

    async def plan(self, request: PlanRequest) -> Schedule:
        """The schedule of a night, with the verdict of every pair of target and slot.

        Raises UsageError for more targets or scopes than can be planned.
        """
        if len(request.candidates) > MOST_CANDIDATES or len(request.scopes) > MOST_SCOPES:
            raise UsageError(
                "there is too much to plan",
                f"{MOST_CANDIDATES} targets and {MOST_SCOPES} scopes at most",
            )
        reply = await self._ask(request, "the plan")
        return given(reply.schedule, "plan")

    async def series(self, request: SeriesRequest) -> SeriesAnswer:
        """Refer a star to an ensemble of others over many frames."""
        reply = await self._ask(request, "the curve")
        return given(reply.series, "curve")

    async def counts(self, request: CountsRequest) -> CountsAnswer:
        """Count the points of curves by what they are."""
        reply = await self._ask(request, "the points")
        return given(reply.counts, "counts")

    async def epoch(self, request: EpochRequest) -> float:
        """A catalogue's epoch as BJD (TDB)."""
        return given((await self._ask(request, "the epoch")).epoch, "epoch")

    async def table(self, request: TableRequest) -> None:
        """Write a table. FileDamaged, CannotWrite."""
        await self._ask(request, "the table")

    async def star(self, request: StarRequest) -> CatalogueStar:
        """Where a field's catalogue has a star."""
        reply = await self._ask(request, name_of(request.path))
        return given(reply.star, "star")

    async def solve(self, request: SolveRequest) -> PlateSolution:
        """Where a picture looks, by a field catalogue. FileDamaged where it cannot be said."""
        reply = await self._ask(request, name_of(request.path))
        return given(reply.plate, "solution")

    async def focus(self, request: FocusRequest) -> FocusCurve:
        """The best position of a focuser by widths of stars. FileDamaged where there is none."""
        reply = await self._ask(request, "the focus")
        return given(reply.focus, "focus")

    async def survey(self, request: SurveyRequest) -> SurveyPoints:
        """Read some of what a survey answered."""
        reply = await self._ask(request, name_of(request.path))
        return given(reply.survey, "points")
