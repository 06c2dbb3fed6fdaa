"""The oracle: what a trader who sees the planted pressure itself would earn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from market_assets.core.market.grid import spread
from market_assets.core.market.panel import Floats
from market_assets.core.market.synthetic import SyntheticMarket

SESSIONS_A_YEAR = 252


@dataclass(frozen=True)
class Oracle:
    """Annualised Sharpe ratio before and after costs, and mean turnover a session."""

    gross_sharpe: float
    net_sharpe: float
    turnover: float


def neutral_weights(score: Floats, smoothing: int = 10) -> Floats:
    """Cross-sectionally neutral weights (S, N), gross exposure 1, from a score averaged over ``smoothing`` sessions."""
    centred = score - score.mean(axis=1, keepdims=True)
    total = np.cumsum(centred, axis=0)
    total[smoothing:] = total[smoothing:] - total[:-smoothing]
    gross = np.abs(total).sum(axis=1, keepdims=True)
    return np.divide(total, gross, out=np.zeros_like(total), where=gross > 0)


def trade(weights: Floats, simple_returns: Floats, cost: float) -> Oracle:
    """Hold the weights of session t over the returns of session t + 1, pay ``cost`` per unit of drifted turnover.

    Both inputs are (S, N); ``cost`` is a fraction, 0.001 = 10 bp.
    """
    held, earned = weights[:-1], simple_returns[1:]
    gross = (held * earned).sum(axis=1)
    drifted = np.vstack([np.zeros(held.shape[1]), (held * (1 + earned))[:-1]])
    turnover = np.abs(held - drifted).sum(axis=1)
    net = gross - cost * turnover
    year = np.sqrt(SESSIONS_A_YEAR)
    return Oracle(
        gross_sharpe=float(gross.mean() / gross.std(ddof=1) * year),
        net_sharpe=float(net.mean() / net.std(ddof=1) * year),
        turnover=float(turnover.mean()),
    )


def oracle(market: SyntheticMarket, smoothing: int = 10, cost: float = 0.001) -> Oracle:
    """Trade the planted pressure itself, close to close.

    An upper bound for a learner, which must infer the pressure from bars. In a ``null`` market the pressure predicts
    nothing and the Sharpe ratios scatter around zero (gross) or below (net).
    """
    weights = neutral_weights(spread(market.panel, market.truth.pressure), smoothing)
    return trade(weights, np.expm1(spread(market.panel, market.truth.total_return)), cost)
