"""The ingestion contract: what a frame of bars must be before anything of it is stored.

Order of the rules: columns, symbols, stamps, numbers, then ``ROW_RULES``, then keys. The first broken rule is reported
at its first row (1-based, the header not counted) and nothing is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import polars as pl

from market_assets.core.errors import BadInputError, Location
from market_assets.core.market.panel import BAR_SCHEMA, PRICE_COLUMNS
from market_assets.sources.columns import OPTIONAL, rename_columns
from market_assets.sources.numbers import to_float
from market_assets.sources.row_rules import check_rows, check_symbols, drop_repeats
from market_assets.sources.stamps import StampOptions, to_utc

CONTRACT_VERSION = "1"


@lru_cache(maxsize=1)
def bar_schema() -> Any:
    """The pandera schema of accepted bars: columns, types, order and nullability."""
    import pandera.polars as pa

    return pa.DataFrameSchema(
        {name: pa.Column(dtype, nullable=name == "known_at") for name, dtype in BAR_SCHEMA.items()},
        strict=True,
        ordered=True,
        name="bars",
    )


def _text_symbols(values: pl.Series, file: str | None) -> pl.Series:
    if values.dtype in (pl.Categorical, pl.Enum):
        values = values.cast(pl.String)
    if values.dtype != pl.String:
        raise BadInputError("column_type", f"symbols are stored as {values.dtype}", Location(file, None, "symbol"))
    return values


def validate_bars(
    frame: pl.DataFrame, file: str | None, stamps: StampOptions | None = None, ignore: Sequence[str] = ()
) -> pl.DataFrame:
    """Validate raw bars and bring them to ``BAR_SCHEMA``.

    Parameters
    ----------
    frame : columns as in the file, text (CSV) or typed (Parquet); aliases are understood.
    file : name for error messages.
    stamps : how time stamps are read; by default dates are XNYS sessions and naive times are refused.
    ignore : further columns that are allowed and dropped.

    Returns
    -------
    Frame with ``BAR_SCHEMA`` sorted by symbol, ts, known_at; ``known_at`` is null where not declared. Rows that repeat
    another row in every value are dropped.

    Raises
    ------
    BadInputError
        the first broken rule with file, row and column.
    """
    options = stamps or StampOptions()
    frame = rename_columns(frame, file, ignore)
    if frame.is_empty():
        raise BadInputError("empty_file", "the file has a header and no row", Location(file))
    symbols = _text_symbols(frame["symbol"], file)
    check_symbols(symbols, file)
    columns = {"symbol": symbols, "ts": to_utc(frame["ts"], options, file, "ts")}
    if "known_at" in frame.columns:
        columns["known_at"] = to_utc(frame["known_at"], options, file, "known_at", required=False)
    else:
        columns["known_at"] = pl.Series([None] * len(frame), dtype=pl.Datetime("us", "UTC"))
    for name in (*PRICE_COLUMNS, "volume", *OPTIONAL):
        if name in frame.columns:
            columns[name] = to_float(frame[name], file, name)
        else:
            columns[name] = pl.Series([OPTIONAL[name]] * len(frame), dtype=pl.Float64)
    bars = pl.DataFrame({name: columns[name] for name in BAR_SCHEMA})
    check_rows(bars, file)
    bars = drop_repeats(bars, file).sort("symbol", "ts", "known_at")
    return bar_schema().validate(bars)
