"""Read what a survey answered, by the form that it is written in. Child only."""

import gzip
import os
import zlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from crowdsky_tui.timeseries.surveys import aavso, asassn, atlas, gaia, ztf
from crowdsky_tui.timeseries.surveys.messages import Form, SurveyPoints, SurveyRequest
from crowdsky_tui.timeseries.surveys.tables import refusal

MOST_BYTES = 20_000_000
GZIP = b"\x1f\x8b"


def _read_satellite(raw: bytes) -> SurveyPoints:
    from crowdsky_tui.timeseries.surveys.satellite import read_satellite

    return read_satellite(raw)


READERS: dict[Form, Callable[[bytes], SurveyPoints]] = {
    Form.ZTF: ztf.read_irsa,
    Form.SNAD: ztf.read_snad,
    Form.ATLAS: atlas.read_atlas,
    Form.GAIA: gaia.read_gaia,
    Form.AAVSO: aavso.read_live,
    Form.AAVSO_FILE: aavso.read_file,
    Form.ASASSN: asassn.read_asassn,
    Form.SATELLITE: _read_satellite,
}


def read_survey(request: SurveyRequest) -> SurveyPoints:
    """The points of a file.

    Raises
    ------
    SurveyRefused
        It is not of that form, or larger than 20 MB.
    OSError
        It cannot be read.
    """
    path = Path(os.fsdecode(request.path))
    with path.open("rb") as file:
        raw = file.read(MOST_BYTES + 1)
    if raw.startswith(GZIP):
        try:
            with gzip.open(path) as packed:
                raw = packed.read(MOST_BYTES + 1)
        except (OSError, EOFError, zlib.error):
            raise refusal("its gzip is broken", "Fetch it again.") from None
    if len(raw) > MOST_BYTES:
        raise refusal(f"it is larger than {MOST_BYTES // 10**6} MB", "Ask for fewer days.")
    found = READERS[request.form](raw)
    some = found.points[request.first : request.first + request.most]
    return msgspec.structs.replace(found, points=some, total=len(found.points))
