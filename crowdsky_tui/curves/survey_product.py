"""What a survey has of a star of a project: how far that is, and what the next fetch does."""

from datetime import datetime, timedelta

import msgspec

from crowdsky_tui.curves.product import State
from crowdsky_tui.curves.project import hash_of
from crowdsky_tui.services.surveys.survey import Description
from crowdsky_tui.timeseries.surveys.messages import Form

KIND = "survey"
OWN_FILE = "file"
"""The survey of what a user's file holds."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One answer as it came, packed on the disk.

    `file` is its name in the folder of surveys: the SHA-256 of the answer.
    """

    file: str
    form: Form
    address: str
    status: int
    fetched_at: datetime
    points: int


class SurveyProduct(msgspec.Struct, frozen=True, kw_only=True):
    """One star of one survey.

    Attributes
    ----------
    asked
        By what it was asked for: a place, a name, a number.
    since, until
        Which days the answers cover.
    recheck_at
        Until then an empty answer is believed.
    resume
        What the survey noted for the next fetch, such as a task that goes on there.
    """

    star: str
    survey: str
    state: State
    tried_at: datetime
    asked: str = ""
    since: datetime | None = None
    until: datetime | None = None
    parts: tuple[Kept, ...] = ()
    recheck_at: datetime | None = None
    resume: str = ""
    why: str = ""
    tries: int = 1
    retryable: bool = False

    @property
    def key(self) -> str:
        """What the database knows it by."""
        return key_of(self.survey, self.star)

    @property
    def points(self) -> int:
        """How many points all answers have."""
        return sum(each.points for each in self.parts)


def key_of(survey: str, star: str) -> str:
    """A product's key."""
    return hash_of([survey, star])


def is_due(
    known: SurveyProduct | None, now: datetime, *, retry: bool = False, refresh: bool = False
) -> bool:
    """Whether a fetch asks for it.

    Never what is there, unless `refresh`; what is empty only after its time; what failed if that
    may help, or with `retry`.
    """
    if known is None or known.state in (State.PENDING, State.BLOCKED):
        return True
    if known.state is State.EMPTY:
        return refresh or (known.recheck_at is not None and known.recheck_at <= now)
    if known.state is State.FAILED:
        return retry or known.retryable
    return refresh


def recheck_at(description: Description, now: datetime) -> datetime:
    """Until when an empty answer is believed."""
    return now + timedelta(days=description.recheck_days)
