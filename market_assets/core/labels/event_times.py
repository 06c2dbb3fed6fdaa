"""Events given by time: which bar decides, which bar is the last, and when a series has moved enough to ask."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError, Location

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Times = NDArray[np.datetime64]


def decision_rows(ts: Times, times: Times, max_age: np.timedelta64 | None = None) -> Rows:
    """Last bar that had closed at each event time; (k,) rows.

    Parameters
    ----------
    ts : (n,) ascending ends of the bars of one symbol.
    times : (k,) event times.
    max_age : an older bar is no bar to decide on; default: any age.

    Raises
    ------
    BadInputError
        rule ``event_time``: names the first event without such a bar.
    """
    rows = np.searchsorted(ts, times, side="right") - 1
    bad = rows < 0
    if max_age is not None:
        bad |= times - ts[np.maximum(rows, 0)] > max_age
    _refuse(bad, "no bar had closed shortly enough before the event")
    return rows


def vertical_rows(ts: Times, rows: Rows, holding: int | np.timedelta64) -> Rows:
    """Row of the vertical barrier of events at ``rows``, -1 where the bars end before it; (k,).

    ``holding`` bars later, or the first bar that closes at least a time of ``holding`` later (Lopez de Prado 2018,
    snippet 3.4). An event without a vertical barrier is not decided yet; dropping it is the caller's choice to make.

    Raises
    ------
    BadInputError
        rule ``event_holding``: a holding that is not positive.
    """
    if isinstance(holding, np.timedelta64):
        positive, found = holding > np.timedelta64(0), np.searchsorted(ts, ts[rows] + holding, side="left")
    else:
        positive, found = holding > 0, rows + holding
    if not positive:
        raise BadInputError("event_holding", f"a position must be held for some time, got {holding}")
    return np.where(found < ts.size, found, -1)


def cusum_rows(returns: Floats, threshold: Floats) -> Rows:
    """Rows at which the symmetric CUSUM filter fires, ascending.

    Moves add up in each direction, never below 0; where a sum reaches the threshold the row is an event and the sum
    starts again. A row rests on returns up to itself; a missing return or threshold adds nothing and never fires.

    Parameters
    ----------
    returns : (n,) returns of one symbol into each bar.
    threshold : (n,) positive, such as a multiple of the volatility known at the row.

    References
    ----------
    Lopez de Prado (2018), Advances in Financial Machine Learning, snippet 2.4 (there the test is strict).
    """
    if returns.shape != threshold.shape or np.any(threshold <= 0.0):
        raise BadInputError("cusum_threshold", f"{returns.size} returns need as many thresholds, all of them positive")
    return np.flatnonzero(_cusum(returns, threshold))


def _refuse(bad: NDArray[np.bool_], text: str) -> None:
    if bad.any():
        raise BadInputError("event_time", text, Location(row=int(np.flatnonzero(bad)[0])))


@njit(cache=True)
def _cusum(returns, threshold):  # pragma: no cover - compiled
    fired = np.zeros(returns.size, np.bool_)
    up = down = 0.0
    for row in range(returns.size):
        step = returns[row]
        if not np.isfinite(step):
            continue
        up, down = max(0.0, up + step), min(0.0, down + step)
        if down <= -threshold[row]:  # a comparison with NaN is false
            down, fired[row] = 0.0, True
        elif up >= threshold[row]:
            up, fired[row] = 0.0, True
    return fired
