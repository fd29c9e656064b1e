"""What the science child tells about a file, and the lines it exchanges with us.

Imports neither astropy nor numpy, so that the app can.
"""

from datetime import datetime

import msgspec

from crowdsky_tui.fits.frame_file_messages import FrameFileRequest
from crowdsky_tui.fits.messages import (
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
from crowdsky_tui.scheduling.messages import PlanRequest, Schedule
from crowdsky_tui.sky.coordinates import PositionJ2000, SkyTarget
from crowdsky_tui.sky.messages import (
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
)
from crowdsky_tui.sky.sky_night import SkyNight
from crowdsky_tui.timeseries.coverage_messages import CountsAnswer, CountsRequest
from crowdsky_tui.timeseries.messages import (
    BinsRequest,
    CurveAnswer,
    EventsRequest,
    FoldRequest,
    MinimaRequest,
    MinimumRequest,
    PeriodsRequest,
    RecoveryRequest,
)
from crowdsky_tui.timeseries.series_messages import EpochRequest, SeriesAnswer, SeriesRequest
from crowdsky_tui.timeseries.surveys.messages import SurveyPoints, SurveyRequest
from crowdsky_tui.timeseries.table_messages import TableRequest

Request = (
    HeaderRequest
    | DateObsRequest
    | InspectRequest
    | ConeRequest
    | CoverageRequest
    | TargetRequest
    | J2000Request
    | QualityRequest
    | PreviewRequest
    | ThumbnailRequest
    | StampRequest
    | PackRequest
    | UnpackRequest
    | PictureRequest
    | FilmRequest
    | SunRequest
    | FrameFileRequest
    | PointingRequest
    | SkyNightRequest
    | AltitudesRequest
    | DirectionRequest
    | PeriodsRequest
    | MinimumRequest
    | MinimaRequest
    | FoldRequest
    | BinsRequest
    | EventsRequest
    | RecoveryRequest
    | FrameRequest
    | PlanRequest
    | SeriesRequest
    | CountsRequest
    | EpochRequest
    | TableRequest
    | SurveyRequest
    | StarRequest
    | SolveRequest
    | FocusRequest
)


class Damage(msgspec.Struct, frozen=True):
    """The three parts of a `FileDamaged`, or of a `CannotWrite` if it was in the `writing`."""

    what: str
    why: str
    next_step: str
    writing: bool = False


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer line: at most one field is set.

    None is set for a header without a DATE-OBS, when that was asked for.
    """

    header: HeaderFacts | None = None
    date_obs: datetime | None = None
    file: FileFacts | None = None
    pixels: list[int] | None = None
    coverage: Coverage | None = None
    target: SkyTarget | None = None
    position: PositionJ2000 | None = None
    quality: Quality | None = None
    preview: Preview | None = None
    picture: PictureFacts | None = None
    film: PictureSize | None = None
    stamp: Stamp | None = None
    packed: str | None = None
    sun_deg: float | None = None
    sky_night: SkyNight | None = None
    altitudes: Altitudes | None = None
    pointing: Pointing | None = None
    curve: CurveAnswer | None = None
    frame: FrameMeasure | None = None
    schedule: Schedule | None = None
    series: SeriesAnswer | None = None
    counts: CountsAnswer | None = None
    epoch: float | None = None
    survey: SurveyPoints | None = None
    star: CatalogueStar | None = None
    plate: PlateSolution | None = None
    focus: FocusCurve | None = None
    damage: Damage | None = None
