"""Simple rules every model must be measured against (buy-and-hold, momentum, reversal)."""

from __future__ import annotations

import numpy as np
from numba import njit

from market_assets.core.execution.backtest import Backtest, simulate, trade
from market_assets.core.execution.portfolio import target_weights
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.market.grid import PriceGrid
from market_assets.core.market.panel import Floats

BASELINES = ("buy_and_hold", "equal_weight", "momentum_20", "momentum_126", "reversal_5")


def baselines(grid: PriceGrid, costs: CostSpec, portfolio: PortfolioSpec) -> dict[str, Backtest]:
    """Backtest the baselines on the same grid, with the same costs, capital and calendar as the candidates.

    ``buy_and_hold`` buys every name traded at the first session with any and never trades again; ``equal_weight``
    rebalances to equal long weights each session; both hold ``portfolio.gross`` without the cap. ``momentum_20`` and
    ``momentum_126`` follow, ``reversal_5`` opposes the return over that many sessions, through the portfolio rule of
    the candidates (``directional``: full conviction in its sign). All use closes up to the deciding session only.
    """
    close = _carry(np.where(grid.traded, grid.close, np.nan), portfolio.settle_after)
    listed = ~np.isnan(close)
    share = portfolio.gross / np.maximum(listed.sum(axis=1, keepdims=True), 1)
    equal = np.where(listed, share, 0.0)
    hold = np.full(equal.shape, np.nan)
    if listed.any():
        first = int(np.argmax(listed.any(axis=1)))
        hold[first] = equal[first]

    def rule(window: int, sign: float) -> Backtest:
        past = np.full(close.shape, np.nan)
        past[window:] = sign * (close[window:] / close[:-window] - 1.0)
        score = np.sign(past) if portfolio.mode == "directional" else past
        return simulate(grid, target_weights(score, portfolio), costs, portfolio)

    return {
        "buy_and_hold": trade(grid, hold, costs, portfolio),
        "equal_weight": simulate(grid, equal, costs, portfolio),
        "momentum_20": rule(20, 1.0),
        "momentum_126": rule(126, 1.0),
        "reversal_5": rule(5, -1.0),
    }


@njit(cache=True)
def _carry_forward(close, limit):  # pragma: no cover - compiled
    n_sessions, n_names = close.shape
    out = close.copy()
    for name in range(n_names):
        age = limit
        for session in range(n_sessions):
            age = 0 if not np.isnan(close[session, name]) else age + 1
            if 0 < age < limit:
                out[session, name] = out[session - 1, name]
    return out


def _carry(close: Floats, limit: int) -> Floats:
    """Last known close where a bar is missing, for fewer than ``limit`` sessions; NaN before the first and after."""
    return _carry_forward(np.ascontiguousarray(close), limit)
