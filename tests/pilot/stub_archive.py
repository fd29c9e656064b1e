"""The archive's frames and the requests at telescope.org, as a stub night has them."""

from datetime import UTC, datetime, timedelta

import msgspec

from crowdsky_tui.archive.frame import Frame, FramePart, Source
from crowdsky_tui.fits.messages import Preview
from crowdsky_tui.night.archive_list import FrameList
from crowdsky_tui.night.archive_removal import Removal
from crowdsky_tui.night.calls.archive import FetchFrames, ListFrames, RemoveCopies
from crowdsky_tui.night.calls.call import Call
from crowdsky_tui.night.calls.everybody import FindFrames
from crowdsky_tui.night.calls.frame_pictures import ListParts, ReadHeader, ShowFrame
from crowdsky_tui.night.calls.remote import (
    AskRemotely,
    FetchRemote,
    ListRemote,
    RemoteRequests,
    ShowRequest,
)
from crowdsky_tui.night.calls.remote_jobs import (
    CancelRemoteJobs,
    ClearRemoteJobs,
    ListRemoteJobs,
    RemoteJobLine,
)
from crowdsky_tui.services.telescope_org.records import Folder, RequestRow
from crowdsky_tui.store.store import JobState

EVENING = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
FRAMES = (
    Frame(source=Source.SCOPE, key="a349/M 81/1", target="M 81", at=EVENING, instrument="garden",
          filter="LP", exposure_s=600.0, path="/data/M 81.fit", size=4_100_000, sha256="a1",
          state="confirmed", elsewhere="the server"),
    Frame(source=Source.SERVER, key="77", target="NGC 7000", at=EVENING - timedelta(days=1),
          instrument="S50_8a95aa90", filter="IRCUT", exposure_s=900.0, state="on the server",
          elsewhere="the server"),
    Frame(source=Source.REMOTE, key="369256.fits", target="SS Cyg",
          at=EVENING - timedelta(days=9), instrument="COAST", filter="BVR", exposure_s=120.0,
          path="/cache/3/6/369256.fits", size=14_200_000, sha256="b2", state="here",
          elsewhere="telescope.org"),
    Frame(source=Source.FOLDER, key="/rig/M 31.fits", target="M 31", filter="V",
          path="/rig/M 31.fits", size=9_000_000, sha256="c3", state="here"),
)  # fmt: skip


def _request(number: int, status: int, name: str) -> RequestRow:
    return RequestRow(number, name, "RADEC", "", "", EVENING - timedelta(days=2), status)


REQUESTS = RemoteRequests(
    (Folder(1, "Inbox", 4, None), Folder(2, "Favourites", 0, None)),
    1,
    (
        _request(729130, 3, "T CrB"),
        _request(729129, 9, "CH Cyg"),
        _request(729128, 22, "DX Vul"),
        _request(729127, 8, "SS Cyg"),
    ),
)

JOBS = (
    RemoteJobLine(11, "remote-request", "SS Cyg COAST V", JobState.WAITING,
                  "sent; the site's list does not show it yet", EVENING, EVENING),
    RemoteJobLine(12, "remote-watch", "T CrB R729130", JobState.WAITING, "Waiting", EVENING),
    RemoteJobLine(13, "remote-fetch", "CH Cyg J369257", JobState.FAILED,
                  "369257.fits is damaged: it is shorter than told (tried 8 times)", EVENING),
)  # fmt: skip


def answer(call: Call[object]) -> object:
    """What a stub night answers to a call about the archive; None for others."""
    match call:
        case ListFrames():
            return FrameList(FRAMES)
        case FetchFrames(keys):
            return f"{len(keys)} queued (job log)"
        case RemoveCopies(keys, dry_run):
            return tuple(
                Removal(key.key, key.key, 1_000_000, gone=not dry_run)
                if key.key != "/rig/M 31.fits"
                else Removal(key.key, key.key, why="its file stays: nothing proves it elsewhere")
                for key in keys
            )
        case ListParts(key) if key.key.endswith(".fits"):
            names = ("all colours", "B", "V", "R")
            return tuple(FramePart(name, at - 1 if at else None) for at, name in enumerate(names))
        case ListParts():
            return (FramePart("the picture"),)
        case ShowFrame(plane=plane):
            shade = 40 * ((plane or 0) + 1)
            return Preview(8, 8, bytes([shade] * 8 * 8 * 3))
        case ReadHeader():
            return (("bytes", "4,100,000"), ("planes", "3"))
        case FindFrames(target):
            return f"3 frames of everybody around {target}"
        case ListRemote():
            return REQUESTS
        case AskRemotely(target, telescope, filters):
            return tuple(f"{telescope} {name}, 90 s of {target}" for name in filters)
        case FetchRemote(requests):
            return f"{len(requests)} on their way (job log)"
        case ListRemoteJobs():
            return JOBS
        case CancelRemoteJobs(ids):
            return tuple(
                msgspec.structs.replace(line, state=JobState.CANCELLED, may_be_sent=True)
                for line in JOBS
                if line.id in ids
            )
        case ClearRemoteJobs(ids):
            return len(ids or ())
        case ShowRequest(number):
            return (("request", f"R{number}"), ("status", "Complete"))
    return None
