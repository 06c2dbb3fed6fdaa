"""A series of information coefficients in a few figures, by group and by horizon."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market_assets.core.diagnostics.information_coefficient import MIN_NAMES, Method, session_coefficients
from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats


@dataclass(frozen=True)
class IcSummary:
    """Coefficients of the sessions that have one.

    Parameters
    ----------
    sessions, gaps : sessions with and without a coefficient; the last ones have no outcome yet and are gaps too.
    mean, std : of the coefficients, ddof 1. ratio : mean / std, per session (Grinold & Kahn 2000).
    t : mean over its standard error with Bartlett weights up to the overlap of the outcomes (Newey & West 1987).
    t_naive : the same as if sessions were independent, ratio x sqrt(sessions): too large where outcomes overlap.
    positive : share of coefficients above 0.
    """

    sessions: int
    gaps: int
    mean: float
    std: float
    ratio: float
    t: float
    t_naive: float
    positive: float


def summarise(coefficients: ArrayLike, overlap: int = 0) -> IcSummary:
    """Summary of coefficients (T,) in session order, NaN = gap.

    Parameters
    ----------
    overlap : sessions later with which an outcome still shares a return: h - 1 for returns over h sessions.

    Raises
    ------
    NotEnoughDataError
        fewer than two coefficients, no more than ``overlap`` of them, or coefficients that do not vary.
    BadInputError
        rule ``coefficient_series``: another shape, infinite values, a negative overlap.
    """
    series = np.asarray(coefficients, np.float64)
    if series.ndim != 1 or np.isinf(series).any() or overlap < 0:
        raise BadInputError("coefficient_series", f"expected coefficients (T,) and overlap >= 0, got {series.shape}")
    known = ~np.isnan(series)
    count = int(known.sum())
    if count < max(2, overlap + 1):
        raise NotEnoughDataError(f"{count} coefficients are too few for a summary with overlap {overlap}")
    mean = float(series[known].mean())
    std = float(series[known].std(ddof=1))
    if std <= 1e-12:
        raise NotEnoughDataError(f"{count} equal coefficients have no spread to measure the mean by")
    deviation = np.where(known, series - mean, 0.0)  # a gap takes part in no product
    return IcSummary(
        sessions=count,
        gaps=len(series) - count,
        mean=mean,
        std=std,
        ratio=mean / std,
        t=mean / math.sqrt(_variance_of_mean(deviation, count, overlap)),
        t_naive=mean / std * math.sqrt(count),
        positive=float((series[known] > 0.0).mean()),
    )


def by_group(coefficients: ArrayLike, groups: NDArray[Any], overlap: int = 0) -> dict[Any, IcSummary | None]:
    """Summary within every group of sessions, such as a regime; groups (T,). None where a group is too small.

    Sessions outside the group are left out of the products, not closed up.
    """
    series, labels = np.asarray(coefficients, np.float64), np.asarray(groups)
    if series.shape != labels.shape:
        raise BadInputError("coefficient_series", f"{series.shape} coefficients need groups of that shape")
    found: dict[Any, IcSummary | None] = {}
    for label in np.unique(labels):
        inside = labels == label
        try:
            summary = summarise(np.where(inside, series, np.nan), overlap)
        except NotEnoughDataError:
            found[label.item()] = None
            continue
        outside = int((~inside).sum())
        found[label.item()] = IcSummary(**{**vars(summary), "gaps": summary.gaps - outside})
    return found


def forward_returns(price: ArrayLike, horizon: int, delay: int = 0) -> Floats:
    """Return over ``horizon`` sessions that begins ``delay`` sessions later, (T, N); NaN where the future is unknown.

    Row t is price[t + delay + horizon] / price[t + delay] - 1. A forecast made at a close and traded at the next one
    has delay 1.

    Raises
    ------
    BadInputError
        rule ``coefficient_inputs``: another shape, prices that are not positive, horizon below 1, negative delay.
    """
    values = np.asarray(price, np.float64)
    if values.ndim != 2 or np.isinf(values).any() or np.any(values <= 0.0) or horizon < 1 or delay < 0:
        raise BadInputError("coefficient_inputs", "prices (T, N) must be positive or NaN, horizon >= 1, delay >= 0")
    out = np.full(values.shape, np.nan)
    rows = len(values) - horizon - delay
    if rows > 0:
        out[:rows] = values[delay + horizon :] / values[delay : delay + rows] - 1.0
    return out


def decay(
    forecast: ArrayLike,
    price: ArrayLike,
    horizons: Sequence[int],
    *,
    delay: int = 0,
    method: Method = "rank",
    min_names: int = MIN_NAMES,
) -> dict[int, IcSummary]:
    """Summary of the coefficient at every horizon, with the overlap of that horizon.

    Parameters
    ----------
    forecast, price : (T, N). horizons : in sessions. delay, method, min_names : as above.

    Raises
    ------
    NotEnoughDataError
        a horizon leaves too few sessions; the message names it.
    """
    found = {}
    for horizon in horizons:
        series = session_coefficients(forecast, forward_returns(price, horizon, delay), method, min_names)
        try:
            found[horizon] = summarise(series, horizon - 1)
        except NotEnoughDataError as error:
            raise NotEnoughDataError(f"horizon {horizon}: {error}") from error
    return found


def _variance_of_mean(deviation: Floats, count: int, lags: int) -> float:
    """Bartlett-weighted sum of products up to ``lags`` sessions apart, which is never negative."""
    total = float((deviation * deviation).sum())
    for lag in range(1, lags + 1):
        total += 2.0 * (1.0 - lag / (lags + 1.0)) * float((deviation[lag:] * deviation[:-lag]).sum())
    if total <= 0.0:
        raise NotEnoughDataError(f"the variance of the mean of {count} coefficients is zero at {lags} lags")
    return total / (count * (count - 1))
