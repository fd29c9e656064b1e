"""The CrowdSky server's answers, right and mutated: body, encoding, headers, status line."""

import contextlib
import gzip
import zlib
from random import Random
from typing import Any

import msgspec
from mutate import damaged, encoded, mutated, mutated_json

KEY = "20260724.84_HP006478"
ROW: dict[str, Any] = {
    "id": 7,
    "chunk_key": KEY,
    "object_name": "M 81",
    "telescope_id": "S50_8a95aa90",
    "filter_name": "LP",
    "date_obs_start": "2026-07-24 21:03:55",
    "date_obs_end": "2026-07-24 21:10:45",
    "n_frames_input": 41,
    "n_frames_aligned": 41,
    "total_exptime": 410.0,
    "ra_deg": 148.888,
    "dec_deg": 69.065,
    "file_size_bytes": 5760,
    "created_at": "2026-07-25 01:00:00",
    "n_stars_detected": 120,
}
STAR = {"x": 1.5, "y": 2.5, "flux": 100.0, "a": 1.2, "b": 1.1, "flag": 0, "peak": 9.0}
FITS = b"SIMPLE  =                    T".ljust(80) + b"END".ljust(2800)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
ECSV = b"# %ECSV 1.0\n# ---\nhealpix filter total_exptime last_obs\n1 LP 820.0 2026-07-24\n"
REPLIES: dict[str, Any] = {
    "my_stacks.php": [ROW, ROW | {"id": 8, "chunk_key": "20260724.85_HP006478"}],
    "upload_stack.php": {"ok": True, "job_id": 812, "chunk_key": KEY, "status": "queued"},
    "raw_upload.php?action=start": {"ok": True, "session_token": "t" * 32},
    "raw_upload.php?action=file": {
        "ok": True, "filename": "a.fit", "chunk_key": KEY, "date_obs": "2026-07-24T21:03:55",
    },
    "raw_upload.php?action=finalize": {
        "ok": True, "jobs": 1, "job_ids": [812], "chunks": [KEY], "skipped": [],
    },
    "frames_by_healpix.php": [ROW | {"eq_mode": 0, "sqm": 20.1}],
    "frame_stars.php": {"width": 1080, "height": 1920, "stars": [STAR, STAR]},
    "thumbnail.php": PNG,
    "download_stack.php": FITS,
    "download_frame.php": FITS,
    "sky_coverage.php": ECSV,
}  # fmt: skip
STATUSES = (
    *("199", "201", "202", "204", "205", "206", "300", "301", "302", "304", "307", "308", "400"),
    *("401", "402", "403", "404", "405", "407", "408", "409", "413", "418", "422", "429", "451"),
    *(
        "499",
        "500",
        "501",
        "502",
        "503",
        "504",
        "507",
        "511",
        "520",
        "599",
        "999",
        "000",
        "abc",
        "",
    ),
)
WAITS = (
    *("0", "1", "-1", "1e3", "999999999", "9" * 30, "9" * 5000, "soon", "", "\xff", "nan"),
    *("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -2359"),
    *("Mon, 01 Jan 2026 00:00:00 +99999999999", "Thu, 01 Jan 1970 00:00:00 GMT", "32 Foo 2026"),
)
LENGTHS = ("0", "-1", "1", "x", "", "9" * 15, "9" * 400, "1, 2", "1.5", "0x10", "+5")
CODINGS = ("br", "deflate", "zstd", "gzip, gzip", "gzip, br", "GZIP", "identity", "x", "", ",")
PAGES = (
    b"<!DOCTYPE html><html>Sign in</html>",
    b'<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>',
    b"Fatal error: Allowed memory size exhausted",
    b"null", b"true", b"[]", b"{}", b'""', b"0", b"\n" * 5000, b"\xff\xfe[\x00]\x00",
    b'{"error":"\\u001b[2J no"}', b'{"ok":false}', b'{"error":{"a":[1]}}', b'{"error":1e400}',
)  # fmt: skip


def good_body(endpoint: str) -> bytes:
    """What the endpoint answers when all is well."""
    reply = REPLIES[endpoint]
    return reply if isinstance(reply, bytes) else encoded(reply).encode()


def good_reply(endpoint: str) -> bytes:
    """The whole answer on the wire."""
    body = good_body(endpoint)
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body


def mutated_reply(random: Random, endpoint: str) -> bytes:
    """A whole answer with something odd in body, encoding, headers, status, or the bytes of it."""
    body = _body(random, REPLIES[endpoint])
    headers: list[bytes] = []
    if random.random() < 0.2:
        body, coding = _encoded(random, body)
        headers.append(b"Content-Encoding: " + coding)
    framed = _framed(random, body, headers)
    if random.random() < 0.15:
        headers.append(b"Retry-After: " + random.choice(WAITS).encode("latin-1"))
    if random.random() < 0.05:
        headers.append(random.choice((b"X: " + b"y" * 70_000, b"broken", b": x", b"A:\x00", b" f")))
    if random.random() < 0.05:
        headers.append(b"Location: " + random.choice((b"http://[::", b"/x", b"\xff", b"https://x")))
    status = "200" if random.random() < 0.7 else random.choice(STATUSES)
    lines = [b"HTTP/1.1 %s Words" % status.encode(), *headers, b"Connection: close", b"", b""]
    reply = b"\r\n".join(lines) + framed
    if random.random() < 0.05:
        reply = b"HTTP/1.1 100 Continue\r\n\r\n" * random.choice((1, 500)) + reply
    return damaged(random, reply) if random.random() < 0.1 else reply


def _body(random: Random, good: Any) -> bytes:
    if random.random() < 0.15:
        return random.choice(PAGES)
    if isinstance(good, bytes):
        return damaged(random, good) if random.random() < 0.8 else good
    if isinstance(good, list) and random.random() < 0.6:
        return _odd_rows(random, good)
    return mutated_json(random, good)


def _odd_rows(random: Random, good: list[Any]) -> bytes:
    """A list of rows, each of them a little odd, and all of them JSON objects."""
    rows: list[bytes] = []
    while len(rows) < 40:
        row = encoded(mutated(random, random.choice(good))).encode()
        with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            msgspec.json.decode(row, type=dict[str, Any])
            rows.append(row)
    return b"[" + b",".join(rows) + b"]"


def _encoded(random: Random, body: bytes) -> tuple[bytes, bytes]:
    """The body in some encoding, and what a header says of it, which may be something else."""
    packed = random.choice(
        (gzip.compress(body), gzip.compress(gzip.compress(body)), zlib.compress(body), body)
    )
    if random.random() < 0.3:
        packed = damaged(random, packed)
    coding = "gzip" if random.random() < 0.5 else random.choice(CODINGS)
    return packed, coding.encode()


def _framed(random: Random, body: bytes, headers: list[bytes]) -> bytes:
    """The body as it goes out; adds what says how long it is, rightly or not."""
    what = random.random()
    if what < 0.1:
        headers.append(b"Content-Length: " + random.choice(LENGTHS).encode())
        return body
    if what < 0.2:
        headers.append(b"Transfer-Encoding: " + random.choice((b"chunked", b"gzip, chunked", b"x")))
        whole = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        return damaged(random, whole) if random.random() < 0.5 else whole
    if what > 0.3:
        headers.append(b"Content-Length: %d" % len(body))
    return body
