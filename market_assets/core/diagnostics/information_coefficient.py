"""Information coefficient: how well forecasts order the returns of the names, one session at a time.

The rank form is the correlation of average ranks (Spearman 1904); the shortcut 1 - 6 sum d^2 / (n (n^2 - 1)) is wrong
where ranks tie. Sessions stay apart: names of one session share the market, so rows pooled over sessions are not
independent, and a market move would pass for skill.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats

Method = Literal["rank", "pearson"]
MIN_NAMES = 3
"""Two names correlate with 1 or -1 whatever they say."""


def session_coefficients(
    forecast: ArrayLike, outcome: ArrayLike, method: Method = "rank", min_names: int = MIN_NAMES
) -> Floats:
    """Correlation of forecast and outcome over the names of every session, shape (T,).

    Parameters
    ----------
    forecast : (T, N) known at the session; NaN = none. outcome : (T, N) the return that follows; NaN = unknown.
    min_names : a session with fewer pairs is a gap.

    Returns
    -------
    NaN marks a gap: too few pairs, or a forecast or outcome that is the same for all of them.

    Raises
    ------
    BadInputError
        rule ``coefficient_inputs``: unequal shapes, infinite values, another method, ``min_names`` below 3.
    """
    left, right = (np.array(a, dtype=np.float64, order="C", ndmin=2) for a in (forecast, outcome))
    if left.ndim != 2 or left.shape != right.shape:
        raise BadInputError("coefficient_inputs", f"forecast {left.shape} and outcome {right.shape} must be (T, N)")
    if np.isinf(left).any() or np.isinf(right).any():
        raise BadInputError("coefficient_inputs", "forecasts and outcomes must be finite or NaN")
    if method not in ("rank", "pearson") or min_names < MIN_NAMES:
        raise BadInputError("coefficient_inputs", f"no method {method!r} with {min_names} names; at least {MIN_NAMES}")
    return _coefficients(left, right, method == "rank", min_names)


def coefficient_t(coefficient: float, names: int) -> float:
    """t statistic of one coefficient over ``names`` independent pairs, r sqrt((n - 2) / (1 - r^2)); infinite at 1.

    Raises
    ------
    BadInputError
        rule ``coefficient_inputs``: |r| above 1, or fewer than three pairs.
    """
    if not abs(coefficient) <= 1.0 + 1e-12 or names < MIN_NAMES:
        raise BadInputError("coefficient_inputs", f"no t statistic of {coefficient} over {names} pairs")
    left = 1.0 - coefficient**2
    return coefficient * math.sqrt((names - 2) / left) if left > 0.0 else math.copysign(math.inf, coefficient)


@njit(cache=True)
def _average_ranks(values):  # pragma: no cover - compiled
    order = np.argsort(values)
    ranks = np.empty(len(values))
    begin = 0
    while begin < len(values):
        end = begin
        while end + 1 < len(values) and values[order[end + 1]] == values[order[begin]]:
            end += 1
        for position in range(begin, end + 1):
            ranks[order[position]] = 0.5 * (begin + end) + 1.0
        begin = end + 1
    return ranks


@njit(cache=True)
def _coefficients(forecast, outcome, ranked, min_names):  # pragma: no cover - compiled
    sessions, names = forecast.shape
    out = np.full(sessions, np.nan)
    left, right = np.empty(names), np.empty(names)
    for session in range(sessions):
        count = 0
        for name in range(names):
            if not np.isnan(forecast[session, name]) and not np.isnan(outcome[session, name]):
                left[count], right[count] = forecast[session, name], outcome[session, name]
                count += 1
        if count < min_names:
            continue
        x, y = left[:count], right[:count]
        if x.min() == x.max() or y.min() == y.max():
            continue
        if ranked:
            x, y = _average_ranks(x), _average_ranks(y)
        a, b = x - x.mean(), y - y.mean()
        a, b = a / np.abs(a).max(), b / np.abs(b).max()  # squares of tiny numbers would vanish
        value = (a * b).sum() / math.sqrt((a * a).sum() * (b * b).sum())
        out[session] = min(max(value, -1.0), 1.0)
    return out
