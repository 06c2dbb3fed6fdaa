"""The vocabulary of formulas: each word computes arrays at once, or writes itself down where its series is traced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from market_assets.core.features import elementwise, extremes, recursive, rolling
from market_assets.core.features.fused import trace
from market_assets.core.market.panel import Floats


def _word(kernel: Callable[..., Any], write: Callable[..., Any]) -> Any:
    def word(x: Any, *rest: Any) -> Any:
        return write(x, *rest) if isinstance(x, trace.Traced) else kernel(x, *rest)

    word.__doc__ = kernel.__doc__
    return word


def _log(x: Floats) -> Floats:
    """``ln x`` with NaN unless it is positive."""
    return elementwise.log_ratio(x, np.ones(x.size))


def _correlation(
    x: Floats, mean_x: Floats, var_x: Floats, y: Floats, mean_y: Floats, var_y: Floats, window: int
) -> Floats:
    """Pearson correlation where ``rolling_mean`` and ``rolling_var`` of both series are known."""
    return rolling.comoment_around(x, mean_x, var_x, y, mean_y, var_y, window)[0]


ratio = _word(elementwise.ratio, trace.ratio)
log = _word(_log, trace.log)
log_ratio = _word(elementwise.log_ratio, trace.log_ratio)
log_return = _word(elementwise.log_return, trace.log_return)
shift = _word(elementwise.shift, trace.shift)
signed_streak = _word(elementwise.signed_streak, trace.signed_streak)
rolling_sum = _word(rolling.rolling_sum, trace.rolling_sum)
rolling_mean = _word(rolling.rolling_mean, trace.rolling_mean)
rolling_var = _word(rolling.rolling_var, trace.rolling_var)
variance_around = _word(rolling.variance_around, trace.variance_around)
shape_around = _word(rolling.shape_around, trace.shape_around)
line_around = _word(rolling.line_around, trace.line_around)
correlation_around = _word(_correlation, trace.correlation_around)
rescaled_range_around = _word(rolling.rescaled_range_around, trace.rescaled_range_around)
rolling_max = _word(extremes.rolling_max, trace.rolling_max)
rolling_min = _word(extremes.rolling_min, trace.rolling_min)
bars_since_max = _word(extremes.bars_since_max, trace.bars_since_max)
rolling_rank = _word(extremes.rolling_rank, trace.rolling_rank)
permutation_entropy = _word(extremes.permutation_entropy, trace.permutation_entropy)
ewm_mean = _word(recursive.ewm_mean, trace.ewm_mean)


def ema(x: Floats, span: int) -> Floats:
    """Exponential moving average, ``alpha = 2 / (span + 1)``, first value after ``span`` observations."""
    return ewm_mean(x, 2.0 / (span + 1.0), span)


def wilder(x: Floats, period: int) -> Floats:
    """Wilder's smoothing (1978), ``alpha = 1 / period``, first value after ``period`` observations."""
    return ewm_mean(x, 1.0 / period, period)
