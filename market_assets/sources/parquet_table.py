"""Parquet bytes to a frame."""

from __future__ import annotations

import polars as pl

from market_assets.core.errors import BadInputError, Location


def read_parquet_table(path: str) -> pl.DataFrame:
    """Read a Parquet file; checksums of its pages are verified where the writer left them.

    Raises
    ------
    BadInputError
        rules ``unreadable_file`` (absent, truncated, corrupt, not Parquet), ``duplicate_column``.
    """
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read(use_threads=False)
        table.validate(full=True)
    except Exception as error:  # corrupt bytes surface as OSError, ArrowException, ValueError, UnicodeError, ...
        raise BadInputError("unreadable_file", f"cannot be read as Parquet: {error}", Location(path)) from error
    names = table.column_names
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadInputError("duplicate_column", f"{twice!r} stands twice in the file", Location(path, None, twice))
    try:
        frame = pl.from_arrow(table)
    except (pl.exceptions.PolarsError, TypeError, ValueError) as error:
        raise BadInputError("unreadable_file", f"holds a type that is not a bar's: {error}", Location(path)) from error
    if not isinstance(frame, pl.DataFrame):
        raise BadInputError("unreadable_file", "holds no table", Location(path))
    return frame
