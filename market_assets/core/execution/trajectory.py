"""Optimal execution of one order (Almgren & Chriss 2000): how fast to sell when waiting is risky and haste is dear."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from market_assets.core.errors import BadInputError
from market_assets.core.market.panel import Floats
from market_assets.core.spec import spec


@spec
class TrajectorySpec:
    """An order to be closed in equal steps, and the market it meets; money per share, time in days.

    Parameters
    ----------
    shares : X > 0 to sell; a purchase is the mirror image. days : T. steps : N trades, one a step of T / N days.
    half_spread : epsilon, fixed cost a share. temporary : eta, price concession a share for a rate of one share a day.
    permanent : gamma, price move a share sold. volatility : sigma, price move of one day (money, not a fraction).
    risk_aversion : lambda, weight of the variance against the expected cost; 0 trades evenly.
    """

    shares: float = Field(gt=0.0)
    days: float = Field(gt=0.0)
    steps: int = Field(ge=1, le=100_000)
    half_spread: float = Field(default=0.0, ge=0.0)
    temporary: float = Field(gt=0.0)
    permanent: float = Field(default=0.0, ge=0.0)
    volatility: float = Field(ge=0.0)
    risk_aversion: float = Field(default=0.0, ge=0.0)

    @property
    def step_days(self) -> float:
        """tau = T / N."""
        return self.days / self.steps

    @property
    def net_temporary(self) -> float:
        """eta less gamma tau / 2: the temporary cost net of the permanent move that the same step pays anyway."""
        return self.temporary - self.permanent * self.step_days / 2.0


@dataclass(frozen=True, eq=False)
class Trajectory:
    """Shares held and sold, and what it costs.

    Parameters
    ----------
    holdings : (N + 1,) at the ends of the steps, X first and 0 last. trades : (N,) sold in each step.
    urgency : kappa per day; holdings fall by the factor e in 1 / kappa days, 0 for an even schedule.
    expected_cost, variance : of the cost against the price before the order; money and money squared.
    """

    holdings: Floats
    trades: Floats
    urgency: float
    expected_cost: float
    variance: float


def optimal_trajectory(order: TrajectorySpec) -> Trajectory:
    """Schedule with the smallest expected cost plus risk aversion times variance (eq. 17 to 20).

    x_j = X sinh(kappa (T - t_j)) / sinh(kappa T), with 2 (cosh(kappa tau) - 1) / tau^2 = lambda sigma^2 / (eta - gamma
    tau / 2).

    Raises
    ------
    BadInputError
        rule ``trajectory_cost``: the net temporary cost is not positive, so that the cost has no minimum.
    """
    if order.net_temporary <= 0.0:
        raise BadInputError(
            "trajectory_cost",
            f"temporary {order.temporary} must exceed permanent x step / 2 = {order.permanent * order.step_days / 2}: "
            "use shorter steps",
        )
    tau, left = order.step_days, np.arange(order.steps, -1, -1, dtype=np.float64)
    curvature = order.risk_aversion * order.volatility**2 / order.net_temporary
    # acosh(1 + c) loses all digits for small c; 2 asinh(sqrt(c / 2)) is the same number and keeps them
    step_urgency = 2.0 * math.asinh(math.sqrt(curvature) * tau / 2.0)
    share = left / order.steps
    if step_urgency > 0.0:
        # sinh(a) / sinh(b) written with exponents that are never positive: no overflow at any urgency
        share = np.exp(step_urgency * (left - order.steps)) * np.expm1(-2.0 * step_urgency * left)
        share = share / np.expm1(-2.0 * step_urgency * order.steps)
    holdings = order.shares * share
    cost, variance = schedule_cost(holdings, order)
    return Trajectory(holdings, -np.diff(holdings), step_urgency / tau, cost, variance)


def schedule_cost(holdings: ArrayLike, order: TrajectorySpec) -> tuple[float, float]:
    """Expected cost and variance of any schedule: holdings (N + 1,) from ``order.shares`` to 0 (eq. 4 and 5).

    Raises
    ------
    BadInputError
        rule ``trajectory_holdings``: another length, or other ends.
    """
    held = np.asarray(holdings, np.float64)
    if held.shape != (order.steps + 1,) or not np.isfinite(held).all():
        raise BadInputError("trajectory_holdings", f"expected {order.steps + 1} finite holdings, got {held.shape}")
    if abs(held[0] - order.shares) > 1e-9 * order.shares or abs(held[-1]) > 1e-9 * order.shares:
        raise BadInputError("trajectory_holdings", f"holdings must run from {order.shares} to 0")
    trades, tau = -np.diff(held), order.step_days
    cost = (
        0.5 * order.permanent * order.shares**2
        + order.half_spread * np.abs(trades).sum()
        + order.net_temporary / tau * np.square(trades).sum()
    )
    return float(cost), float(order.volatility**2 * tau * np.square(held[1:]).sum())
