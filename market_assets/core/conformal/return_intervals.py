"""Conformal intervals of the return of the next session, by adaptive inference within groups.

The forecast of a row is linear in the calibrated probability: ``b (2 p - 1) scale``, where ``b`` is the least-squares
slope through the origin over rows whose outcome was known before. The score is the distance of the outcome from the
forecast in units of ``scale``, and the half-width of the interval is a quantile of past scores of the same group, with
a level that moves with the errors of that group (``adaptive``).

One session's return, not that of a label: labels of ten sessions overlap, so what a slice of sixty sessions holds is
six independent moves of a market whose names move together, and no method can be right to three points on six draws.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from market_assets.core.conformal.adaptive import adaptive_path
from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats
from market_assets.core.spec import spec


@spec
class ReturnIntervalSpec:
    """How intervals of the next session's return are made.

    Parameters
    ----------
    alpha : share of intervals that may miss the return.
    gamma : step size of the adaptive level, a session with new outcomes.
    scale_window : bars of the average true range, the unit of the intervals.
    min_sessions : sessions of outcomes a group needs before its rows are judged.
    """

    alpha: Annotated[float, Field(gt=0, lt=1)] = 0.1
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.05
    scale_window: Annotated[int, Field(ge=2, le=252)] = 20
    min_sessions: Annotated[int, Field(ge=1)] = 10


@dataclass(frozen=True, eq=False)
class ReturnIntervals:
    """Score and half-width of every row, both (n,) in units of its scale.

    ``score`` is NaN where there is no forecast or no outcome, ``half_width`` where there is no forecast or its group
    is not calibrated yet; an infinite half-width is an infinite interval, minus infinity an empty one.
    """

    score: Floats
    half_width: Floats


def past_slope(signal: Floats, outcome: Floats, t0: NDArray[np.int32], t1: NDArray[np.int32], sessions: int) -> Floats:
    """Slope through the origin of outcomes on signals (n,), for every row from outcomes that ended before its session.

    0 where nothing is known. Rows with a NaN in either do not count.
    """
    known = ~np.isnan(signal) & ~np.isnan(outcome)
    end, x, y = t1[known], signal[known], outcome[known]
    product = np.cumsum(np.bincount(end, x * y, minlength=sessions))
    square = np.cumsum(np.bincount(end, x * x, minlength=sessions))
    slope = np.divide(product, square, out=np.zeros(sessions), where=square > 0.0)
    return np.concatenate([[0.0], slope[:-1]])[t0]


def return_intervals(
    probability: Floats,
    outcome: Floats,
    group: NDArray[np.int64],
    t0: NDArray[np.int32],
    t1: NDArray[np.int32],
    *,
    sessions: int,
    spec: ReturnIntervalSpec,
) -> ReturnIntervals:
    """Intervals of every row; that of a row of session s depends on outcomes that ended before s, and on nothing later.

    Parameters
    ----------
    probability : (n,) calibrated P(up), NaN where there is no forecast.
    outcome : (n,) return in units of the row's scale, NaN where there is none.
    group : (n,) code of a group known at t0, such as the state of the market.
    t0, t1 : (n,) session of the forecast, and session in which the outcome was complete.
    sessions : number of sessions S.

    Raises
    ------
    BadInputError
        rule ``coverage_rows``: columns of different shape; ``label_interval``: sessions out of range.
    """
    shapes = {column.shape for column in (probability, outcome, group, t0, t1)}
    if len(shapes) != 1 or probability.ndim != 1:
        raise BadInputError("coverage_rows", f"the columns of the rows differ in shape: {sorted(shapes)}")
    signal = 2.0 * probability - 1.0
    score = np.abs(outcome - past_slope(signal, outcome, t0, t1, sessions) * signal)
    scored, forecast = ~np.isnan(score), ~np.isnan(probability)
    half_width = np.full(probability.size, np.nan)
    for code in np.unique(group[forecast]):
        mine = group == code
        rows, asked = mine & scored, mine & forecast
        path = adaptive_path(score[rows], t0[rows], t1[rows], sessions, alpha=spec.alpha, gamma=spec.gamma)
        ended = np.bincount(np.unique(t1[rows]), minlength=sessions)
        ready = np.concatenate([[0], np.cumsum(ended)[:-1]]) >= spec.min_sessions
        half_width[asked] = np.where(ready, path.quantile, np.nan)[t0[asked]]
    return ReturnIntervals(score, half_width)
