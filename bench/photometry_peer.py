"""A stack measured by seestar_photometry, for `bench.photometry`: run in an environment of its own.

`python photometry_peer.py FOLDER` reads FOLDER/field.ecsv, FOLDER/check.json and the FITS files
there, and prints JSON: CPU seconds of each frame (load, solve, forced photometry in R, G, B, zero
point; imports excluded, the first frame too), and each check star's
magnitudes by the comparison stars that it chooses.
seestar_photometry is GPL-3: a test oracle, and no part of this program.
"""

import json
import sys
import time
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

ENCLOSED = 0.95
"""Of the light, in the circle: what its own pipeline takes for curves."""
NEAR_ARCMIN = 15.0
"""Of comparison stars, as ours; their magnitudes and colours as it usually has them."""


def measure(path: Path, catalogue: Any, tool: Any) -> tuple[Any, float]:
    """Its forced measurements of one frame, and the CPU seconds they took."""
    begun = time.process_time()
    frame = tool("frames").load_frame(path)
    wcs = tool("astrometry").solve_local(frame, catalogue, force=True)
    there = tool("catalogs").sources_in_frame(catalogue, wcs, frame)
    found = tool("photometry").forced_photometry(
        frame, there["ra"], there["dec"], wcs, source_id=there["source_id"], enclosed=ENCLOSED
    )
    for column in ("v_jkc_mag", "b_jkc_mag", "r_jkc_mag"):
        found[column] = [*there[column]] * 3
    tool("calibration").fit_zeropoint(found, band="G")
    found["m_inst"] = tool("photometry").instrumental_mag(found["flux"])
    took = time.process_time() - begun
    found["frame"] = path.name
    found["bjd_tdb"] = float(path.stem)
    return found, took


def main() -> None:
    """Measure the folder."""
    warnings.simplefilter("ignore")
    table = import_module("astropy.table")

    def tool(name: str) -> Any:
        return import_module(f"seestar_photometry.{name}")

    folder = Path(sys.argv[1])
    catalogue = table.Table.read(folder / "field.ecsv")
    check = json.loads((folder / "check.json").read_text())
    found, took = zip(
        *(measure(path, catalogue, tool) for path in sorted(folder.glob("*.fit"))), strict=True
    )
    every = table.vstack(list(found), metadata_conflicts="silent")
    curves = tool("lightcurves")
    mags = {}
    for name in check:
        (star,) = catalogue[catalogue["source_id"] == name]
        stars = curves.build_stars(
            catalogue, every["source_id"], (star["ra"], star["dec"]), target_id=name
        )
        others = curves.select_comparisons(stars, max_sep_arcmin=NEAR_ARCMIN)
        curve = curves.differential_lightcurve(every, name, others)
        mags[str(name)] = list(map(float, curve["mag"]))
    print(json.dumps({"seconds": took[1:], "mags": mags}))


if __name__ == "__main__":
    main()
