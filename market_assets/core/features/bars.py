"""One symbol's bars as plain arrays, with the per-bar quantities that many features share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from market_assets.core.features.series import (
    correlation_around,
    line_around,
    log,
    log_ratio,
    log_return,
    ratio,
    rolling_sum,
    shift,
    variance_around,
)
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
    def _known(self) -> dict[tuple[object, ...], Floats]:
        """Windowed values that were asked for, by kind, series and window: many features share them."""
        return {}

    def _once(self, key: tuple[object, ...], make: Callable[[], Floats]) -> Floats:
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def sum(self, series: str, window: int) -> Floats:
        """``rolling_sum`` of the named series of these bars."""
        return self._once(("sum", series, window), lambda: rolling_sum(getattr(self, series), window))

    def mean(self, series: str, window: int) -> Floats:
        """``rolling_mean`` of the named series."""
        return self._once(("mean", series, window), lambda: self.sum(series, window) / window)

    def var(self, series: str, window: int) -> Floats:
        """``rolling_var`` of the named series."""
        mean = self.mean(series, window)
        return self._once(("var", series, window), lambda: variance_around(getattr(self, series), mean, window))

    def std(self, series: str, window: int) -> Floats:
        """``rolling_std`` of the named series."""
        return self._once(("std", series, window), lambda: np.sqrt(self.var(series, window)))

    def moments(self, series: str, window: int) -> tuple[Floats, Floats, Floats]:
        """The named series with its ``mean`` and ``var``."""
        return getattr(self, series), self.mean(series, window), self.var(series, window)

    def correlation(self, one: str, other: str, window: int) -> Floats:
        """Correlation of ``rolling_comoment`` of two named series."""
        x, mean_x, var_x = self.moments(one, window)
        y, mean_y, var_y = self.moments(other, window)
        return correlation_around(x, mean_x, var_x, y, mean_y, var_y, window)

    def autocorrelation(self, series: str, lag: int, window: int) -> Floats:
        """Correlation of the named series with itself ``lag`` bars before, whose moments are those of then."""
        x, mean, var = self.moments(series, window)
        return correlation_around(shift(x, lag), shift(mean, lag), shift(var, lag), x, mean, var, window)

    def line(self, series: str, window: int) -> tuple[Floats, Floats]:
        """``rolling_line`` of the named series."""
        x, mean, var = self.moments(series, window)
        return line_around(x, mean, var, window)

    @cached_property
    def ret(self) -> Floats:
        """Log return close to close."""
        return log_return(self.close, 1)

    @cached_property
    def log_close(self) -> Floats:
        """Natural logarithm of the close."""
        return log(self.close)

    @cached_property
    def absolute_ret(self) -> Floats:
        """Absolute log return close to close."""
        return np.abs(self.ret)

    @cached_property
    def log_line_20(self) -> tuple[Floats, Floats]:
        """Slope and R squared of the line of ln close on time over 20 bars."""
        return self.line("log_close", 20)

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
