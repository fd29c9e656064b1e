"""What can go wrong between a client and the CrowdSky stand-in, as a table of knobs.

standin.faults.add("upload_stack", Fault(kind="lost_reply"))           # the next upload
standin.faults.add("my_stacks", Fault(kind="status", status=503, retry_after=2), nth=3)
standin.faults.add("download_stack", Fault(kind="truncate", size=5000), times=None)
"""

from datetime import UTC, datetime
from email.utils import format_datetime

import msgspec

ENDPOINTS = (
    *("my_stacks", "upload_stack", "download_stack", "thumbnail"),
    *("raw_start", "raw_file", "raw_finalize"),
    *("frames_by_healpix", "download_frame", "frame_stars", "sky_coverage"),
)
"""Their paths' stems; `raw_upload.php` counts as three, by its action."""

KINDS = {
    "status": "answer `status` without acting; the body is what such a server sends, or `text`",
    "html": "200 and an HTML page, without acting (a captive portal)",
    "empty": "200 and an empty body, without acting",
    "redirect": "302 to the login page, without acting",
    "reset": "reset the connection once the request is in, without acting",
    "reset_upload": "reset the connection after `size` bytes of the request body",
    "reset_reply": "act, then reset the connection after `size` bytes of the reply's body",
    "lost_reply": "act, then close the connection without a word",
    "slow_first_byte": "act, then wait `delay_s` before the reply begins",
    "slow_body": "send the reply in pieces of `size` bytes, `delay_s` apart",
    "truncate": "keep Content-Length, send `size` bytes of the body (default half), close",
    "short": "a whole reply of only `size` bytes (default half), Content-Length to match",
    "storage_error": "200 and FITS headers, but the body is the storage server's XML error",
    "disposition": "`text` (a legal header value) as Content-Disposition; empty: no such header",
    "error_in_200": "200 and a JSON object with an `error`, without acting",
    "rows_null": "rows whose nullable fields are null",
    "rows_text": "rows whose numbers are strings",
    "rows_int_telescope": "rows whose telescope ids are integers",
    "no_hp": "chunk keys in the reply lack their HP part",
}
WORKER_KINDS = {
    "stuck": "the job stays `processing` for ever",
    "limbo": "the job fails three times and stays `retry` for ever",
}


class Fault(msgspec.Struct, frozen=True):
    """One thing going wrong; `KINDS` and `WORKER_KINDS` say which fields a kind looks at.

    `delay_s` is in real seconds. `retry_after` is in seconds or an aware moment, and is sent as
    such.
    """

    kind: str
    status: int = 500
    text: str | None = None
    retry_after: float | datetime | None = None
    delay_s: float = 0.5
    size: int | None = None

    @property
    def retry_after_header(self) -> str | None:
        """The Retry-After header: seconds or a date (RFC 9110); None for none."""
        if isinstance(self.retry_after, datetime):
            return format_datetime(self.retry_after.astimezone(UTC), usegmt=True)
        return None if self.retry_after is None else f"{self.retry_after:g}"


FIELDS = Fault.__struct_fields__


class _Rule:
    def __init__(self, fault: Fault, nth: int, times: int | None) -> None:
        self.fault = fault
        self.skip = nth - 1
        self.left = times

    def due(self) -> bool:
        if self.skip:
            self.skip -= 1
            return False
        return self.left is None or self.left > 0

    def spend(self) -> Fault:
        if self.left is not None:
            self.left -= 1
        return self.fault


class Faults:
    """Faults to come, by endpoint (one of `ENDPOINTS`, or `worker` for jobs)."""

    def __init__(self) -> None:
        self._rules: dict[str, list[_Rule]] = {}

    def add(self, endpoint: str, fault: Fault, nth: int = 1, times: int | None = 1) -> None:
        """Let `fault` happen at the `nth` request from now and `times` times (None: always).

        A fault that is due while an earlier one happens waits for the next request. Raises
        ValueError for an endpoint or a kind that does not exist.
        """
        kinds = WORKER_KINDS if endpoint == "worker" else KINDS
        if endpoint not in (*ENDPOINTS, "worker"):
            raise ValueError(f"the stand-in has no endpoint {endpoint!r}")
        if fault.kind not in kinds:
            raise ValueError(f"{endpoint} knows no fault {fault.kind!r}, only {', '.join(kinds)}")
        if nth < 1:
            raise ValueError("nth counts from 1")
        self._rules.setdefault(endpoint, []).append(_Rule(fault, nth, times))

    def clear(self) -> None:
        """Forget every fault."""
        self._rules.clear()

    def take(self, endpoint: str) -> Fault | None:
        """The fault for the request (or job) that begins now, if any."""
        due = [rule for rule in self._rules.get(endpoint, []) if rule.due()]
        return due[0].spend() if due else None


def parse_fault(text: str) -> tuple[str, Fault, int, int | None]:
    """`ENDPOINT:KIND[:NTH][,FIELD=X…]` as what `Faults.add` takes; ValueError if it is none.

    A number as KIND is that status. NTH is the request that is hit (1 without it), or `*` for all.
    The fields are those of `Fault`: `download_stack:truncate:*,size=5000`.
    """
    text, *given = text.split(",")
    endpoint, _, rest = text.partition(":")
    kind, _, nth = rest.partition(":")
    values: dict[str, object] = {"kind": kind}
    if kind.isdecimal():
        values = {"kind": "status", "status": kind}
    for field in given:
        name, _, value = field.partition("=")
        values[name] = value
    if not all("=" in field for field in given) or not {*values} <= {*FIELDS}:
        raise ValueError(f"the fields of a fault are {', '.join(FIELDS)}, each as FIELD=X")
    fault = msgspec.convert(values, Fault, strict=False)
    if nth == "*":
        return endpoint, fault, 1, None
    if nth and not nth.isdecimal():
        raise ValueError(f"{nth!r} is neither a number nor *")
    return endpoint, fault, int(nth or 1), 1
