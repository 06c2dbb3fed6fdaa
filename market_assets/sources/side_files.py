"""Side series from CSV and Parquet files: one figure a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from market_assets.core.errors import Location
from market_assets.core.identifiers import check_name
from market_assets.core.market.calendar import check_zone, parse_close
from market_assets.core.market.side import LOADED_SCHEMA
from market_assets.sources.files import describe_options
from market_assets.sources.numbers import to_float
from market_assets.sources.side_options import SideOptions
from market_assets.sources.side_rows import (
    ROW,
    chosen,
    column_of,
    distinct,
    known_of,
    named,
    series_of,
    symbols_of,
    time_column,
)
from market_assets.sources.stamps import StampOptions, to_utc
from market_assets.sources.tables import read_table


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
        raw = chosen(raw, options)
        at, stamps = raw[ROW], StampOptions(options.timezone, options.calendar, options.session_close)
        times = raw[time_column(raw, options)]
        ts = named(at, lambda: to_utc(times, stamps, path, times.name))
        value = named(at, lambda: to_float(raw[column_of(raw, options.column, path)], path, options.column))
        known_at, due = known_of(raw, ts, at, options, stamps)
        frame = pl.DataFrame(
            {
                "series": series_of(raw, options),
                "symbol": symbols_of(raw, at, options),
                "ts": ts,
                "known_at": known_at,
                "value": value,
                "due": due,
            }
        ).cast(LOADED_SCHEMA)  # type: ignore[arg-type]
        return distinct(frame.with_columns(at), path)
