"""What a bar file says about its symbols besides bars: sector, kind, and the vendor's adjusted close."""

from __future__ import annotations

import polars as pl

from market_assets.core.errors import BadInputError, Location
from market_assets.sources.columns import canonical_name
from market_assets.sources.csv_text import read_csv_text

ADJUSTED_TOLERANCE = 0.02


def one_value_each(symbols: pl.Series, values: pl.Series, file: str, column: str) -> dict[str, str]:
    """Map each symbol to its single value; empty cells count as ``""``.

    Raises
    ------
    BadInputError
        rule ``side_conflict`` at the first row that says otherwise than an earlier one; ``column_type``.
    """
    try:
        text = values.cast(pl.String).fill_null("")
    except pl.exceptions.PolarsError as error:
        raise BadInputError("column_type", f"{column} is not text", Location(file, None, column)) from error
    frame = pl.DataFrame({"symbol": symbols.cast(pl.String), "value": text})
    first = frame.with_columns(first=pl.col("value").first().over("symbol"))
    other = (first["value"] != first["first"]).arg_true()
    if len(other):
        symbol, value, before = first.row(other[0])
        raise BadInputError(
            "side_conflict", f"{symbol} is {value!r} here and {before!r} above", Location(file, other[0] + 1, column)
        )
    pairs = frame.unique("symbol", keep="first", maintain_order=True)
    return dict(zip(pairs["symbol"].to_list(), pairs["value"].to_list(), strict=True))


def read_sectors(path: str) -> dict[str, str]:
    """Sector of each symbol from a CSV with the columns ``symbol`` and ``sector``; other columns are left alone.

    Raises
    ------
    BadInputError
        rules ``missing_column``, ``missing_value``, ``side_conflict``, and those of :func:`read_csv_text`.
    """
    frame = read_csv_text(path)
    names = {canonical_name(column): column for column in frame.columns}
    for wanted in ("symbol", "sector"):
        if wanted not in names:
            raise BadInputError("missing_column", f"no column {wanted}", Location(path, None, wanted))
    symbols = frame[names["symbol"]]
    if symbols.null_count():
        row = symbols.is_null().arg_true()[0] + 1
        raise BadInputError("missing_value", "symbol is missing", Location(path, row, "symbol"))
    return one_value_each(symbols, frame[names["sector"]], path, "sector")


def adjusted_close_note(raw: pl.DataFrame) -> tuple[str, ...]:
    """Compare returns of the vendor's ``adj_close`` with those of close, split and dividend.

    ``raw`` has canonical column names. Returns one sentence when a row differs by more than 2 % (the file then
    contradicts itself about a corporate action), or none.
    """
    if "adj_close" not in raw.columns:
        return ()
    value = {"split": 1.0, "dividend": 0.0}
    columns = [
        pl.col(name).cast(pl.Float64, strict=False) if name in raw.columns else pl.lit(value[name]).alias(name)
        for name in ("close", "split", "dividend")
    ]
    frame = raw.select("symbol", "ts", pl.col("adj_close").cast(pl.Float64, strict=False), *columns)
    frame = frame.unique(["symbol", "ts"], keep="first", maintain_order=True).sort("symbol", "ts")
    own = (pl.col("close") * pl.col("split") + pl.col("dividend")) / pl.col("close").shift().over("symbol")
    vendor = pl.col("adj_close") / pl.col("adj_close").shift().over("symbol")
    differing = frame.with_columns(gap=(vendor / own - 1).abs()).filter(pl.col("gap") > ADJUSTED_TOLERANCE)
    if differing.is_empty():
        return ()
    first = differing.row(0, named=True)
    return (
        f"{len(differing)} rows: the return of adj_close differs by more than {ADJUSTED_TOLERANCE:.0%} from close, "
        f"split and dividend; first {first['symbol']} at {first['ts']} ({first['gap']:.1%})",
    )
