"""Bars from CSV and Parquet files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Literal

import polars as pl

from market_assets.core.errors import BadInputError, Location
from market_assets.core.market.calendar import check_zone, parse_close
from market_assets.core.market.symbols import SymbolRecord
from market_assets.core.spec import spec
from market_assets.sources.columns import rename_columns
from market_assets.sources.contract import validate_bars
from market_assets.sources.csv_text import read_csv_text
from market_assets.sources.parquet_table import read_parquet_table
from market_assets.sources.selection import choose_symbols
from market_assets.sources.side_columns import adjusted_close_note, one_value_each, read_sectors
from market_assets.sources.stamps import StampOptions


@spec
class FileOptions:
    """Options of a bar file.

    Parameters
    ----------
    path : the file; ``.gz`` is unpacked for CSV.
    timezone : zone of stamps without one; None = such stamps are refused.
    calendar, session_close : what a date-only stamp means: the session of this exchange, closing at this local time
        (None = its regular close, 16:00 for XNYS; also on days that close early).
    interval : of the bars.
    asset_kind : of all symbols, unless the file has a column ``kind``.
    symbols, start, end : the part to offer; the days are inclusive. The whole file is validated all the same.
    sectors_path : CSV with symbol and sector; a ``sector`` column of the bar file comes first.
    ignore : columns that are allowed and dropped.
    """

    path: str
    timezone: str | None = None
    calendar: str = "XNYS"
    session_close: str | None = None
    interval: Literal["1d", "1h", "1m"] = "1d"
    asset_kind: Literal["equity", "index", "level"] = "equity"
    symbols: tuple[str, ...] | None = None
    start: date | None = None
    end: date | None = None
    sectors_path: str | None = None
    ignore: tuple[str, ...] = ()


def describe_options(kind: str, options: Any) -> dict[str, Any]:
    """JSON-able configuration: the kind and every option that differs from its default."""
    out: dict[str, Any] = {"kind": kind}
    for field in fields(options):
        value = getattr(options, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if default is not MISSING and value == default:
            continue
        out[field.name] = (
            value.isoformat() if isinstance(value, date) else list(value) if isinstance(value, tuple) else value
        )
    return out


@dataclass(frozen=True)
class _Loaded:
    bars: pl.DataFrame
    records: dict[str, SymbolRecord]
    notes: tuple[str, ...]


class FileSource:
    """A validated bar file; read once, at the first call."""

    kind = ""

    def __init__(self, options: FileOptions) -> None:
        self.options = options
        self._loaded: _Loaded | None = None
        if options.timezone is not None:
            check_zone(options.timezone)
        parse_close(options.session_close, options.calendar)

    @property
    def name(self) -> str:
        return f"{self.kind}:{Path(self.options.path).name}"

    def read(self) -> pl.DataFrame:
        """Raw columns of the file."""
        raise NotImplementedError

    def symbols(self) -> list[SymbolRecord]:
        return list(self._load().records.values())

    def bars(self, symbols: Sequence[str]) -> pl.DataFrame:
        loaded = self._load()
        chosen = choose_symbols(symbols, loaded.records, self.options.path)
        return loaded.bars.filter(pl.col("symbol").is_in(chosen))

    def describe(self) -> dict[str, Any]:
        return describe_options(self.kind, self.options)

    def notes(self) -> tuple[str, ...]:
        return self._load().notes

    def _load(self) -> _Loaded:
        if self._loaded is None:
            self._loaded = self._read_and_validate()
        return self._loaded

    def _read_and_validate(self) -> _Loaded:
        options = self.options
        raw = self.read()
        stamps = StampOptions(options.timezone, options.calendar, options.session_close, options.interval == "1d")
        bars = validate_bars(raw, options.path, stamps, options.ignore)
        renamed = rename_columns(raw, options.path, options.ignore)
        notes = adjusted_close_note(renamed)
        if repeats := len(raw) - len(bars):
            notes += (f"{repeats} rows repeat an earlier row in every value and were dropped",)
        offered = sorted(bars["symbol"].unique().to_list())
        if options.symbols is not None:
            offered = choose_symbols(options.symbols, offered, options.path)
        records = self._records(renamed, offered)
        return _Loaded(self._part(bars, offered), records, notes)

    def _part(self, bars: pl.DataFrame, offered: list[str]) -> pl.DataFrame:
        day = pl.col("ts").dt.date()
        keep = pl.col("symbol").is_in(offered)
        if self.options.start is not None:
            keep &= day >= self.options.start
        if self.options.end is not None:
            keep &= day <= self.options.end
        part = bars.filter(keep)
        if part.is_empty():
            raise BadInputError("empty_selection", "no bar lies between start and end", Location(self.options.path))
        return part

    def _records(self, renamed: pl.DataFrame, offered: list[str]) -> dict[str, SymbolRecord]:
        options, path = self.options, self.options.path
        sectors = read_sectors(options.sectors_path) if options.sectors_path else {}
        kinds: dict[str, str] = {}
        if "sector" in renamed.columns:
            own = one_value_each(renamed["symbol"], renamed["sector"], path, "sector")
            sectors |= {symbol: sector for symbol, sector in own.items() if sector}
        if "kind" in renamed.columns:
            kinds = one_value_each(renamed["symbol"], renamed["kind"], path, "kind")
        return {
            symbol: SymbolRecord(
                symbol=symbol,
                sector=sectors.get(symbol, ""),
                kind=kinds.get(symbol) or options.asset_kind,
                calendar=options.calendar,
                interval=options.interval,
            )
            for symbol in offered
        }


class CsvSource(FileSource):
    """Bars from a CSV file, plain or gzip, UTF-8, comma separated, with a header."""

    kind = "csv"

    def read(self) -> pl.DataFrame:
        return read_csv_text(self.options.path)


class ParquetSource(FileSource):
    """Bars from a Parquet file."""

    kind = "parquet"

    def read(self) -> pl.DataFrame:
        return read_parquet_table(self.options.path)
