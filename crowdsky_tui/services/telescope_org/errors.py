"""What can go wrong with telescope.org beside what every service has."""

from crowdsky_tui.base.errors import FileDamaged, ProtocolError, ServerError


class SiteChanged(ProtocolError):
    """A page is not as it was in November 2024: this part waits for a new version of ours."""

    retryable = False

    def __init__(self, page: str, missing: str) -> None:
        super().__init__(
            f"telescope.org's {page} has changed",
            f"it has no {missing}",
            "This part waits until crowdsky-tui knows the new form; all else goes on.",
        )


class NotReady(ServerError):
    """The site is still preparing a file."""

    retryable = True


class Damaged(FileDamaged):
    """A downloaded file is not what it should be; it is not kept."""


class RequestInDoubt(ServerError):
    """A request was handed over but no answer came: only the list of requests can tell."""
