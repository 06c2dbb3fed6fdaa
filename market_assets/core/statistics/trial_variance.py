"""The variance of the trials' Sharpe ratios that sets the hurdle of the deflated Sharpe ratio."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from market_assets.core.errors import BadInputError
from market_assets.core.statistics.series import as_matrix
from market_assets.core.statistics.sharpe import sharpe_ratio


def trial_variance(returns: ArrayLike, best: int) -> float:
    """Larger of the variance (ddof 1) of the other candidates' per-period Sharpe ratios and 1 / (T - 1).

    The promotion gate's rule: the best itself is left out, since one good candidate among bad ones would raise its own
    hurdle; an idle candidate counts as 0, one that is constant elsewhere not at all; the floor is the sampling
    variance of a Sharpe ratio of zero.

    Parameters
    ----------
    returns : net returns (T, C) of the candidates.
    best : column of the candidate that is deflated.

    Raises
    ------
    NotEnoughDataError
        fewer than two periods.
    BadInputError
        rule ``trial_column``: no such column; ``finite_returns``: NaN or infinity.
    """
    values = as_matrix(returns, minimum=2)
    if not 0 <= best < values.shape[1]:
        raise BadInputError("trial_column", f"no column {best} among {values.shape[1]} candidates")
    others = []
    for column, series in enumerate(values.T):
        if column != best and (not series.any() or series.min() < series.max()):
            others.append(sharpe_ratio(series) if series.any() else 0.0)
    return variance_of_trials(others, len(values))


def variance_of_trials(sharpes: Sequence[float], periods: int) -> float:
    """Larger of the variance (ddof 1) of per-period Sharpe ratios and 1 / (periods - 1); the latter without two."""
    floor = 1.0 / (periods - 1)
    return max(float(np.var(sharpes, ddof=1)), floor) if len(sharpes) > 1 else floor
