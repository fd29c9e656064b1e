"""The robotic telescopes of telescope.org: your requests, their pictures, asking for new ones."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from crowdsky_tui.cli.options import CommonOptions, Yes, flag, option, positional

if TYPE_CHECKING:
    from crowdsky_tui.config.load import Settings

FORMS = ("cube", "zip", "processed-cube", "processed-zip")


class Options(CommonOptions, frozen=True, kw_only=True):
    """What every action takes."""

    action: str


class Listing(Options, frozen=True, kw_only=True):
    """What `remote requests` takes."""

    folder: Annotated[int, option("N", "a folder's number; 1 is the inbox")] = 1
    sort: Annotated[str, option(None, choices=("rid", "object", "completion"))] = "rid"
    pending: Annotated[bool, flag("only those that may still be carried out")] = False


class Numbered(Options, frozen=True, kw_only=True):
    """What `remote request` and `remote job` take."""

    number: Annotated[str, positional("NUMBER", "such as 729127, R729127 or J369256")]


class OfObject(Options, frozen=True, kw_only=True):
    """What `remote jobs` takes."""

    name: Annotated[str, positional("NAME", "the object's name, exactly as it was asked for")]


class Search(Options, frozen=True, kw_only=True):
    """What `remote search` takes."""

    night: Annotated[str, positional("NIGHT", "the date of its evening: 2024-11-17")]
    days: Annotated[int, option("N", "so many nights")] = 1
    camera: Annotated[str, option("NAME", "only this telescope or camera")] = ""
    filter: Annotated[str, option("NAME", "only this filter, such as BVR")] = ""


class Fetch(Options, frozen=True, kw_only=True):
    """What `remote fetch` takes."""

    numbers: Annotated[
        tuple[str, ...], positional("NUMBER", "jobs (J369256) or requests (R729127)", "+")
    ]
    form: Annotated[str, option(None, choices=FORMS)] = "cube"
    flat: Annotated[bool, flag("with the flat field that the job's page names")] = False
    dry_run: Annotated[bool, flag("say what would be fetched, fetch nothing")] = False


class Import(Options, frozen=True, kw_only=True):
    """What `remote import` takes."""

    cache: Annotated[Path, positional("FOLDER", "the original client's cache", completes="file")]
    dry_run: Annotated[bool, flag("check them, copy nothing")] = False


class Submit(Options, frozen=True, kw_only=True):
    """What `remote submit` takes."""

    target: Annotated[str, positional("TARGET", "a name, or J2000: '21 42 42.8 +43 35 09.9'")]
    telescope: Annotated[str, option(None, choices=("COAST", "PIRATE", "GALAXY", "CLUSTER"))] = (
        "COAST"
    )
    filter: Annotated[str, option("NAME", "BVR (all three), B, V, R, or the telescope's own")] = (
        "BVR"
    )
    exposure: Annotated[float, option("SECONDS", "1 to 300")] = 90.0
    name: Annotated[str, option("NAME", "what to call it there")] = ""
    comment: Annotated[str, option("TEXT", "for yourself")] = ""
    via: Annotated[str, option(None, "which of the site's roads", choices=("api", "form"))] = "api"
    fetch: Annotated[bool, flag("fetch the picture, too, once there is one")] = False
    dry_run: Annotated[bool, flag("say exactly what would be sent, and send nothing")] = False
    yes: Yes = False


class Chosen(Options, frozen=True, kw_only=True):
    """What `remote cancel` and `remote clear` take."""

    jobs: Annotated[tuple[int, ...], positional("JOB", "as 'remote queue' numbers them", "*")] = ()
    dry_run: Annotated[bool, flag("name the jobs, change nothing")] = False


ACTIONS: dict[str, type[Options]] = {
    "login": Options,
    "folders": Options,
    "requests": Listing,
    "request": Numbered,
    "job": Numbered,
    "jobs": OfObject,
    "search": Search,
    "fetch": Fetch,
    "submit": Submit,
    "queue": Options,
    "cancel": Chosen,
    "clear": Chosen,
    "import": Import,
    "weather": Options,
}
_HELP = {
    "login": "prove that your account is let in",
    "folders": "your folders of requests",
    "requests": "your requests and their states",
    "request": "what the page of a request says",
    "job": "what the page of a job says",
    "jobs": "the jobs of all your complete requests of an object",
    "search": "public jobs of a night",
    "fetch": "fetch pictures into the cache",
    "submit": "ask for pictures of a target",
    "queue": "what is still to be fetched, sent or waited for here, and what failed",
    "cancel": "cancel jobs here; a request that was sent stays on the site",
    "clear": "forget failed jobs: those named, or all",
    "import": "copy whole pictures of the original client's cache",
    "weather": "the weather at the site",
}


def help_of(action: str) -> str:
    """An action in some words."""
    return _HELP[action]


async def remote(options: Options, settings: "Settings") -> int:
    """Look at your account at telescope.org, fetch its pictures, ask for new ones."""
    from crowdsky_tui.cli import remote_jobs

    match options:
        case Fetch():
            return await remote_jobs.fetch(options, settings)
        case Submit():
            return await remote_jobs.submit(options, settings)
        case Chosen(action="cancel"):
            return await remote_jobs.cancel(options, settings)
        case Chosen():
            return await remote_jobs.clear(options, settings)
        case _ if options.action == "queue":
            return await remote_jobs.queue(options, settings)
    return await _ask_site(options, settings)


async def _ask_site(options: Options, settings: "Settings") -> int:
    """Look at the account by a connection of our own."""
    from crowdsky_tui.cli.remote_account import RemoteAccount
    from crowdsky_tui.compute.client import Science
    from crowdsky_tui.services.telescope_org.account import open_account

    science = Science()
    try:
        client = await open_account(settings, science.inspect)
        try:
            return await RemoteAccount(client).run(options)
        finally:
            await client.close()
    finally:
        await science.close()
