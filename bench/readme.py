"""The README's table: put between two marks by `python -m bench --readme`."""

from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
BEGIN = "<!-- the measurements: written by python -m bench --readme -->\n"
END = "<!-- the measurements end -->"


def put_table(table: str, readme: Path = README) -> None:
    """Put a new table between the marks. ValueError, and nothing written, if a mark is missing."""
    text = readme.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{readme.name} has no place for the measurements")
    readme.write_text(f"{before}{begin}\n{table.strip()}\n\n{end}{after}", encoding="utf-8")
