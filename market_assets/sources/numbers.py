"""Numeric columns of bar files: strict text to float64, finite values only."""

from __future__ import annotations

import polars as pl

from market_assets.core.errors import BadInputError, Location
from market_assets.sources.stamps import refuse_first

NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$"
NOT_FINITE = r"(?i)^[+-]?(?:nan|inf|infinity)$"


def to_float(values: pl.Series, file: str | None, column: str) -> pl.Series:
    """Read a column of numbers.

    Text must be a plain decimal number (no blanks, thousands separators or currency signs).

    Raises
    ------
    BadInputError
        rules ``missing_value``, ``not_finite``, ``not_a_number``, ``column_type``; each names the first faulty row.
    """
    refuse_first(values.is_null(), "missing_value", "is missing", file, column, values)
    if values.dtype == pl.String:
        refuse_first(values.str.contains(NOT_FINITE), "not_finite", "is not a finite number", file, column, values)
        refuse_first(~values.str.contains(NUMBER), "not_a_number", "is not a number", file, column, values)
        numbers = values.cast(pl.Float64, strict=False)
        refuse_first(numbers.is_null(), "not_a_number", "is not a number", file, column, values)
    elif values.dtype.is_numeric():
        numbers = values.cast(pl.Float64)
    else:
        raise BadInputError("column_type", f"numbers are stored as {values.dtype}", Location(file, None, column))
    refuse_first(~numbers.is_finite(), "not_finite", "is not a finite number", file, column, values)
    return numbers
