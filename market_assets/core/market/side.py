"""Side series: figures beside the bars (funding rates, implied volatility), joined as of when they were known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError, Location

Floats = NDArray[np.float64]
Times = NDArray[np.datetime64]
EVERYONE = ""
"""Symbol of a series that is the same for the whole market."""

SIDE_SCHEMA = pl.Schema(
    {
        "series": pl.String,
        "symbol": pl.String,
        "ts": pl.Datetime("us", "UTC"),
        "known_at": pl.Datetime("us", "UTC"),
        "value": pl.Float64,
    }
)
"""Every side frame: ``ts`` = the moment the figure is about, ``known_at`` = when it could be read."""

LOADED_SCHEMA = pl.Schema({**SIDE_SCHEMA, "due": pl.Datetime("us", "UTC")})
"""What a source gives: where ``known_at`` is null, ``due`` says when the figure came out."""


@dataclass(frozen=True, eq=False)
class SideTable:
    """Rows (n,) of side series; ``symbol`` is ``EVERYONE`` for a market-wide one.

    A later ``known_at`` for the same series, symbol and ``ts`` is a revision, a row of its own.
    """

    series: NDArray[np.str_]
    symbol: NDArray[np.str_]
    ts: Times
    known_at: Times
    value: Floats

    @property
    def n_rows(self) -> int:
        return int(self.value.size)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the series, sorted."""
        return tuple(_codes(self.series)[0].tolist())

    def take(self, rows: NDArray[Any]) -> SideTable:
        """The chosen rows (mask or positions)."""
        return SideTable(self.series[rows], self.symbol[rows], self.ts[rows], self.known_at[rows], self.value[rows])

    def with_values(self, value: Floats) -> SideTable:
        """The same rows with other values."""
        return replace(self, value=value)

    def joined(self, other: SideTable) -> SideTable:
        """The rows of both."""
        return SideTable(
            *(
                np.concatenate([getattr(self, name), getattr(other, name)])
                for name in ("series", "symbol", "ts", "known_at", "value")
            )
        )

    def as_of(self, series: str, symbol: str, stamps: Times) -> tuple[Floats, Floats]:
        """Value and staleness at each of ``stamps`` (m,), from what was known then.

        The row about the latest ``ts`` counts, and of its revisions the latest known; where the symbol's own series is
        known it goes before a market-wide one. Staleness is the age of the row's ``ts`` in days. Both NaN where nothing
        was known.
        """
        value, staleness = self._as_of(series, symbol, stamps)
        if symbol == EVERYONE or not np.isnan(value).any():
            return value, staleness
        others = self._as_of(series, EVERYONE, stamps)
        # stamp by stamp: that the symbol gets a series of its own later may not change what it had before
        unknown = np.isnan(value)
        return np.where(unknown, others[0], value), np.where(unknown, others[1], staleness)

    @cached_property
    def _rows(self) -> Mapping[tuple[str, str], NDArray[np.int64]]:
        """Rows of every series of every owner, in the order of learning."""
        series, symbol = _codes(self.series)[1], _codes(self.symbol)[1]
        order = np.lexsort((self.ts, self.known_at, symbol, series))
        same = (np.diff(series[order]) == 0) & (np.diff(symbol[order]) == 0)
        parts = np.split(order, np.flatnonzero(~same) + 1) if order.size else []
        return {(str(self.series[rows[0]]), str(self.symbol[rows[0]])): rows for rows in parts}

    @cached_property
    def _counting(self) -> dict[tuple[str, str], tuple[Times, NDArray[np.int64]]]:
        """What ``_learned`` has worked out: every symbol asks for the series of the whole market."""
        return {}

    def _learned(self, series: str, symbol: str) -> tuple[Times, NDArray[np.int64]] | None:
        """When the rows of one series of one owner were learned, in order, and which row counts from then on."""
        key = series, symbol
        if key not in self._counting and (rows := self._rows.get(key)) is not None:
            about = self.ts[rows].astype("datetime64[us]").astype(np.int64)
            # in the order of learning: which row is about the latest moment so far, the later of two equals
            leads = about >= np.maximum.accumulate(about)
            best = np.maximum.accumulate(np.where(leads, np.arange(rows.size), 0))
            self._counting[key] = self.known_at[rows], rows[best]
        return self._counting.get(key)

    def _as_of(self, series: str, symbol: str, stamps: Times) -> tuple[Floats, Floats]:
        """``as_of`` from the rows of one series of one owner."""
        value, staleness = np.full(stamps.size, np.nan), np.full(stamps.size, np.nan)
        learned = self._learned(series, symbol)
        if learned is None:
            return value, staleness
        known_at, counting = learned
        last = np.searchsorted(known_at, stamps, side="right") - 1
        known = last >= 0
        chosen = counting[last[known]]
        value[known] = self.value[chosen]
        staleness[known] = (stamps[known] - self.ts[chosen]) / np.timedelta64(1, "D")
        return value, staleness

    def hash_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What a content hash covers, under names of its own, in an order that does not depend on the rows' order."""
        order = np.lexsort((self.value, self.known_at, self.ts, self.symbol, self.series))
        table = self.take(order)
        return {
            "side_series": table.series.astype(object),
            "side_symbol": table.symbol.astype(object),
            "side_ts": table.ts.astype("datetime64[us]").astype(np.int64),
            "side_known_at": table.known_at.astype("datetime64[us]").astype(np.int64),
            "side_value": table.value,
        }

    def to_frame(self) -> pl.DataFrame:
        """Frame with ``LOADED_SCHEMA``, every row with its ``known_at``."""
        times = {name: pl.Series(getattr(self, name)).dt.replace_time_zone("UTC") for name in ("ts", "known_at")}
        frame = pl.DataFrame({"series": self.series, "symbol": self.symbol, **times, "value": self.value})
        return frame.with_columns(due=pl.lit(None)).cast(LOADED_SCHEMA)  # type: ignore[arg-type]

    @staticmethod
    def from_frame(frame: pl.DataFrame) -> SideTable:
        """Build from a frame with ``SIDE_SCHEMA``.

        Raises
        ------
        BadInputError
            rule ``side_known_at`` for a figure known before the moment it is about, ``side_value`` for one that is not
            finite, ``side_duplicate`` for two rows of one series, symbol, ts and known_at; rows are counted from 1.
        """
        frame = frame.select(list(SIDE_SCHEMA)).cast(SIDE_SCHEMA)  # type: ignore[arg-type]
        rules = {
            "side_known_at": ("known_at", pl.col("known_at") < pl.col("ts"), "known before the moment it is about"),
            "side_value": ("value", ~pl.col("value").is_finite().fill_null(value=False), "not a finite number"),
            "side_duplicate": (
                "known_at",
                pl.struct("series", "symbol", "ts", "known_at").is_duplicated(),
                "a second row of the same series, symbol, ts and known_at",
            ),
        }
        for rule, (column, bad, text) in rules.items():
            found = frame.select(bad.fill_null(value=True).arg_true()).to_series()
            if found.len():
                raise BadInputError(rule, text, Location(row=int(found[0]) + 1, column=column))
        times = {name: frame[name].dt.replace_time_zone(None).to_numpy() for name in ("ts", "known_at")}
        return SideTable(
            series=frame["series"].to_numpy().astype(str),
            symbol=frame["symbol"].to_numpy().astype(str),
            ts=times["ts"].astype("datetime64[us]"),
            known_at=times["known_at"].astype("datetime64[us]"),
            value=frame["value"].to_numpy().astype(np.float64),
        )


def _codes(names: NDArray[np.str_]) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    """Sorted different ``names`` (n,), and the place of every row's name among them (n,).

    Equal names stand side by side in most tables, so that one of each run is enough to sort.
    """
    first = np.flatnonzero(np.append(True, names[1:] != names[:-1])[: names.size])
    different, code = np.unique(names[first], return_inverse=True)
    return different, np.repeat(code, np.diff(np.append(first, names.size)))
