"""pysmb's connection to a share: what is used of it, what its failures say, and new files."""

import time
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Protocol, SupportsIndex, TypeVar

from crowdsky_tui.instruments.seestar.files.files import CHUNK_BYTES

OPERATION_TIMEOUT_S = 30
OPEN_ELSEWHERE_S, LOOK_AGAIN_S = 2.0, 0.05
SHARING_VIOLATION = 0xC0000043
_ONLY_NEW_SMB1 = 0x0010
"""OpenMode of SMB_COM_OPEN_ANDX: create the file, fail where it exists ([MS-CIFS] 2.2.4.41.1)."""

T = TypeVar("T")


class WireText(str):
    """A text as long as it is on the wire.

    pysmb counts the characters of a new name, but a sign beyond U+FFFF is two units of UTF-16.
    """

    def __len__(self) -> int:
        return len(self.encode("utf-16-le")) // 2

    def replace(self, old: str, new: str, count: SupportsIndex = -1, /) -> "WireText":
        return WireText(super().replace(old, new, count))


class Entry(Protocol):
    """What pysmb tells of a file: its size in bytes, its times in seconds since 1970, in UTC."""

    filename: str
    file_size: int
    last_write_time: float
    isDirectory: bool


class Smb(Protocol):
    """What is used of pysmb's `SMBConnection`, which tells no types. All of it blocks."""

    def listPath(self, share: str, path: str, /) -> Sequence[Entry]: ...
    def getAttributes(self, share: str, path: str, /) -> Entry: ...
    def rename(self, share: str, old: str, new: str, /) -> None: ...
    def createDirectory(self, share: str, path: str, /) -> None: ...
    def deleteFiles(self, share: str, pattern: str, /) -> None: ...
    def storeFile(self, share: str, path: str, file: BytesIO, /, *, timeout: int) -> int: ...
    def retrieveFileFromOffset(
        self, share: str, path: str, file: BytesIO, start: int, length: int, /, *, timeout: int
    ) -> tuple[int, int]: ...
    def store_new(self, share: str, path: str, content: bytes, /) -> None: ...
    def connect(self, host: str, port: int, /, *, timeout: int) -> bool: ...
    def close(self) -> None: ...


def status_of(error: Exception) -> int:
    """The first failing NT status among the messages of a pysmb OperationFailure."""
    for message in getattr(error, "smb_messages", []):
        status = getattr(message, "status", 0)
        code = getattr(status, "internal_value", status)
        if isinstance(code, int) and code & 0xC0000000 == 0xC0000000:
            return code
    return 0


def when_free(work: Callable[[], T]) -> T:
    """Do it; while another client has the file open for a moment, again, for two seconds."""
    from smb.smb_structs import OperationFailure

    end = time.monotonic() + OPEN_ELSEWHERE_S
    while True:
        try:
            return work()
        except OperationFailure as error:
            if status_of(error) != SHARING_VIOLATION or time.monotonic() > end:
                raise
        time.sleep(LOOK_AGAIN_S)


def content_of(smb: Smb, share: str, target: str) -> bytes:
    """A small file, whole."""
    data = BytesIO()
    smb.retrieveFileFromOffset(share, target, data, 0, CHUNK_BYTES, timeout=OPERATION_TIMEOUT_S)
    return data.getvalue()


def guest_connection() -> Smb:
    """A guest's connection over direct TCP, not connected yet, which can store a file as a new one.

    pysmb opens what it stores with "create or overwrite"; that the name must be free is asked of
    the server by the create disposition FILE_CREATE ([MS-SMB2] 2.2.13), which pysmb has no
    argument for.
    """
    from smb.smb2_structs import SMB2CreateRequest, SMB2Message
    from smb.smb_constants import FILE_CREATE, FILE_SHARE_READ
    from smb.smb_structs import ComOpenAndxRequest, SMBMessage
    from smb.SMBConnection import SMBConnection

    class Connection(SMBConnection):  # type: ignore[misc]
        only_new = False

        def store_new(self, share: str, path: str, content: bytes, /) -> None:
            self.only_new = True
            try:
                self.storeFile(share, path, BytesIO(content), timeout=OPERATION_TIMEOUT_S)
            finally:
                self.only_new = False

        def _sendSMBMessage_SMB2(self, message: SMB2Message) -> None:
            if self.only_new and isinstance(message.payload, SMB2CreateRequest):
                message.payload.create_disp = FILE_CREATE
                message.payload.share_access = FILE_SHARE_READ  # a reader must not make it fail
            super()._sendSMBMessage_SMB2(message)

        def _sendSMBMessage_SMB1(self, message: SMBMessage) -> None:
            if self.only_new and isinstance(message.payload, ComOpenAndxRequest):
                message.payload.open_mode = _ONLY_NEW_SMB1
            super()._sendSMBMessage_SMB1(message)

    connection: Smb = Connection(
        "", "", "crowdsky", "seestar", use_ntlm_v2=False, is_direct_tcp=True
    )
    return connection
