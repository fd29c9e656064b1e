"""Documents of `curves`."""

from typing import Any, NotRequired, TypedDict

from crowdsky_tui.curves.aavso import Refused
from crowdsky_tui.curves.curve import StarCurve
from crowdsky_tui.curves.export_diff import Difference
from crowdsky_tui.curves.project import Effective, Project
from crowdsky_tui.curves.survey_product import SurveyProduct
from crowdsky_tui.curves.vsx import Found
from crowdsky_tui.photometry.frame_messages import FrameMeasure
from crowdsky_tui.services.surveys.survey import Description
from crowdsky_tui.timeseries import results as timeseries
from crowdsky_tui.timeseries.coverage_messages import Counted, Magnitudes
from crowdsky_tui.timeseries.messages import Bin, CurveFacts, Eclipse, Folded, Line, Timing


class ProjectShown(TypedDict):
    """A project, its parameters, and their SHA-256."""

    project: Project
    parameters: Effective
    sha256: str


class FramesIndexed(TypedDict):
    """How many frames were added."""

    frames: int


class FrameFailed(TypedDict):
    """A frame that was not measured."""

    frame: str
    reason: str


class Ran(TypedDict):
    """The frames by state, and what is due and failed by name."""

    states: dict[str, int]
    due: list[str]
    failed: list[FrameFailed]
    parameters_sha256: str


class Curves(TypedDict):
    """The curves of a star: one for each telescope and filter."""

    curves: list[StarCurve]
    parameters_sha256: str


class Counts(TypedDict):
    """How many points of which brightness, exposure and noise."""

    magnitudes: list[Magnitudes]
    histograms: list[Counted]
    better_mag: float
    curves: int
    parameters_sha256: str


class StarFailed(TypedDict):
    """A star of which nothing could be asked."""

    star: str
    reason: str


class VsxAnswers(TypedDict):
    """What the VSX told of each star."""

    asked: list[Found]
    failed: list[StarFailed]


class Exported(TypedDict):
    """Curves as a file."""

    file: str
    points: int
    left_out: list[str]
    parameters_sha256: str


class Deleted(TypedDict):
    """A project that was deleted, with its frames' products."""

    deleted: str
    frames: int


class Checked(TypedDict):
    """Lines that the AAVSO would not take."""

    refused: list[Refused]


class Differs(TypedDict):
    """What differs between two exports."""

    difference: Difference
    same: bool


class SurveysKnown(TypedDict):
    """The surveys that can be asked."""

    surveys: list[Description]


class SurveyDue(TypedDict):
    """What would be asked for."""

    survey: str
    star: str


class SurveysFetched(TypedDict):
    """What surveys answered; with --dry-run what would be asked for."""

    products: NotRequired[list[SurveyProduct]]
    paused: NotRequired[Any]
    due: NotRequired[list[SurveyDue]]


class SurveyPoints(TypedDict):
    """What surveys have of a star."""

    series: list[Any]


class SurveyImported(TypedDict):
    """A file of others that was kept."""

    product: SurveyProduct


class FrameMeasured(TypedDict):
    """A frame's stars."""

    file: str
    measure: FrameMeasure


class FileRefused(TypedDict):
    """A frame that could not be measured."""

    file: str
    reason: str


class Measured(TypedDict):
    """The stars of frames."""

    frames: list[FrameMeasured]
    refused: list[FileRefused]


class OfACurve(TypedDict):
    """What every finding tells: which curve, and of a project's star whose."""

    curve: CurveFacts
    of: NotRequired[str]
    parameters_sha256: NotRequired[str]


class Minima(OfACurve):
    """Every expected minimum, and the line through those that were timed."""

    minima: list[Eclipse]
    ephemeris: Line | None


class Minimum(OfACurve):
    """When an eclipse was deepest, and how late that is where an ephemeris is known."""

    minimum: timeseries.Minimum | None
    timing: Timing | None


class Periods(OfACurve):
    """Periods, the strongest first, with the aliases that may as well be true."""

    candidates: list[timeseries.Candidate]
    window: Any
    lone_points: int


class Folds(OfACurve):
    """The points over one period."""

    period_d: float
    epoch: float | None
    folded: list[Folded]


class Bins(OfACurve):
    """Means."""

    bins: list[Bin]


class Events(OfACurve):
    """What happened."""

    events: list[timeseries.Event]


class Tried(OfACurve):
    """Which events put into the real points would have been found."""

    cells: list[timeseries.Cell]
    coverage: list[dict[str, Any]]
    false_alarms: Any
    sentences: list[str]
    rate_limits: list[dict[str, float]]
