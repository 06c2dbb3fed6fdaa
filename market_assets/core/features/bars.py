"""One symbol's bars as plain arrays, with the per-bar quantities that many features share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from market_assets.core.features.elementwise import log_ratio, log_return, ratio, shift
from market_assets.core.market.panel import Floats, Panel


@dataclass(frozen=True, eq=False)
class Bars:
    """Adjusted bars of one symbol in time order, each array of shape (n,), float64, contiguous and writable."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    @staticmethod
    def of(panel: Panel, index: int) -> Bars:
        """Copy the rows of symbol number ``index`` (a copy, so that kernels always see one array type)."""
        rows = panel.rows(index)
        columns = (panel.open, panel.high, panel.low, panel.close, panel.volume)
        return Bars(*(np.array(column[rows], dtype=np.float64, order="C") for column in columns))

    def last(self, n: int) -> Bars:
        """The newest ``n`` bars; all of them where there are no more."""
        if n >= self.close.size:
            return self
        columns = (self.open, self.high, self.low, self.close, self.volume)
        return Bars(*(column[-n:].copy() for column in columns))

    @cached_property
    def ret(self) -> Floats:
        """Log return close to close."""
        return log_return(self.close, 1)

    @cached_property
    def log_close(self) -> Floats:
        """Natural logarithm of the close."""
        return log_ratio(self.close, np.ones(self.close.size))

    @cached_property
    def previous_close(self) -> Floats:
        return shift(self.close, 1)

    @cached_property
    def overnight(self) -> Floats:
        """Log return from the previous close to the open."""
        return log_ratio(self.open, self.previous_close)

    @cached_property
    def intraday(self) -> Floats:
        """Log return from open to close."""
        return log_ratio(self.close, self.open)

    @cached_property
    def typical(self) -> Floats:
        """(high + low + close) / 3."""
        return (self.high + self.low + self.close) / 3.0

    @cached_property
    def range(self) -> Floats:
        """High - low."""
        return self.high - self.low

    @cached_property
    def true_range(self) -> Floats:
        """Wilder's true range: max(high, previous close) - min(low, previous close); NaN in the first row."""
        previous = self.previous_close
        return np.maximum(self.high, previous) - np.minimum(self.low, previous)

    @cached_property
    def close_location(self) -> Floats:
        """Close location value ((close - low) - (high - close)) / (high - low) in -1..1; 0 on a one-price bar."""
        return self.per_range((self.close - self.low) - (self.high - self.close))

    @cached_property
    def money_flow(self) -> Floats:
        """Close location value times volume (Chaikin)."""
        return self.close_location * self.volume

    def per_range(self, part: Floats) -> Floats:
        """``part / (high - low)``, and 0 on a bar with one price."""
        return np.where(self.range > 0.0, ratio(part, self.range), 0.0)
