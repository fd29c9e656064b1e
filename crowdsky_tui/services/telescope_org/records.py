"""What telescope.org tells, as typed records. All text in them is clean, all times aware UTC."""

from datetime import datetime
from enum import StrEnum

import msgspec

from crowdsky_tui.services.telescope_org.codes import Group, group_of, is_pending, status_word


class Folder(msgspec.Struct, frozen=True):
    """A folder of requests. `made` is None for those that every account has."""

    id: int
    name: str
    count: int
    made: datetime | None


class RequestRow(msgspec.Struct, frozen=True):
    """One request as the list has it. `object_id` is "RA Dec" (J2000) for the type RADEC."""

    id: int
    object_name: str
    object_type: str
    object_id: str
    comment: str
    requested: datetime | None
    status: int

    @property
    def group(self) -> Group:
        """What its state means."""
        return group_of(self.status)

    @property
    def word(self) -> str:
        """Its state in the site's words."""
        return status_word(self.status)

    @property
    def pending(self) -> bool:
        """Whether it may still be carried out."""
        return is_pending(self.status)


class Details(msgspec.Struct, frozen=True):
    """What the page of a request or of a job says; None or empty where it does not.

    `request_ids`: several requests may share a job. `success` is the job page's word. `flat` is the
    number of the flat field that the page offers, which changes the file.
    """

    request_ids: tuple[int, ...] = ()
    job_id: int | None = None
    object_type: str = ""
    object_id: str = ""
    object_name: str = ""
    telescope_type: str = ""
    telescope: str = ""
    filter: str = ""
    dark_frame: str = ""
    exposure_ms: int | None = None
    requested: datetime | None = None
    completed: datetime | None = None
    status: str = ""
    flat: int | None = None

    @property
    def success(self) -> bool:
        """Whether the job page says that it succeeded."""
        return self.status == "Success"


class Search(msgspec.Struct, frozen=True):
    """Public jobs, newest first. `cut` when the site gave as many as it ever does."""

    jobs: tuple[int, ...]
    cut: bool
    parameters: str


class Form(StrEnum):
    """In which form a job's pictures come."""

    CUBE = "cube"
    ZIP = "zip"
    PROCESSED_CUBE = "processed-cube"
    PROCESSED_ZIP = "processed-zip"

    @property
    def zipped(self) -> bool:
        """Whether it is a zip of single frames."""
        return self in (Form.ZIP, Form.PROCESSED_ZIP)

    @property
    def processed(self) -> bool:
        """Whether the site has worked on it."""
        return self in (Form.PROCESSED_CUBE, Form.PROCESSED_ZIP)


class Weather(msgspec.Struct, frozen=True):
    """The weather at the site; None for what its page shows as "?". Never a reason for safety here.

    Units: km/h, degrees, °C, per cent, stars counted, metres.
    """

    at: datetime | None
    wind_km_h: float | None
    wind_deg: float | None
    temperature_c: float | None
    humidity_percent: float | None
    stars: float | None
    cloud_base_m: float | None
    raining: str
