"""Faults that a test switches on while a stand-in runs."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Hand:
    """What somebody else does before the telescope carries out a method of ours.

    `does` is set (another list to stack: `files` of the folder `path`), stack (that, and start it),
    rename or copy (the folder `path`, as `MyWorks/…`, becomes `to`).
    """

    before: str
    does: str
    path: str
    files: tuple[str, ...] = ()
    to: str = ""


@dataclass
class Faults:
    """Everything off by default."""

    stall: set[str] = field(default_factory=set)
    """Methods that are never answered."""
    mute: set[str] = field(default_factory=set)
    """Methods that are carried out and never answered."""
    delay: dict[str, float] = field(default_factory=dict)
    """Methods that are answered only after so many real seconds; `*` is every one."""
    drop_on: set[str] = field(default_factory=set)
    """Methods that make the telescope close the connection instead of answering."""
    refuse: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Methods that are answered with this error code and text."""
    batch_failures: list[tuple[int, str]] = field(default_factory=list)
    """Each batch stack that is started takes one of these (code, text) and fails with it."""
    hidden_albums: set[str] = field(default_factory=set)
    """Folders that `get_albums` leaves out, as real telescopes do now and then."""
    truncate_http: int | None = None
    """Every HTTP body ends after this many bytes."""
    flip_http: int | None = None
    """One bit of the byte at this place of every HTTP body is wrong."""
    page_http: bool = False
    """Every HTTP answer is a web page with status 200, such as a captive portal's."""
    solve_failures: int = 0
    """So many attempts of a goto to find out where it points fail (251); seven end it."""
    cannot_go: dict[str, int] = field(default_factory=dict)
    """Targets that a goto never reaches, by name, with the code that it ends with."""
    points_off_deg: float = 0.0
    """So far north of its goal a goto ends, and the telescope knows it: as by a wrong equinox."""
    plan_goes_on: bool = False
    """The telescope's own plan stays `working` after its last row."""
    plan_forgotten: bool = False
    """A plan is taken with success, and neither observed nor told of."""
    plan_differs: bool = False
    """A plan that is told of has other times than the one that was sent."""
    deaf: set[str] = field(default_factory=set)
    """Methods that are answered with success and not carried out."""
    no_stars: bool = False
    """Autofocus sees no star (279)."""
    bound_to_socket: bool = False
    """A goto or autofocus ends with the connection that asked for it: nobody has said."""
    reads_back: dict[str, object] = field(default_factory=dict)
    """Methods that answer with this result, whatever is true."""
    hands: list[Hand] = field(default_factory=list)
    """Each acts once, the first of a method before it is carried out the next time."""
