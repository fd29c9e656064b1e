"""One star of a field's catalogue. Child only."""

import os
from pathlib import Path

from crowdsky_tui.base.text import clean
from crowdsky_tui.photometry.field_catalogue import read_field
from crowdsky_tui.photometry.frame_messages import CatalogueStar, StarRequest
from crowdsky_tui.timeseries.errors import CurveRefused


def find_star(request: StarRequest) -> CatalogueStar:
    """The star of this name, moved to the year by its proper motion.

    Raises
    ------
    CurveRefused
        The catalogue has no such star.
    OSError
        It cannot be read.
    """
    path = Path(os.fsdecode(request.path))
    field = read_field(path)
    try:
        place = field.names.index(request.name)
    except ValueError:
        name = clean(path.name, 100)
        raise CurveRefused(f"{name} has no {clean(request.name, 60)}", "") from None
    ra, dec = field.at(request.year)
    return CatalogueStar(float(ra[place]), float(dec[place]), field.gaia_ids[place])
