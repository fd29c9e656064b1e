"""The sections of the settings: each setting's type, default and meaning.

The meanings are the only ones there are: config.example.toml, the settings screen and the command
`config` show these. An example stands where the default shows nothing.
"""

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from crowdsky_tui.config.section import Section, says
from crowdsky_tui.config.units import GIGABYTES, HOURS, MINUTES, SECONDS

PRODUCTION_URL = "https://crowdsky.univie.ac.at"
_TIME = r"([01]\d|2[0-3]):[0-5]\d"


class ServerSettings(Section, frozen=True):
    """The user's CrowdSky account."""

    url: Annotated[
        str, says("The CrowdSky server. Plain http is refused except to this machine.")
    ] = PRODUCTION_URL
    username: Annotated[
        str,
        says(
            "Your CrowdSky account. Better kept in config.local.toml (mode 0600), or in the"
            " environment variables CROWDSKY_USERNAME and CROWDSKY_PASSWORD."
        ),
    ] = ""
    password: Annotated[str, says("The account's password.")] = ""
    api_key: Annotated[
        str,
        says(
            "Key for the archive of everybody's frames, made on the server's account page. Better"
            " kept like the password, or in CROWDSKY_API_KEY."
        ),
    ] = ""


class NetworkSettings(Section, frozen=True):
    """The road to the server; telescopes are never asked through a proxy."""

    proxy: Annotated[
        str,
        says(
            "Address of the proxy between this machine and the server, such as"
            ' "http://proxy.example:3128". Empty: HTTPS_PROXY and NO_PROXY of the environment say.'
            ' "none": no proxy, whatever they say. Telescopes are never asked through one.'
        ),
    ] = ""
    ca_file: Annotated[
        str,
        says(
            "File with certificates (PEM) of your site's own authority, trusted beside the usual"
            " ones; SSL_CERT_FILE of the environment does the same."
        ),
    ] = ""


class StackingSettings(Section, frozen=True):
    """Which blocks are stacked."""

    block_minutes: Annotated[
        int,
        says(
            "Length of a block in minutes: 15, 30 or 60. A chunk key names a 15-minute slot.",
            unit=MINUTES,
        ),
    ] = 15
    min_exptime: Annotated[
        float,
        Meta(ge=0),
        says(
            "Least exposure of a block in seconds (sub-frames times exposure); shorter blocks are"
            " left alone.",
            unit=SECONDS,
        ),
    ] = 240.0


class UploadSettings(Section, frozen=True):
    """How stacks are sent. `limit` is a timetable of rates (`config.rate_schedule`)."""

    parallel: Annotated[int, Meta(ge=1, le=4), says("Uploads at a time, 1 to 4.")] = 2
    scrub_location: Annotated[
        bool, says("Ask the server to publish stacks without the coordinates of your site.")
    ] = True
    limit: Annotated[
        str,
        says(
            'Most bytes per second for all uploads together: "512k", "2M", or by this machine\'s'
            ' time of day: "08:00 512k, 23:00 off". Empty: no limit.'
        ),
    ] = ""


class ConfirmSettings(Section, frozen=True):
    """How long a sent stack is waited for."""

    poll_s: Annotated[
        float,
        Meta(gt=0),
        says(
            "Seconds between two looks at the server's list while a stack is on its way; grows to"
            " ten minutes.",
            unit=SECONDS,
        ),
    ] = 30.0
    deadline_h: Annotated[
        float,
        Meta(gt=0),
        says(
            "Hours after which a sent stack that the server has not listed is called"
            ' "not confirmed".',
            unit=HOURS,
        ),
    ] = 12.0


class StorageSettings(Section, frozen=True):
    """Folders for the journal and for fetched stacks; empty means the platform's usual place."""

    state_dir: Annotated[
        str,
        says(
            "Where the journal, its lock and the log file live. Empty: the platform's place,"
            " usually ~/.local/state/crowdsky-tui"
        ),
    ] = ""
    downloads: Annotated[
        str,
        says(
            "Where stacks fetched from the scopes are kept. Empty: usually"
            " ~/.local/share/crowdsky-tui/stacks"
        ),
    ] = ""
    pictures: Annotated[
        str,
        says(
            "Where pictures and films that you save are kept. Empty: the folder pictures beside the"
            " stacks fetched from the scopes."
        ),
    ] = ""
    keep_free_gb: Annotated[
        float,
        Meta(ge=0),
        says(
            "Least free space here in GB: below it, stacks that the server lists are removed,"
            " oldest first. 0: never.",
            unit=GIGABYTES,
        ),
    ] = 1.0
    base: Annotated[
        str,
        says(
            "A disk of your own for all of these, such as /mnt/usb: a folder above that is relative"
            ' (downloads = "stacks") lies in it. The doctor says if it is not there. Empty:'
            " relative folders lie where the app is begun."
        ),
    ] = ""


class DatabaseSettings(Section, frozen=True):
    """Where targets, records of nights and what is computed of them are kept."""

    url: Annotated[
        str,
        says(
            "A PostgreSQL database that several sites share, such as"
            ' "postgresql+psycopg://user:password@host/crowdsky" (needs the extra: pip install'
            ' "crowdsky-tui[club]"). Better kept in config.local.toml. Empty: a file of this'
            " machine, beside the journal."
        ),
    ] = ""


