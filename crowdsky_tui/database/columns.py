"""The types of columns that SQLite and PostgreSQL understand alike."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

RowId = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""A number that the database gives: SQLite counts by itself in a plain INTEGER only."""


class UtcTime(TypeDecorator[datetime]):
    """A moment: aware in, aware UTC out. A naive one is refused, as it could be any."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """A moment for the database, in UTC. Raises ValueError without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone cannot be kept")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """A moment from the database, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
