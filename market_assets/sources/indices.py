"""Real index bars that every installation has: S&P 500, NASDAQ Composite and VIX, shipped inside the ``arch`` package.

The S&P 500 and the NASDAQ run from 1999-01-04 to 2018-12-31; the VIX has closes only, from 2014-01-03. Price indices
pay no dividends, so a return here is a price return.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from importlib import import_module
from typing import Any

import polars as pl

from market_assets.core.errors import BadInputError
from market_assets.core.market.symbols import SymbolRecord
from market_assets.core.spec import spec
from market_assets.sources.contract import validate_bars
from market_assets.sources.files import describe_options
from market_assets.sources.selection import choose_symbols

RECORDS = {
    "^GSPC": SymbolRecord("^GSPC", kind="index"),
    "^IXIC": SymbolRecord("^IXIC", kind="index"),
    "^VIX": SymbolRecord("^VIX", kind="level"),
}
_MODULES = {"^GSPC": "sp500", "^IXIC": "nasdaq", "^VIX": "vix"}
_LAST = date(2018, 12, 31)


@spec
class IndexOptions:
    """The part to offer; days are inclusive."""

    start: date | None = None
    end: date | None = None


def _table(module: str) -> pl.DataFrame:
    """Table of one data module of ``arch`` with lower-case columns and a ``date``."""
    pandas = import_module(f"arch.data.{module}").load()
    days = pl.Series("date", pandas.index.to_numpy().astype("datetime64[D]")).cast(pl.Date)
    values = {name.lower().replace(" ", "_"): pl.Series(pandas[name].to_numpy(float)) for name in pandas.columns}
    return pl.DataFrame({"date": days, **values})


def _bars(symbol: str) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Raw bars of one symbol and what was left out."""
    table, notes = _table(_MODULES[symbol]), ()
    if symbol == "^VIX":
        valued = table.filter(~pl.col("vix").is_nan())
        empty, late = len(table) - len(valued), int((valued["date"] > _LAST).sum())
        table = valued.filter(pl.col("date") <= _LAST)
        notes = (
            f"^VIX: {empty} rows without a value and {late} rows after {_LAST} were dropped; "
            "it has closes only, so open = high = low = close and volume = 0",
        )
        flat = {name: pl.col("vix") for name in ("open", "high", "low", "close")}
        table = table.select("date", **flat, volume=pl.lit(0.0))
    return table.select(pl.lit(symbol).alias("symbol"), "date", "open", "high", "low", "close", "volume"), notes


class IndexSource:
    """Daily bars of the three indices on XNYS sessions."""

    name = "indices:arch"

    def __init__(self, options: IndexOptions) -> None:
        self.options = options
        self._loaded: tuple[pl.DataFrame, tuple[str, ...]] | None = None

    def _load(self) -> tuple[pl.DataFrame, tuple[str, ...]]:
        if self._loaded is None:
            parts = [_bars(symbol) for symbol in RECORDS]
            bars = validate_bars(pl.concat([part for part, _ in parts]), self.name)
            day = pl.col("ts").dt.date()
            bars = bars.filter(day >= (self.options.start or date.min), day <= (self.options.end or date.max))
            if bars.is_empty():
                raise BadInputError("empty_selection", f"{self.name}: no bar lies between start and end")
            self._loaded = bars, tuple(note for _, notes in parts for note in notes)
        return self._loaded

    def symbols(self) -> list[SymbolRecord]:
        present = set(self._load()[0]["symbol"].unique())
        return [record for symbol, record in RECORDS.items() if symbol in present]

    def bars(self, symbols: Sequence[str]) -> pl.DataFrame:
        chosen = choose_symbols(symbols, [record.symbol for record in self.symbols()], self.name)
        return self._load()[0].filter(pl.col("symbol").is_in(chosen))

    def describe(self) -> dict[str, Any]:
        return describe_options("indices", self.options)

    def notes(self) -> tuple[str, ...]:
        return self._load()[1]
