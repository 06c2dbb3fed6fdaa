"""The as-of date of a snapshot, as people write it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from market_assets.core.errors import BadInputError, Location


def parse_as_of(text: str) -> datetime:
    """Read an as-of date or time; a date means the end of that day in UTC, a time without a zone is UTC.

    Raises
    ------
    BadInputError
        rule ``as_of`` for anything that is not ISO 8601.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    try:
        value = datetime.fromisoformat(text) if day is None else datetime.combine(day, time(23, 59, 59))
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInputError(
            "as_of", f"{text!r} is not an ISO date such as 2019-12-31", Location(column="as_of")
        ) from None
