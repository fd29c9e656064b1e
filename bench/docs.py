"""The tables of docs/measurements.md: put between two marks by `python -m bench --docs`."""

from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "measurements.md"
BEGIN = "<!-- the measurements: written by python -m bench --docs -->\n"
END = "<!-- the measurements end -->"


def put_table(table: str, page: Path = PAGE) -> None:
    """Put a new table between the marks. ValueError, and nothing written, if a mark is missing."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{page.name} has no place for the measurements")
    page.write_text(f"{before}{begin}\n{table.strip()}\n\n{end}{after}", encoding="utf-8")
