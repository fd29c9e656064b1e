"""What a job at telescope.org is about: a request from its draft to its picture, or a picture."""

from datetime import tzinfo

import msgspec

from crowdsky_tui.jobs.engine import model as engine
from crowdsky_tui.jobs.engine.context import Context as EngineContext
from crowdsky_tui.jobs.engine.kind import Kind
from crowdsky_tui.jobs.journal import Journal
from crowdsky_tui.jobs.resources import Resources
from crowdsky_tui.services.telescope_org.draft import Draft
from crowdsky_tui.services.telescope_org.place_text import object_id
from crowdsky_tui.services.telescope_org.records import Form

LANE = "telescope.org"
"""The site is asked one thing at a time, whatever the job."""


class RemoteOrder(msgspec.Struct, frozen=True, gc=False):
    """A request or a picture; what is known of it grows from step to step.

    Parameters
    ----------
    target : str
        The object's name.
    draft : Draft or None
        What to ask for; None where somebody asked already.
    request, job : int or None
        The site's numbers, as far as there are any.
    form : Form
        In which form the picture is fetched.
    with_flat : bool
        Whether the flat field that the job's page names is asked for.
    flat : int or None
        That flat field's number, once it is known.
    via_form : bool
        Whether the draft goes through the site's old form.
    insist : bool
        Whether the user wants it now.
    status : str
        The site's word for the request's state when its list showed it.
    """

    target: str = ""
    draft: Draft | None = None
    request: int | None = None
    job: int | None = None
    form: Form = Form.CUBE
    with_flat: bool = False
    flat: int | None = None
    via_form: bool = False
    insist: bool = False
    status: str = ""

    scope = ""
    zone: tzinfo | None = None

    @property
    def filter(self) -> str:
        """The filter as the telescope calls it; empty where nobody here asked."""
        return self.draft.filter_sent if self.draft else ""

    @property
    def label(self) -> str:
        """`SS Cyg J369256`, `SS Cyg R729127` or `SS Cyg COAST V`."""
        if self.job is not None:
            about = f"J{self.job}"
        elif self.request is not None:
            about = f"R{self.request}"
        else:
            about = f"{self.draft.telescope} {self.filter}" if self.draft else ""
        return f"{self.target} {about}".strip()

    @property
    def block_id(self) -> str:
        """What the jobs of one request or picture share, from the draft to the file."""
        if self.draft is not None:
            return f"telescope.org/{draft_id(self.draft)}"
        if self.request is not None:
            return f"telescope.org/R{self.request}"
        return f"telescope.org/{picture_of(self)}"

    def with_words_of(self, later: "RemoteOrder") -> "RemoteOrder":
        """The same, at once if either wants it at once."""
        return msgspec.structs.replace(self, insist=self.insist or later.insist)

    def renewed(self) -> "RemoteOrder":
        """The same: that nothing is asked for twice, the site's list tells."""
        return self

    def when_over(self) -> "RemoteOrder":
        """All of it is kept."""
        return self


RemoteJob = engine.Job[RemoteOrder]
RemoteContext = EngineContext[Journal, RemoteOrder]
RemoteKind = Kind[RemoteOrder, Resources]


def draft_id(draft: Draft) -> str:
    """What tells two drafts apart: telescope, filter and place."""
    return f"{draft.telescope.upper()}/{draft.filter_sent}/{object_id(draft.position)}"


def draft_of(order: RemoteOrder) -> str:
    """What makes a request unique that is still to be sent."""
    return draft_id(order.draft) if order.draft else ""


def request_of(order: RemoteOrder) -> str:
    """What makes a job unique that waits for a request."""
    return f"R{order.request}"


def picture_of(order: RemoteOrder) -> str:
    """What makes a job unique that fetches a picture: the job, the form and the flat field."""
    flat = f"/flat{order.flat or ''}" if order.with_flat or order.flat is not None else ""
    return f"J{order.job}/{order.form}{flat}"
