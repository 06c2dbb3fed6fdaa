"""Minimum backtest length: how long a backtest must be so that a search among N trials cannot fool it.

Not the minimum track record length, which is about one strategy chosen before its record began.
"""

from __future__ import annotations

import math

from market_assets.core.errors import BadInputError
from market_assets.core.statistics.deflated import expected_max


def min_backtest_length(trials: int, target: float) -> float:
    """Years below which the best of ``trials`` worthless strategies is expected to reach ``target``.

    (E[max_N] / target)^2 with the expected maximum of N standard normals, since an annual Sharpe ratio without skill
    has variance 1 / years (Bailey, Borwein, Lopez de Prado & Zhu 2014, Notices of the AMS 61(5), theorem 2).

    Parameters
    ----------
    trials : number of independent configurations tried, at least 1; one trial needs no length (0).
    target : annual Sharpe ratio, > 0.

    Raises
    ------
    BadInputError
        rule ``trial_count`` or ``target_sharpe``.
    """
    return (expected_max(trials, 1.0) / _positive(target)) ** 2


def min_backtest_length_bound(trials: int, target: float) -> float:
    """Upper bound of ``min_backtest_length``, 2 ln N / target^2 years (same theorem)."""
    if trials < 1 or trials != int(trials):
        raise BadInputError("trial_count", f"the number of trials must be a whole number >= 1, got {trials!r}")
    return 2.0 * math.log(trials) / _positive(target) ** 2


def _positive(target: float) -> float:
    if not (math.isfinite(target) and target > 0.0):
        raise BadInputError("target_sharpe", f"the annual Sharpe ratio aimed at must be finite and > 0, got {target!r}")
    return target
