"""From the columns of a file to side series: which rows, whose figures, and when they were known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import polars as pl

from market_assets.core.errors import BadInputError, Location
from market_assets.core.identifiers import check_name, check_symbol
from market_assets.core.market.side import EVERYONE, LOADED_SCHEMA
from market_assets.sources.columns import canonical_name
from market_assets.sources.side_options import SideOptions
from market_assets.sources.stamps import StampOptions, refuse_first, to_utc

ROW = "file_row"
"""Where a row stood in the file, counted from 1: what remains after a selection keeps it for messages."""


def chosen(raw: pl.DataFrame, options: SideOptions) -> pl.DataFrame:
    """The rows that the options ask for.

    Raises
    ------
    BadInputError
        rules ``missing_column``, ``side_series`` (a name that no row has), ``empty_selection``.
    """
    for column, value in options.where.items():
        raw = raw.filter(pl.col(column_of(raw, column, options.path)).cast(pl.String) == value)
    if options.series is None and options.names:
        name = column_of(raw, options.series_column, options.path)
        found = set(raw[name].cast(pl.String).unique().to_list())
        if missing := sorted(set(options.names) - found):
            text = f"no row is of {missing[0]!r}; there are {', '.join(sorted(map(str, found))[:20])}"
            raise BadInputError("side_series", text, Location(options.path, None, name))
        raw = raw.filter(pl.col(name).cast(pl.String).is_in(list(options.names)))
    if raw.is_empty():
        raise BadInputError("empty_selection", "no row is left after the selection", Location(options.path))
    return raw


def column_of(raw: pl.DataFrame, column: str, path: str) -> str:
    """The column, or rule ``missing_column`` with what the file has."""
    if column not in raw.columns:
        found = ", ".join(repr(name) for name in raw.columns if name != ROW)
        raise BadInputError("missing_column", f"no column {column}; the file has {found}", Location(path, None, column))
    return column


def time_column(raw: pl.DataFrame, options: SideOptions) -> str:
    """The column of times: as named, or ``ts`` by one of its aliases."""
    if options.time is not None:
        return column_of(raw, options.time, options.path)
    for name in raw.columns:
        if canonical_name(name) == "ts":
            return name
    return column_of(raw, "ts", options.path)


def series_of(raw: pl.DataFrame, options: SideOptions) -> pl.Series:
    """Name of the series of every row; each is checked against the allow-list."""
    if options.series is not None:
        return pl.Series([options.series] * raw.height, dtype=pl.String)
    names = raw[column_of(raw, options.series_column, options.path)].cast(pl.String)
    refuse_first(names.is_null(), "missing_value", "is missing", options.path, names.name, names)
    if options.names:
        return names.replace_strict(options.names, return_dtype=pl.String)
    for name in names.unique(maintain_order=True):
        row = int(raw[ROW][(names == name).arg_true()[0]])
        check_name(name, Location(options.path, row, options.series_column))
    return names


def symbols_of(raw: pl.DataFrame, at: pl.Series, options: SideOptions) -> pl.Series:
    """Symbol of every row, ``EVERYONE`` where the file has none; each is checked against the allow-list."""
    if options.symbol is not None:
        return pl.Series([check_symbol(options.symbol)] * raw.height, dtype=pl.String)
    if "symbol" not in raw.columns:
        return pl.Series([EVERYONE] * raw.height, dtype=pl.String)
    symbols = raw["symbol"].cast(pl.String).replace(options.symbols)
    if symbols.null_count():
        row = int(at[symbols.is_null().arg_true()[0]])
        raise BadInputError("missing_value", "symbol is missing", Location(options.path, row, "symbol"))
    for name in symbols.unique(maintain_order=True):
        check_symbol(name, Location(options.path, int(at[(symbols == name).arg_true()[0]]), "symbol"))
    return symbols


def known_of(
    raw: pl.DataFrame, ts: pl.Series, at: pl.Series, options: SideOptions, stamps: StampOptions
) -> tuple[pl.Series, pl.Series]:
    """``known_at`` as the file declares it, or when a figure is due."""
    nothing = pl.Series([None] * raw.height, dtype=pl.Datetime("us", "UTC"))
    if "known_at" in raw.columns:
        known = named(at, lambda: to_utc(raw["known_at"], stamps, options.path, "known_at"))
        early = known < ts
        if early.any():
            row = int(at[early.arg_true()[0]])
            text = "known before the moment it is about"
            raise BadInputError("side_known_at", text, Location(options.path, row, "known_at"))
        return known, nothing
    if options.delay_hours is None:
        raise BadInputError(
            "side_known_at",
            "the file has no column known_at; say with delay_hours how long after its time a figure comes out",
            Location(options.path, None, "known_at"),
        )
    return nothing, ts + timedelta(hours=options.delay_hours)


def named(at: pl.Series, read: Callable[[], pl.Series]) -> pl.Series:
    """Readers count the rows that they are given; a message must name the row of the file."""
    try:
        return read()
    except BadInputError as error:
        if error.where.row is None:
            raise
        row = int(at[error.where.row - 1])
        raise BadInputError(error.rule, error.message, Location(error.where.file, row, error.where.column)) from error


def distinct(frame: pl.DataFrame, path: str) -> pl.DataFrame:
    """Drop rows that repeat another; refuse two figures for one thing."""
    columns = list(LOADED_SCHEMA)
    frame = frame.unique(subset=columns, keep="first", maintain_order=True)
    key = ["series", "symbol", "ts", "known_at"]
    twice = frame.filter(~pl.struct(key).is_first_distinct())
    if not twice.is_empty():
        series, symbol, ts = twice.select("series", "symbol", "ts").row(0)
        text = f"{series} of {symbol or 'the market'} at {ts:%Y-%m-%dT%H:%MZ} was given above with another value"
        raise BadInputError("side_duplicate", text, Location(path, int(twice[ROW][0]), "value"))
    return frame.select(columns).sort(key)
