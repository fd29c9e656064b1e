"""The stand-in's pages. Their shapes: docs/design/telescope-org.md 3."""

from datetime import datetime
from html import escape

from crowdsky_tui.simulator.telescope_org.state import TELESCOPE_NAMES, Account, Job, Request

STATUS_TEXTS = {
    1: "New",
    2: "New, allocated",
    3: "Waiting",
    4: "In progress",
    5: "Reallocate",
    6: "Waiting again",
    7: "Complete on site",
    8: "Complete",
    9: "Hold",
    10: "Frozen",
    20: "Expired",
    21: "Expired w/CJobs",
    22: "Cancelled",
    23: "Cancelled w/CJobs",
    24: "Invalid",
    25: "Never rises",
    26: "Other error",
}
LOGIN_PAGE = (
    '<html><body><form method="post" action="login.php"><input name="username">'
    '<input type="password" name="password"><input type="submit"></form></body></html>'
)
HOME_PAGE = "<html><body><h1>Welcome</h1></body></html>"
ODD_PAGE = "<html><body><p>Something else.</p></body></html>"


def moment(when: datetime) -> str:
    """A time as the site's cells have it: words that say the same in another form come first."""
    return f"{when:%d/%m/%y %H:%M} = {when.day} {when:%B %Y (%H:%M:%S} UTC)"


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in rows)
    return f"<table>{cells}</table>"


def job_page(account: Account, job: Job) -> str:
    """What `?jid=` shows."""
    requests = account.requests_of(job.id)
    ids = "".join(f"R{rid} " for rid in requests)
    blank = " " if job.blank else ""
    rows = [
        ("Request ID", f" {ids}" if len(requests) > 1 else ids.strip()),
        ("Object Type", job.object_type),
        ("Object ID", escape(job.object_id)),
        ("Telescope Type Name", job.telescope_type),
        ("Filter Type", job.filter),
        ("Exposure Time", f"{job.exposure_ms} ms"),
        ("Completion Time", moment(job.completed)),
        ("Status", ("Success" if job.success else "Failed") + blank),
    ]
    button = (
        ""
        if job.flat is None
        else f"<button onclick=\"location.href='imageengine.php?dl-flat&amp;flat={job.flat}'\">"
        "Flat</button>"
    )
    return f"<html><body>{_table(rows)}{button}</body></html>"


def request_page(account: Account, request: Request) -> str:
    """What `?rid=` shows; an unfinished request lacks some rows."""
    job = account.jobs.get(request.job or 0)
    asked = datetime.fromtimestamp(request.requested_s, tz=account.clock.now().tzinfo)
    rows = [
        ("Object Type", escape(request.object_type)),
        ("Object ID", escape(request.object_id)),
        ("Object Name", escape(request.object_name)),
        ("Telescope Name", TELESCOPE_NAMES.get(request.telescope, "undefined")),
        ("Filter Type", escape(request.filter)),
        ("Dark Frame", "Instant" if request.dark_frame else "None"),
        ("Exposure Time", f"{request.exposure_ms} ms"),
        ("Request Time", moment(asked)),
        ("Status", STATUS_TEXTS.get(request.status, "?")),
    ]
    if job is not None:
        rows.insert(0, ("Job ID", f"J{job.id}"))
        rows.insert(-1, ("Completion Time", moment(job.completed)))
    info = "" if job is None else f'\nvar info = {{"jid":"{job.id}", "x": {{}}}};\n'
    flat = (
        f'<a href="imageengine.php?dl-flat={job.flat}">Flat</a>'
        if job is not None and job.flat is not None
        else ""
    )
    return f"<html><body>{_table(rows)}{flat}<script>{info}</script></body></html>"


def search_page(jobs: list[Job], begin: datetime, end: datetime, results: int) -> str:
    """The public search's answer."""
    rows = "".join(
        f'<tr><td><a href="v4request-view.php?jid={job.id}&amp;x=1">J{job.id}</a></td>'
        f"<td>{escape(job.object_id)}</td></tr>"
        for job in jobs[:results]
    )
    return (
        "<html><body><h3>Search Parameters</h3><p>"
        f"Earliest completion time: {begin:%d/%m/%y %H:%M:%S}<br>"
        f"Latest completion time: {end:%d/%m/%y %H:%M}:59<br>"
        "Job status values of:<br>&nbsp - Success<br> Sorted by Completion time in descending"
        f" order<br>Private jobs excluded<br>{results} results per page</p>"
        f"<h3>Results</h3><p>{len(jobs)} jobs match</p>"
        f"<table><tr><th>Job</th><th>Object</th></tr>{rows}</table></body></html>"
    )


def form_page(ticket: int, words: str) -> str:
    """A step of the old form."""
    return (
        f'<html><body><p>{words}</p><form><input type="hidden" name="ticket"'
        f' value="{ticket}"></form></body></html>'
    )


def weather_page(now: datetime) -> str:
    """The weather at the site."""
    values = ("12", "270", "7.5", "96", "0", "?", "no")
    rows = "".join(f"<tr><td>x</td><td>{value}</td></tr>" for value in values)
    return (
        f"<html><body><table><tr><th>Weather</th></tr>{rows}</table><p>Teide</p>"
        f"<p>\nWeather information as of: {now:%d/%m/%y %H:%M:%S}</p></body></html>"
    )