class NoticeSettings(Section, frozen=True):
    """Where notices go."""

    url: Annotated[
        str,
        says(
            'Where notices are sent, such as "https://ntfy.sh/my-topic". Keep it to yourself.'
            " Empty: none."
        ),
    ] = ""
    style: Annotated[
        Literal["ntfy", "slack", "apprise"],
        says(
            'What is there: "ntfy" (plain text), "slack" (JSON), or "apprise" (any address of'
            ' apprise, which needs the extra: pip install "crowdsky-tui[notify]").'
        ),
    ] = "ntfy"
    quiet_from: Annotated[
        str,
        Meta(pattern=f"^({_TIME})?$"),
        says(
            'No notices from this time of this machine\'s day on, such as "22:00"; they come after'
            " quiet_to."
        ),
    ] = ""
    quiet_to: Annotated[
        str, Meta(pattern=f"^({_TIME})?$"), says('Until when it is quiet, such as "06:00".')
    ] = ""
    beat_h: Annotated[
        float,
        Meta(ge=0),
        says(
            'Hours between two notices "still alive", so that silence is noticed. 0: none.',
            unit=HOURS,
        ),
    ] = 0.0
    page: Annotated[
        bool,
        says(
            "Whether the morning report carries its page with pictures and curves along: style"
            ' "apprise" only. It leaves this machine with all that the report tells.'
        ),
    ] = False


class ReviewSettings(Section, frozen=True):
    """What leaves without having been looked at."""

    mode: Annotated[
        Literal["off", "hold_poor", "all"],
        says(
            'What is sent without having been looked at: "off" (everything), "hold_poor" (all but'
            ' what is graded poor beside its own kind), "all" (nothing: each stack waits until it'
            " is kept with v)."
        ),
    ] = "off"


class DisplaySettings(Section, frozen=True):
    """How the app looks. `theme` as in `themes.NAMED`."""

    theme: Annotated[
        Literal["dark", "light", "night", "terminal"],
        says(
            'Colours: "dark", "light", "night" (reds on black, for dark-adapted eyes) or'
            ' "terminal" (its own).'
        ),
    ] = "dark"
    speak: Annotated[
        bool, says("Begin with plain lines, one for each change, for screen readers.")
    ] = False
    images: Annotated[
        Literal["half", "kitty", "sixel", "off"],
        says(
            'Pictures of stacks: "half" (half-blocks of colour), "off", or for the review what'
            ' your terminal knows, "kitty" or "sixel" (sharper, and more bytes).'
        ),
    ] = "half"
    mouse: Annotated[
        bool,
        says("Whether the mouse works in the app; off, the terminal keeps it for selecting text."),
    ] = True
    glyphs: Annotated[
        Literal["auto", "full", "plain"],
        says(
            'Signs and borders: "full", "plain" (Latin-1 only) or "auto" (plain where TERM is poor'
            " in glyphs)."
        ),
    ] = "auto"
    gallery: Annotated[
        Literal["greys", "colours"],
        says(
            'The gallery\'s pictures (p): "greys" (few, for slow links) or "colours"; c changes it'
            " for the moment."
        ),
    ] = "greys"


class ClockSettings(Section, frozen=True):
    """A simulated clock for demo and rehearsal: it read `origin` when the real one read `since`."""

    origin: Annotated[
        datetime | None,
        says(
            "For rehearsals on the built-in stand-ins only ('crowdsky-tui simulate' writes it): a"
            " clock that read `origin` when the real one read `since`.",
            datetime.fromisoformat("2026-02-28T05:30:00Z"),
        ),
    ] = None
    since: Annotated[
        datetime | None,
        says(
            "The real time at which it read `origin`.",
            datetime.fromisoformat("2026-11-20T10:00:00Z"),
        ),
    ] = None
    speed: Annotated[float, Meta(gt=0), says("How many times as fast it runs.")] = 1.0


def check_notices(notices: NoticeSettings) -> None:
    """ValueError if the notices' settings contradict each other or the address is not safe."""
    if bool(notices.quiet_from) != bool(notices.quiet_to):
        raise ValueError("quiet_from and quiet_to belong together")
    if not notices.url or notices.style == "apprise":
        return
    parts = urlsplit(notices.url)
    here = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise ValueError("the address must begin with https:// (http:// only to this machine)")
    if not parts.hostname:
        raise ValueError("the address has no host name")


def check_database(database: DatabaseSettings) -> None:
    """ValueError if the address is not one of a PostgreSQL database; it tells nothing of it."""
    if not database.url:
        return
    parts = urlsplit(database.url)
    if parts.scheme not in ("postgresql", "postgresql+psycopg"):
        raise ValueError("the address must begin with postgresql+psycopg://")
    try:
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or len(parts.path) < 2:
        raise ValueError(
            "after user:password@ it must name a host and a database"
            " (in a password, / is written %2F, @ %40, # %23)"
        )
    if "password" in parts.query.lower():
        raise ValueError("the password belongs before the @")
