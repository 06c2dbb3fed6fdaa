"""Side series of best quotes: bid and ask with their sizes, one row a change or a minute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from market_assets.core.errors import BadInputError, Location
from market_assets.core.features.book_replay import Book
from market_assets.core.features.order_book import QUOTE_SERIES, quote_side_table
from market_assets.core.identifiers import check_symbol
from market_assets.core.market.calendar import check_zone
from market_assets.core.spec import spec
from market_assets.sources.files import describe_options
from market_assets.sources.intervals import check_seconds, edges_of
from market_assets.sources.numbers import to_float
from market_assets.sources.row_rules import check_symbols
from market_assets.sources.stamps import StampOptions, to_utc
from market_assets.sources.tables import read_table


@spec
class QuoteOptions:
    """Options of a file of best quotes.

    Parameters
    ----------
    path : CSV or Parquet. symbol : that of all rows; None = the column ``symbol``.
    time : when a quote stood: the end of the minute, where the file has minutes.
    bid, bid_size, ask, ask_size : columns.
    seconds : length of an interval, on a grid of UTC midnight; None = sessions of ``calendar``, close to close.
    timezone : zone of stamps that carry none.
    """

    path: str
    symbol: str | None = None
    time: str = "timestamp"
    bid: str = "bid"
    bid_size: str = "bid_size"
    ask: str = "ask"
    ask_size: str = "ask_size"
    seconds: int | None = None
    calendar: str = "XNYS"
    timezone: str | None = None


class Quotes:
    """Spread, imbalance and order flow of the best quotes, an interval at a time; known at the end of the interval."""

    def __init__(self, options: QuoteOptions) -> None:
        self.options = options
        check_seconds(options.seconds)
        if options.symbol is not None:
            check_symbol(options.symbol)
        if options.timezone is not None:
            check_zone(options.timezone)

    @property
    def name(self) -> str:
        return f"quotes:{Path(self.options.path).name}"

    def series(self) -> list[str]:
        return sorted(QUOTE_SERIES)

    def rows(self, series: list[str]) -> pl.DataFrame:
        """Figures with ``LOADED_SCHEMA``.

        Raises
        ------
        BadInputError
            rules ``missing_column``, ``quote`` (a price that is not positive, or a negative size), ``book_interval``,
            and those of stamps and numbers.
        """
        options, path = self.options, self.options.path
        raw = read_table(path)
        named = (options.bid, options.bid_size, options.ask, options.ask_size)
        needed = (options.time, *named, *(() if options.symbol else ("symbol",)))
        if missing := [name for name in needed if name not in raw.columns]:
            raise BadInputError("missing_column", f"no column {missing[0]}", Location(path, None, missing[0]))
        at = to_utc(raw[options.time], StampOptions(options.timezone, daily=False), path, options.time)
        values = {name: to_float(raw[name], path, name) for name in named}
        for name, column in values.items():
            bad = column <= 0.0 if name in (options.bid, options.ask) else column < 0.0
            if bad.any():
                row = int(bad.arg_true()[0])
                raise BadInputError("quote", f"{column[row]} is no {name}", Location(path, row + 1, name))
        owner = pl.Series([options.symbol] * raw.height) if options.symbol else raw["symbol"].cast(pl.String)
        check_symbols(owner, path)
        frame = pl.DataFrame({"symbol": owner, "at": at.dt.replace_time_zone(None), **values})
        found = [self._figures(str(key[0]), part) for key, part in frame.partition_by("symbol", as_dict=True).items()]
        return pl.concat(found).filter(pl.col("series").is_in(series)).sort("series", "symbol", "ts")

    def describe(self) -> dict[str, Any]:
        return describe_options("quotes", self.options)

    def _figures(self, symbol: str, part: pl.DataFrame) -> pl.DataFrame:
        options = self.options
        part = part.sort("at", maintain_order=True)
        times = part["at"].to_numpy().astype("datetime64[us]")
        names = (options.bid, options.bid_size, options.ask, options.ask_size)
        quotes = Book(*(np.ascontiguousarray(part[name].to_numpy()).reshape(-1, 1) for name in names))
        edges = edges_of(times, options.seconds, options.calendar, options.path)
        return quote_side_table(symbol, quotes, times, edges).to_frame()
