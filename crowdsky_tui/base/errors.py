"""The error tree. Each error says what happened, why, and what to do next, in clean text.

CrowdSkyError: ClockWrong, FileDamaged, ScienceUnavailable, FileInTheWay, CannotWrite
    UsageError: SettingsError, ReadOnlyMode, NotOffered
    JournalError: JournalRefused, JournalNewer, JournalLocked, JournalFull
    DatabaseError: DatabaseUnavailable, DatabaseNewer, DatabaseDamaged
    DiskFull: JournalFull
    DeviceError: ScopeUnreachable, ScopeTimeout, LoginNeeded, LoginRefused, OtherTelescope,
      CommandRefused, ScopeBusy, NotFoundOnScope
        OperationFailed: ScopeMoving, OutOfLimit, SolveFailed, OperationAborted, AlreadyStacking,
          BelowHorizon, NoStars, OperationTimeout, NotProved
        StackFailed: StackDisturbed
    ServerError: AuthRefused, NotFound, RateLimited, ServerUnavailable, NetworkDown, UploadInDoubt,
      SentByAnotherCopy, ProtocolError
        Rejected: TooLarge
    SensorError: NotSafe, SensorUnreachable, SensorGarbled
"""

from enum import IntEnum

from crowdsky_tui.base.text import clean


class ExitCode(IntEnum):
    """What a command tells the shell (docs/commands.md, *Exit codes*)."""

    OK = 0
    USAGE = 2
    SOME_FAILED = 3
    UNREACHABLE = 4
    LOGIN_REFUSED = 5
    LOCKED = 11
    INTERRUPTED = 130


class CrowdSkyError(Exception):
    """Base of every error of this program: `what` happened, `why`, and the `next_step`."""

    exit_code = ExitCode.SOME_FAILED
    retryable = False
    """Whether trying the same again may help: a few times, then the job has failed."""
    outage = False
    """Whether the other side is just away: then a job waits for as long as it takes."""

    def __init__(self, what: str, why: str = "", next_step: str = "") -> None:
        self.what = clean(what, 400)
        self.why = clean(why, 600)
        self.next_step = clean(next_step, 400)
        super().__init__(self.what)

    def __str__(self) -> str:
        line = f"{self.what}: {self.why}" if self.why else self.what
        if not self.next_step:
            return line
        return f"{line if line.endswith(('.', '?', '!')) else line + '.'} {self.next_step}"


class UsageError(CrowdSkyError):
    """The command or the call asked for something that cannot be done."""

    exit_code = ExitCode.USAGE


class SettingsError(UsageError):
    """A settings file or value is not valid."""


class ClockWrong(CrowdSkyError):
    """A clock, or the time that a night is said to have, cannot be right."""


class JournalError(CrowdSkyError):
    """The journal cannot be used."""


class JournalRefused(JournalError):
    """A job cannot go from the state that the journal has of it to that one."""


class JournalNewer(JournalError):
    """A later version of this program wrote the journal."""

    exit_code = ExitCode.USAGE


class JournalLocked(JournalError):
    """Another copy of this program owns the journal."""

    exit_code = ExitCode.LOCKED


class DatabaseError(CrowdSkyError):
    """The database, which is not the journal, could not do what was asked of it."""


class DatabaseUnavailable(DatabaseError):
    """The database is away, busy, or has no room: what is to be written has to wait."""

    exit_code = ExitCode.UNREACHABLE
    outage = True


class DatabaseNewer(DatabaseError):
    """A later version of this program wrote the database."""

    exit_code = ExitCode.USAGE


class DatabaseDamaged(DatabaseError):
    """The database's file is not what SQLite wrote."""


class FileDamaged(CrowdSkyError):
    """A file is shorter than it says, or is not what it should be."""

    retryable = True


class ScienceUnavailable(CrowdSkyError):
    """The child process that reads FITS files could not be used; the file is not to blame."""

    retryable = True


class FileInTheWay(CrowdSkyError):
    """A file of the wanted name is there already, and nothing is overwritten silently."""


class DiskFull(CrowdSkyError):
    """There is no room on the disk for what was about to be written."""


class CannotWrite(CrowdSkyError):
    """A file cannot be written where it was wanted: the folder is full, read-only or not ours."""


class JournalFull(DiskFull, JournalError):
    """There is no room for the journal: nothing goes on until there is."""

    outage = True


class DeviceError(CrowdSkyError):
    """Something went wrong between us and one telescope."""


class ScopeUnreachable(DeviceError):
    """No connection to the telescope."""

    exit_code = ExitCode.UNREACHABLE
    outage = True


class ScopeTimeout(DeviceError):
    """The telescope did not answer a command in time."""

    exit_code = ExitCode.UNREACHABLE
    retryable = True


class LoginNeeded(DeviceError):
    """The telescope's firmware wants a signed login (7.18 and later)."""

    exit_code = ExitCode.LOGIN_REFUSED


