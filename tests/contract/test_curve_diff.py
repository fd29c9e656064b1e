"""Two exports compared: how they were made, and their points."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from curve_star_kit import FRAMES, NIGHTS, STAR, curves_verb, fill
from json_schema_kit import document_of

from crowdsky_tui.base.errors import UsageError
from crowdsky_tui.curves.export_diff import difference, read_export
from crowdsky_tui.database.database import Database

FORMS = ("csv", "ecsv", "etd")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("amleo")

    async def write() -> None:
        database = Database(made / "state")
        await fill(database)
        await database.close()

    asyncio.run(write())
    for form in FORMS:
        done = curves_verb(made, "export", "amleo", STAR, f"a.{form}", "--format", form)
        assert done.returncode == 0, done.stderr
    return made


@pytest.mark.parametrize("form", FORMS)
def test_an_export_and_itself_differ_in_nothing(folder: Path, form: str) -> None:
    read = read_export(folder / f"a.{form}")
    assert difference(read, read).none and read.parameters["floor_mag"] == "0.02"
    assert len(read.points) == (0 if form == "etd" else NIGHTS * FRAMES)


def test_each_kind_of_change_is_named(folder: Path) -> None:
    text = (folder / "a.csv").read_text()
    lines = text.replace("floor_mag 0.02 (default)", "floor_mag 0.03 (command)").splitlines()
    at = next(k for k, line in enumerate(lines) if line.startswith("jd_utc"))
    cells = lines[at + 1].split(",")
    mag = float(cells[2])
    lines[at + 1] = ",".join([*cells[:2], f"{mag + 0.25:.4f}", *cells[3:]])
    del lines[at + 5]
    compared = next(k for k, line in enumerate(lines) if "comparison stars: " in line)
    lines[compared] = lines[compared].replace("c1", "c9")
    (folder / "b.csv").write_text("\n".join(lines) + "\n")
    done = curves_verb(folder, "diff", "a.csv", "b.csv", "--json")
    told: dict[str, Any] = document_of(done)
    found = told["difference"]
    assert not told["same"] and [each["name"] for each in found["changes"]] == [
        "floor_mag", "compared with", "compared with",
    ]  # fmt: skip
    assert found["changes"][0] == {"name": "floor_mag", "first": "0.02", "second": "0.03"}
    assert (found["only_first"], found["only_second"], found["changed"]) == (1, 0, 1)
    assert found["largest_mag"] == 0.25
    words = curves_verb(folder, "diff", "a.csv", "b.csv").stdout
    assert "1 only in the first" in words and "by 0.2500 mag at most" in words
    assert "nothing differs" in curves_verb(folder, "diff", "a.csv", "a.csv").stdout


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"time mag\n1 2\n", b"# parameters SHA-256 1\n"]
)
def test_what_is_no_export_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"x\.csv cannot be compared"):
        read_export(path)
    with pytest.raises(UsageError, match="cannot be compared"):
        read_export(tmp_path)
