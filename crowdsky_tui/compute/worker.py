"""The child's loop: one JSON request per line on stdin, one JSON answer per line on stdout."""

import os
import sys
import warnings
from pathlib import Path

import msgspec

from crowdsky_tui.base.errors import CannotWrite, FileDamaged
from crowdsky_tui.base.text import clean
from crowdsky_tui.compute.messages import Damage, Reply, Request
from crowdsky_tui.fits.date_obs import plain_date_obs
from crowdsky_tui.fits.frame_file_messages import FrameFileRequest
from crowdsky_tui.fits.messages import (
    DateObsRequest,
    HeaderFacts,
    HeaderRequest,
    InspectRequest,
    PackRequest,
    PreviewRequest,
    ThumbnailRequest,
    UnpackRequest,
)
from crowdsky_tui.fits.picture_messages import FilmRequest, PictureRequest, StampRequest
from crowdsky_tui.photometry.focus_messages import FocusRequest
from crowdsky_tui.photometry.frame_messages import FrameRequest, StarRequest
from crowdsky_tui.photometry.measures import QualityRequest
from crowdsky_tui.photometry.solve_messages import SolveRequest
from crowdsky_tui.scheduling.messages import PlanRequest
from crowdsky_tui.site.place import Place
from crowdsky_tui.sky.messages import (
    AltitudesRequest,
    AtPlace,
    ConeRequest,
    CoverageRequest,
    DirectionRequest,
    J2000Request,
    PointingRequest,
    SkyNightRequest,
    SunRequest,
    TargetRequest,
)
from crowdsky_tui.timeseries.coverage_messages import CountsRequest
from crowdsky_tui.timeseries.errors import CurveRefused
from crowdsky_tui.timeseries.messages import CurveRequest
from crowdsky_tui.timeseries.series_messages import EpochRequest, SeriesRequest
from crowdsky_tui.timeseries.surveys.messages import SurveyRefused, SurveyRequest
from crowdsky_tui.timeseries.table_messages import TableRequest

_requests = msgspec.json.Decoder(Request)


_OfAFile = (
    DateObsRequest | HeaderRequest | InspectRequest | PackRequest | UnpackRequest | FrameFileRequest
)
_ByPillow = ThumbnailRequest | PictureRequest | StampRequest | FilmRequest
_OfARig = SolveRequest | FocusRequest
_OfAProject = SeriesRequest | CountsRequest | EpochRequest | TableRequest
_OfACurve = CurveRequest | FrameRequest | _OfAProject | SurveyRequest | StarRequest | _OfARig
_LABELS: dict[type, str] = {
    HeaderRequest: "the file's header",
    DateObsRequest: "the file's header",
    ConeRequest: "the cone",
    J2000Request: "the position",
    ThumbnailRequest: "the thumbnail",
    FilmRequest: "the film's pictures",
    SunRequest: "the Sun's altitude",
    SkyNightRequest: "the night's times",
    AltitudesRequest: "the altitude",
    DirectionRequest: "the altitude",
    PointingRequest: "the distance from the Sun",
    PlanRequest: "the plan",
    FrameFileRequest: "the frame",
    FocusRequest: "the focus",
    TableRequest: "the table",
    EpochRequest: "the epoch",
}


def _label(request: Request) -> str:
    if isinstance(request, TargetRequest):
        return f"the target {clean(request.typed, 60)!r}"
    label = _LABELS.get(type(request))
    if label is not None:
        return label
    return clean(Path(os.fsdecode(getattr(request, "path", b""))).name, 100)