class LoginRefused(DeviceError):
    """The telescope did not accept the signature of the user's key."""

    exit_code = ExitCode.LOGIN_REFUSED


class OtherTelescope(DeviceError):
    """Another telescope than the one that was meant answers at this address."""

    exit_code = ExitCode.UNREACHABLE
    outage = True


class CommandRefused(DeviceError):
    """The telescope answered a command with an error `code` (docs/design/seestar-protocol.md 8)."""

    def __init__(self, what: str, why: str = "", next_step: str = "", *, code: int = -1) -> None:
        super().__init__(what, why, next_step)
        self.code = code


class ScopeBusy(DeviceError):
    """The telescope is doing something that must not be disturbed."""

    retryable = True


class ReadOnlyMode(UsageError):
    """Something would change a telescope, but this run only looks."""


class NotOffered(UsageError):
    """The instrument cannot do this at all; `lack` is the kind of reason."""

    def __init__(self, what: str, why: str = "", next_step: str = "", *, lack: str = "") -> None:
        super().__init__(what, why, next_step)
        self.lack = lack


class OperationFailed(DeviceError):
    """The telescope did not do what it was told; `code` is its own, 0 if it gave none."""

    def __init__(self, what: str, why: str = "", next_step: str = "", *, code: int = 0) -> None:
        super().__init__(what, why, next_step)
        self.code = code


class ScopeMoving(OperationFailed):
    """Its mount is moving already (203)."""


class OutOfLimit(OperationFailed):
    """Its mount cannot go there (204)."""


class SolveFailed(OperationFailed):
    """It could not find out where it points (251)."""


class OperationAborted(OperationFailed):
    """Somebody stopped what it was doing (253, or a state of `cancel`)."""


class AlreadyStacking(OperationFailed):
    """It stacks already (259)."""


class BelowHorizon(OperationFailed):
    """The place is below its horizon (270)."""


class NoStars(OperationFailed):
    """It saw no stars to focus on (279)."""


class OperationTimeout(OperationFailed):
    """It had not come to an end in time."""


class NotProved(OperationFailed):
    """The telescope said yes, but reading back does not show the effect."""


class NotFoundOnScope(DeviceError):
    """The telescope has no such file, folder or target."""


class StackFailed(DeviceError):
    """A batch stack ended without a usable result.

    `status` is the documented word for it: `fail`, `cancel`, `timeout` or `error`. `code` is the
    telescope's (docs/design/seestar-protocol.md 8), 0 if it gave none.
    """

    def __init__(
        self, what: str, why: str = "", next_step: str = "", *, status: str = "fail", code: int = 0
    ) -> None:
        super().__init__(what, why, next_step)
        self.status = status
        self.code = code


class StackDisturbed(StackFailed):
    """Somebody else changed what the telescope was to stack; what came out is not ours."""

    retryable = True


class ServerError(CrowdSkyError):
    """Something went wrong between us and the CrowdSky server.

    `status` is the HTTP status of the answer, None if there was none; `retry_after` the seconds
    that the server asks to wait, None if it did not say.
    """

    status: int | None = None
    retry_after: float | None = None


class AuthRefused(ServerError):
    """The server refused the user name and password."""

    exit_code = ExitCode.LOGIN_REFUSED


class NotFound(ServerError):
    """The server does not know what was asked for."""


class Rejected(ServerError):
    """The server refused a request and gave its reason."""


class TooLarge(Rejected):
    """The file is over the server's limit of 50 MiB."""


class RateLimited(ServerError):
    """The server asks to come back later; `retry_after` is in seconds, None if it did not say."""

    outage = True

    def __init__(
        self, what: str, why: str = "", next_step: str = "", *, retry_after: float | None = None
    ) -> None:
        super().__init__(what, why, next_step)
        self.retry_after = retry_after


class ServerUnavailable(ServerError):
    """The server answered with a fault of its own (5xx)."""

    exit_code = ExitCode.UNREACHABLE
    outage = True


class NetworkDown(ServerError):
    """The server could not be reached, or the connection broke."""

    exit_code = ExitCode.UNREACHABLE
    outage = True


class UploadInDoubt(ServerError):
    """The whole file was handed over but no answer came: only the server's list can tell."""


class SentByAnotherCopy(ServerError):
    """Another copy of this program has marked a stack as its own to send: ours stays here."""

    retryable = True


class ProtocolError(ServerError):
    """The server answered something that is not its documented form."""

    retryable = True


class SensorError(CrowdSkyError):
    """Something went wrong between us and a sensor."""


class NotSafe(SensorError):
    """The sensors say that it is not safe to observe."""


class SensorUnreachable(SensorError):
    """A sensor's port, address or file cannot be opened, or it fell silent."""

    exit_code = ExitCode.UNREACHABLE
    outage = True


class SensorGarbled(SensorError):
    """What a sensor sent is not its documented form, or cannot be true."""

    retryable = True
