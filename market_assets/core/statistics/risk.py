"""Risk of a return series: drawdown, Calmar, VaR, expected shortfall, Sortino, Omega, turnover. Returns are simple."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.series import as_returns


def drawdowns(returns: ArrayLike) -> Floats:
    """Equity over its running peak minus one, shape (T + 1,), all <= 0.

    Entry 0 is the initial equity: it belongs to the running peak, so a loss in the first period is a drawdown.
    """
    equity = np.concatenate([[1.0], np.cumprod(1.0 + as_returns(returns))])
    return equity / np.maximum.accumulate(equity) - 1.0


def max_drawdown(returns: ArrayLike) -> float:
    """Deepest drawdown of compounded returns, <= 0: -10 %, +5 %, -20 % give -0.244."""
    return float(drawdowns(returns).min())


def longest_underwater(returns: ArrayLike) -> int:
    """Longest run of periods spent below a previous peak."""
    longest = current = 0
    for below in drawdowns(returns) < 0.0:
        current = current + 1 if below else 0
        longest = max(longest, current)
    return longest


def annual_growth(returns: ArrayLike, periods_per_year: float) -> float:
    """Compound annual growth rate; -1 once the equity has been lost."""
    values = as_returns(returns)
    final = float(np.prod(1.0 + values))
    return final ** (periods_per_year / len(values)) - 1.0 if final > 0.0 else -1.0


def calmar_ratio(returns: ArrayLike, periods_per_year: float) -> float:
    """Compound annual growth over the depth of the maximum drawdown (Young 1991), on the whole series.

    Raises
    ------
    NotEnoughDataError
        no drawdown in the series.
    """
    depth = -max_drawdown(returns)
    if depth == 0.0:
        raise NotEnoughDataError("the series has no drawdown: the Calmar ratio is undefined")
    return annual_growth(returns, periods_per_year) / depth


def value_at_risk(returns: ArrayLike, beta: float = 0.95) -> float:
    """Loss (positive) that at most 1 - beta of the periods exceed: the lower beta-quantile of the losses."""
    losses, _, whole = _tail(returns, beta)
    return float(losses[whole])


def expected_shortfall(returns: ArrayLike, beta: float = 0.95) -> float:
    """Mean loss (positive) of the worst 1 - beta of the periods (Rockafellar & Uryasev 2000).

    The observation on the boundary carries the fractional weight that is left, so the tail weighs exactly 1 - beta.
    """
    losses, mass, whole = _tail(returns, beta)
    tail = float(losses[:whole].sum()) + (mass - whole) * float(losses[whole])
    return tail / mass


def _tail(returns: ArrayLike, beta: float) -> tuple[Floats, float, int]:
    """Losses from the worst on, the number of periods in the tail, and its whole part."""
    if not 0.0 < beta < 1.0:
        raise BadInputError("confidence_range", f"beta {beta:g} is not between 0 and 1")
    losses = np.sort(-as_returns(returns))[::-1]
    mass = (1.0 - beta) * len(losses)
    return losses, mass, min(math.floor(mass + 1e-9), len(losses) - 1)


def normal_expected_shortfall(mean: float, std: float, beta: float = 0.95) -> tuple[float, float]:
    """Value at risk and expected shortfall (losses, positive) of normal returns, in closed form."""
    if not (0.0 < beta < 1.0 and std >= 0.0):
        raise BadInputError("confidence_range", f"beta {beta:g} is not between 0 and 1, or std {std:g} is negative")
    z = float(ndtri(beta))
    density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return std * z - mean, std * density / (1.0 - beta) - mean


def downside_deviation(returns: ArrayLike, target: float = 0.0) -> float:
    """Root of the mean squared shortfall below ``target``, divided by ALL periods."""
    return math.sqrt(float(np.mean(np.minimum(as_returns(returns) - target, 0.0) ** 2)))


def sortino_ratio(returns: ArrayLike, target: float = 0.0) -> float:
    """Mean excess over ``target`` by the downside deviation, per period (Sortino & van der Meer 1991).

    Raises
    ------
    NotEnoughDataError
        no period below the target.
    """
    deviation = downside_deviation(returns, target)
    if deviation == 0.0:
        raise NotEnoughDataError("no period below the target: the Sortino ratio is undefined")
    return (float(np.mean(as_returns(returns))) - target) / deviation


def omega_ratio(returns: ArrayLike, threshold: float = 0.0) -> float:
    """Mean gain above ``threshold`` over mean shortfall below it, per period (Keating & Shadwick 2002).

    Raises
    ------
    NotEnoughDataError
        no period below the threshold.
    """
    excess = as_returns(returns) - threshold
    shortfall = float(np.maximum(-excess, 0.0).sum())
    if shortfall == 0.0:
        raise NotEnoughDataError("no period below the threshold: the Omega ratio is undefined")
    return float(np.maximum(excess, 0.0).sum()) / shortfall


def two_way_turnover(target: ArrayLike, held: ArrayLike, returns: ArrayLike) -> float:
    """Sum of absolute trades from the drifted weights to ``target`` (DeMiguel, Garlappi & Uppal 2009, eq. 14).

    Parameters
    ----------
    target, held, returns : shape (N,); ``held`` are the weights after the previous trade, ``returns`` since then.
    """
    old, moves = np.asarray(held, np.float64), np.asarray(returns, np.float64)
    growth = 1.0 + float(old @ moves)
    if growth <= 0.0:
        raise NotEnoughDataError("the portfolio lost all its equity: drifted weights are undefined")
    return float(np.abs(np.asarray(target, np.float64) - old * (1.0 + moves) / growth).sum())
