"""Side series from CSV and Parquet files: one figure a row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from pydantic import Field

from market_assets.core.errors import BadInputError, Location
from market_assets.core.identifiers import check_name, check_symbol
from market_assets.core.market.calendar import check_zone, parse_close
from market_assets.core.market.side import EVERYONE, LOADED_SCHEMA
from market_assets.core.spec import spec
from market_assets.sources.columns import canonical_name
from market_assets.sources.files import describe_options
from market_assets.sources.numbers import to_float
from market_assets.sources.stamps import StampOptions, refuse_first, to_utc
from market_assets.sources.tables import read_table

ROW = "file_row"
"""Where a row stood in the file, counted from 1: what remains after a selection keeps it for messages."""


@spec
class SideOptions:
    """Options of a file of side series.

    Parameters
    ----------
    path : CSV (``.gz`` too) or Parquet.
    series : name of all figures; None = the file has them in ``series_column``.
    series_column, names : that column, and which of its names are taken, under which name: ``{"VIX": "vix"}``;
        without ``names`` all are taken as they stand.
    column : the figures.
    symbol : symbol of all figures; None = those of the file's column ``symbol``, or the whole market without one.
    symbols : symbols of the file by another name here; those that are not listed keep theirs.
    where : only rows whose columns have these values, such as ``{"exchange": "binance"}``.
    time : the column of times, when it is not ``ts``, ``date``, ``timestamp`` or ``datetime``.
    delay_hours : after its time, when a figure comes out; needed where the file has no column ``known_at``.
    timezone, calendar, session_close : how stamps are read, as for bars: a date is the close of that session.
    """

    path: str
    series: str | None = None
    series_column: str = "series"
    names: dict[str, str] = field(default_factory=dict)
    column: str = "value"
    symbol: str | None = None
    symbols: dict[str, str] = field(default_factory=dict)
    where: dict[str, str] = field(default_factory=dict)
    time: str | None = None
    delay_hours: Annotated[float, Field(ge=0, le=24 * 366)] | None = None
    timezone: str | None = None
    calendar: str = "XNYS"
    session_close: str | None = None


class SideFile:
    """A validated file of side series; read once, at the first call."""

    def __init__(self, options: SideOptions) -> None:
        self.options = options
        self._loaded: pl.DataFrame | None = None
        for name in (options.series, *options.names.values()):
            if name is not None:
                check_name(name, Location(options.path))
        if options.timezone is not None:
            check_zone(options.timezone)
        parse_close(options.session_close, options.calendar)

    @property
    def name(self) -> str:
        return f"side:{Path(self.options.path).name}"

    def series(self) -> list[str]:
        return sorted(self._load()["series"].unique().to_list())

    def rows(self, series: list[str]) -> pl.DataFrame:
        return self._load().filter(pl.col("series").is_in(series))

    def describe(self) -> dict[str, Any]:
        return describe_options("side", self.options)

    def _load(self) -> pl.DataFrame:
        if self._loaded is None:
            self._loaded = self._read()
        return self._loaded

    def _read(self) -> pl.DataFrame:
        options, path = self.options, self.options.path
        raw = read_table(path).with_row_index(ROW, offset=1)
        raw = _chosen(raw, options)
        at, stamps = raw[ROW], StampOptions(options.timezone, options.calendar, options.session_close)
        times = raw[_time_column(raw, options)]
        ts = _named(at, lambda: to_utc(times, stamps, path, times.name))
        value = _named(at, lambda: to_float(raw[_column(raw, options.column, path)], path, options.column))
        known_at, due = _known(raw, ts, at, options, stamps)
        frame = pl.DataFrame(
            {
                "series": _series(raw, options),
                "symbol": _symbols(raw, at, options),
                "ts": ts,
                "known_at": known_at,
                "value": value,
                "due": due,
            }
        ).cast(LOADED_SCHEMA)  # type: ignore[arg-type]
        return _distinct(frame.with_columns(at), path)


def _chosen(raw: pl.DataFrame, options: SideOptions) -> pl.DataFrame:
    """The rows that the options ask for."""
    for column, value in options.where.items():
        raw = raw.filter(pl.col(_column(raw, column, options.path)).cast(pl.String) == value)
    if options.series is None and options.names:
        name = _column(raw, options.series_column, options.path)
        found = set(raw[name].cast(pl.String).unique().to_list())
        if missing := sorted(set(options.names) - found):
            text = f"no row is of {missing[0]!r}; there are {', '.join(sorted(map(str, found))[:20])}"
            raise BadInputError("side_series", text, Location(options.path, None, name))
        raw = raw.filter(pl.col(name).cast(pl.String).is_in(list(options.names)))
    if raw.is_empty():
        raise BadInputError("empty_selection", "no row is left after the selection", Location(options.path))
    return raw


def _column(raw: pl.DataFrame, column: str, path: str) -> str:
    if column not in raw.columns:
        found = ", ".join(repr(name) for name in raw.columns if name != ROW)
        raise BadInputError("missing_column", f"no column {column}; the file has {found}", Location(path, None, column))
    return column


def _time_column(raw: pl.DataFrame, options: SideOptions) -> str:
    if options.time is not None:
        return _column(raw, options.time, options.path)
    for name in raw.columns:
        if canonical_name(name) == "ts":
            return name
    return _column(raw, "ts", options.path)


def _series(raw: pl.DataFrame, options: SideOptions) -> pl.Series:
    if options.series is not None:
        return pl.Series([options.series] * raw.height, dtype=pl.String)
    names = raw[_column(raw, options.series_column, options.path)].cast(pl.String)
    refuse_first(names.is_null(), "missing_value", "is missing", options.path, names.name, names)
    if options.names:
        return names.replace_strict(options.names, return_dtype=pl.String)
    for name in names.unique(maintain_order=True):
        row = int(raw[ROW][(names == name).arg_true()[0]])
        check_name(name, Location(options.path, row, options.series_column))
    return names


def _symbols(raw: pl.DataFrame, at: pl.Series, options: SideOptions) -> pl.Series:
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


def _known(
    raw: pl.DataFrame, ts: pl.Series, at: pl.Series, options: SideOptions, stamps: StampOptions
) -> tuple[pl.Series, pl.Series]:
    """``known_at`` as the file declares it, or when a figure is due."""
    nothing = pl.Series([None] * raw.height, dtype=pl.Datetime("us", "UTC"))
    if "known_at" in raw.columns:
        known = _named(at, lambda: to_utc(raw["known_at"], stamps, options.path, "known_at"))
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


def _named(at: pl.Series, read: Callable[[], pl.Series]) -> pl.Series:
    """Readers count the rows that they are given; a message must name the row of the file."""
    try:
        return read()
    except BadInputError as error:
        if error.where.row is None:
            raise
        row = int(at[error.where.row - 1])
        raise BadInputError(error.rule, error.message, Location(error.where.file, row, error.where.column)) from error


def _distinct(frame: pl.DataFrame, path: str) -> pl.DataFrame:
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
