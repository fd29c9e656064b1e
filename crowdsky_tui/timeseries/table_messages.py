"""What the compute child is asked to write as a table: Parquet, or a HATS catalogue. No pyarrow."""

from typing import Literal

import msgspec

Kind = Literal["float64", "int64", "string"]


class TableColumn(msgspec.Struct, frozen=True, kw_only=True):
    """One column: its name, kind, unit, what it is, and its values; None is unknown."""

    name: str
    kind: Kind
    unit: str = ""
    about: str = ""
    values: list[float | int | str | None]


class TableRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="op", tag="table"):
    """Write columns of one length as the file or folder `out`.

    Attributes
    ----------
    form
        "parquet": one file, instead of one that is there. "hats": a folder that must not be there.
    comments
        Where the table comes from; kept in the file.
    name
        Of a HATS catalogue.
    ra, dec
        Names of its columns with positions (ICRS, degrees).
    """

    form: Literal["parquet", "hats"]
    out: bytes
    columns: list[TableColumn]
    comments: tuple[str, ...]
    name: str = ""
    ra: str = "ra_deg"
    dec: str = "dec_deg"