def answer(request: Request) -> Reply:
    """Do what was asked. Whatever a file makes go wrong becomes a `Damage` without its content."""
    label = _label(request)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if isinstance(request, _OfAFile):
                return _file(request, label)
            if isinstance(request, ConeRequest | CoverageRequest):
                return _tiles(request)
            if isinstance(request, TargetRequest | J2000Request):
                return _place(request, label)
            if isinstance(request, _ByPillow):
                return _by_pillow(request, label)
            if isinstance(request, AtPlace):
                return _over_a_place(request)
            if isinstance(request, _OfACurve):
                return _curve(request)
            return _picture(request, label)
    except (FileDamaged, CurveRefused, SurveyRefused, CannotWrite) as error:
        writing = isinstance(error, CannotWrite)
        damage = Damage(error.what, error.why, error.next_step, writing)
    except OSError as error:
        damage = Damage(
            f"{label} cannot be read", clean(error.strerror or "input/output error"), ""
        )
    except MemoryError:
        damage = Damage(f"{label} cannot be read", "it would take too much memory", "")
    except Exception as error:  # noqa: BLE001 - a hostile file; name the kind only
        damage = Damage(f"{label} cannot be read", f"it led to a {type(error).__name__}", "")
    return Reply(damage=damage)


def _date_obs(request: DateObsRequest, label: str) -> Reply:
    """Without astropy where the card is plain, as a telescope writes it."""
    found = plain_date_obs(request.head)
    if found is None:
        return Reply(date_obs=_header_facts(request.head, label).date_obs)
    return Reply(date_obs=found)


def _header_facts(head: bytes, label: str) -> HeaderFacts:
    """astropy is loaded when first asked for."""
    from crowdsky_tui.fits.header_facts import header_facts

    return header_facts(head, label)


def _file(request: _OfAFile, label: str) -> Reply:
    if isinstance(request, FrameFileRequest):
        from crowdsky_tui.fits.frame_file import write_frame

        write_frame(request)
        return Reply()
    if isinstance(request, PackRequest | UnpackRequest):
        return _packing(request, label)
    if isinstance(request, DateObsRequest):
        return _date_obs(request, label)
    if isinstance(request, HeaderRequest):
        return Reply(header=_header_facts(request.head, label))
    from crowdsky_tui.fits.completeness import inspect_file

    return Reply(file=inspect_file(Path(os.fsdecode(request.path)), label))


def _packing(request: PackRequest | UnpackRequest, label: str) -> Reply:
    from crowdsky_tui.fits import packing

    path, out = Path(os.fsdecode(request.path)), Path(os.fsdecode(request.out))
    if isinstance(request, PackRequest):
        packing.pack(path, out, label)
        path = out
    elif request.out:
        return Reply(packed=packing.unpack(path, out, label))
    return Reply(packed=packing.restored_sha256(path, label))


def _tiles(request: ConeRequest | CoverageRequest) -> Reply:
    from crowdsky_tui.sky.tiles import cone_pixels, read_coverage

    if isinstance(request, ConeRequest):
        return Reply(pixels=cone_pixels(request))
    return Reply(coverage=read_coverage(Path(os.fsdecode(request.path)), request.pixels))


def _place(request: TargetRequest | J2000Request, label: str) -> Reply:
    """The catalogue and the rest of astropy are loaded when first asked for."""
    from crowdsky_tui.sky import catalog

    if isinstance(request, J2000Request):
        return Reply(position=catalog.to_j2000(request.position, request.when))
    try:
        return Reply(target=catalog.find_target(request.typed, request.when))
    except catalog.NotFound as missing:
        return Reply(damage=Damage(f"{label} is not known", str(missing), ""))


def _by_pillow(request: _ByPillow, label: str) -> Reply:
    """Pillow is loaded when first asked for."""
    if isinstance(request, PictureRequest):
        from crowdsky_tui.fits.picture_file import draw_picture

        return Reply(picture=draw_picture(Path(os.fsdecode(request.path)), request, label))
    if isinstance(request, StampRequest):
        from crowdsky_tui.fits.stamps import draw_stamp

        return Reply(stamp=draw_stamp(Path(os.fsdecode(request.path)), request, label))
    if isinstance(request, FilmRequest):
        from crowdsky_tui.fits.film_file import join_film

        return Reply(film=join_film(request))
    from crowdsky_tui.fits.thumbnails import decode

    return Reply(preview=decode(request.picture, request.width, request.height))


