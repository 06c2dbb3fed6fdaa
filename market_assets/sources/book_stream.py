"""Side series of a real order book, from a recorded stream of level updates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from market_assets.core.errors import BadInputError, Location
from market_assets.core.features.book_replay import replay_book
from market_assets.core.features.order_book import LIMITS, book_side_table
from market_assets.core.identifiers import check_symbol
from market_assets.core.spec import spec
from market_assets.sources.files import describe_options
from market_assets.sources.intervals import check_seconds, edges_of
from market_assets.sources.numbers import to_float
from market_assets.sources.tables import read_table

LEVELS = 5
NEEDED = ("local_ts_ns", "event", "side", "price", "quantity", "final_update_id")
SNAPSHOT, UPDATE = "snapshot", "depth"


@spec
class BookOptions:
    """Options of a recorded stream, one level update a row, in order of arrival.

    Its columns are ``local_ts_ns`` (receipt, nanoseconds since 1970 UTC), ``event`` (``snapshot``, ``depth``; others
    are left out), ``side`` (``b`` or ``a``), ``price``, ``quantity`` (0 deletes the level) and ``final_update_id``:
    rows of one message share it, and messages up to that of the snapshot are in it already.

    Parameters
    ----------
    path : CSV or Parquet. symbol : whose book it is.
    seconds : length of an interval, on a grid of UTC midnight; None = sessions of ``calendar``, close to close.
    """

    path: str
    symbol: str
    seconds: int | None = None
    calendar: str = "XNYS"


class BookStream:
    """The figures of ``order_book``, an interval at a time; known at the end of the interval."""

    def __init__(self, options: BookOptions) -> None:
        self.options = options
        check_symbol(options.symbol)
        check_seconds(options.seconds)

    @property
    def name(self) -> str:
        return f"book:{Path(self.options.path).name}"

    def series(self) -> list[str]:
        return sorted(LIMITS)

    def rows(self, series: list[str]) -> pl.DataFrame:
        """Figures with ``LOADED_SCHEMA``.

        Raises
        ------
        BadInputError
            rules ``missing_column``, ``book_snapshot`` (none, or more than one), ``book_side``, ``book_level`` (a price
            or a size that is none), ``book_interval`` (no whole interval).
        """
        updates = self._updates()
        ids = updates["final_update_id"].to_numpy()
        stops = np.flatnonzero(np.append(ids[1:] != ids[:-1], True)) + 1
        bids, price, size = ((updates["side"] == "b").to_numpy(), updates["price"], updates["quantity"])
        book = replay_book(bids, price.to_numpy(), size.to_numpy(), stops, LEVELS)
        times = (updates["local_ts_ns"].to_numpy()[stops - 1] // 1000).astype("datetime64[us]")
        times = np.maximum.accumulate(times)
        edges = edges_of(times, self.options.seconds, self.options.calendar, self.options.path)
        table = book_side_table(self.options.symbol, book, times, edges)
        return table.to_frame().filter(pl.col("series").is_in(series)).sort("series", "ts")

    def describe(self) -> dict[str, Any]:
        return describe_options("book", self.options)

    def _updates(self) -> pl.DataFrame:
        """The snapshot and the messages after it."""
        path = self.options.path
        raw = read_table(path)
        if missing := [name for name in NEEDED if name not in raw.columns]:
            raise BadInputError("missing_column", f"no column {missing[0]}", Location(path, None, missing[0]))
        raw = raw.with_row_index("row", offset=1).filter(pl.col("event").is_in([SNAPSHOT, UPDATE]))
        numbers = {name: to_float(raw[name], path, name) for name in ("price", "quantity")}
        keys = {name: raw[name].cast(pl.Int64, strict=False) for name in ("local_ts_ns", "final_update_id")}
        raw = raw.with_columns(**numbers, **keys)
        rules = {
            "book_side": ("side", ~pl.col("side").is_in(["a", "b"]), "is neither a (ask) nor b (bid)"),
            "book_level": ("price", (pl.col("price") <= 0) | (pl.col("quantity") < 0), "price or size cannot be"),
            "book_update": ("final_update_id", pl.any_horizontal(pl.col(list(keys)).is_null()), "no time or update id"),
        }
        for rule, (column, bad, text) in rules.items():
            if found := raw.filter(bad.fill_null(value=True)).head(1).select("row", column).rows():
                raise BadInputError(rule, f"{found[0][1]!r} {text}", Location(path, found[0][0], column))
        snapshot = raw.filter(pl.col("event") == SNAPSHOT)
        if snapshot["final_update_id"].n_unique() != 1:
            text = (
                f"the stream has {snapshot['final_update_id'].n_unique()} snapshots of the book; exactly one is needed"
            )
            raise BadInputError("book_snapshot", text, Location(path, None, "event"))
        later = pl.col("final_update_id") > snapshot["final_update_id"][0]
        return pl.concat([snapshot, raw.filter((pl.col("event") == UPDATE) & later)])