def _over_a_place(
    request: SunRequest
    | SkyNightRequest
    | AltitudesRequest
    | DirectionRequest
    | PointingRequest
    | PlanRequest,
) -> Reply:
    """What can be said of the sky over a place, and planned under it."""
    if isinstance(request, PlanRequest):
        from crowdsky_tui.scheduling.planner import plan_night

        return Reply(schedule=plan_night(request))
    if isinstance(request, SkyNightRequest):
        from crowdsky_tui.sky.night_times import sky_night

        return Reply(sky_night=sky_night(request))
    if isinstance(request, SunRequest):
        from crowdsky_tui.sky.sun_moon import sun_altitude

        place = Place(request.longitude_deg, request.latitude_deg, request.elevation_m)
        return Reply(sun_deg=sun_altitude(request.when, place))
    from crowdsky_tui.sky.altitude import altitudes, icrs_of, pointing

    if isinstance(request, PointingRequest):
        return Reply(pointing=pointing(request))
    if isinstance(request, DirectionRequest):
        return Reply(position=icrs_of(request))
    return Reply(altitudes=altitudes(request))


def _curve(request: _OfACurve) -> Reply:
    """numpy, sep and astropy are loaded when first asked for."""
    if isinstance(request, _OfARig):
        return _rig(request)
    if isinstance(request, FrameRequest):
        from crowdsky_tui.photometry.frame import measure_frame

        return Reply(frame=measure_frame(request))
    if isinstance(request, _OfAProject):
        return _of_a_project(request)
    if isinstance(request, StarRequest):
        from crowdsky_tui.photometry.catalogue_star import find_star

        return Reply(star=find_star(request))
    if isinstance(request, SurveyRequest):
        from crowdsky_tui.timeseries.surveys.read import read_survey

        return Reply(survey=read_survey(request))
    from crowdsky_tui.timeseries.answers import answer_curve

    return Reply(curve=answer_curve(request))


def _of_a_project(request: _OfAProject) -> Reply:
    """numpy, astropy and pyarrow are loaded when first asked for."""
    if isinstance(request, SeriesRequest):
        from crowdsky_tui.timeseries.series import answer_series

        return Reply(series=answer_series(request))
    if isinstance(request, CountsRequest):
        from crowdsky_tui.timeseries.coverage import answer_counts

        return Reply(counts=answer_counts(request))
    if isinstance(request, EpochRequest):
        from crowdsky_tui.timeseries.light_travel import bjd_of_hjd

        return Reply(epoch=float(bjd_of_hjd(request.hjd_utc, request.ra_deg, request.dec_deg)))
    from crowdsky_tui.timeseries.parquet_tables import write_table

    write_table(request)
    return Reply()


def _rig(request: _OfARig) -> Reply:
    """numpy and sep are loaded when first asked for."""
    if isinstance(request, FocusRequest):
        from crowdsky_tui.photometry.focus_curve import focus_curve

        return Reply(focus=focus_curve(request))
    from crowdsky_tui.photometry.solve_file import solve_file

    return Reply(plate=solve_file(request))


def _picture(request: QualityRequest | PreviewRequest, label: str) -> Reply:
    """sep is loaded when first asked for."""
    path = Path(os.fsdecode(request.path))
    if isinstance(request, PreviewRequest):
        from crowdsky_tui.fits.previews import draw

        return Reply(preview=draw(path, request, label))
    from crowdsky_tui.photometry.image_quality import measure

    return Reply(quality=measure(path, label))


def main() -> None:
    """Answer until stdin ends."""
    replies = sys.stdout.buffer
    sys.stdout = sys.stderr
    for line in sys.stdin.buffer:
        replies.write(msgspec.json.encode(answer(_requests.decode(line))) + b"\n")
        replies.flush()
