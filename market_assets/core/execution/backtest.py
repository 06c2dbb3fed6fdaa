"""Backtest net of costs: decided at the close, traded at the next open, self-financing account."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from market_assets.core.errors import BadInputError, Location
from market_assets.core.execution.account import run_account
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.market.grid import PriceGrid
from market_assets.core.market.panel import Floats
from market_assets.core.statistics.performance import Figures, performance


@dataclass(frozen=True)
class Backtest:
    """What the account did; arrays of shape (S,) booked at the OPEN of each session.

    Row t covers the holding from open t - 1 to open t and the trades at open t, so it depends on weights up to row
    t - 1 and on prices up to open t. ``gross``, ``fees``, ``slippage``, ``borrow`` and ``net`` are fractions of the
    equity after the trades of open t - 1, and net = gross - fees - slippage - borrow. ``turnover`` is two-way, on
    drifted weights, as a fraction of equity before the trades. ``held`` (S, N) are the weights after the trades of
    open t, ``exposure`` and ``net_exposure`` their absolute and signed sums. ``ruined`` is the session number where
    all equity was lost (net = -1 there, nothing afterwards), or None.
    """

    sessions: NDArray[np.datetime64]
    symbols: tuple[str, ...]
    gross: Floats
    fees: Floats
    slippage: Floats
    borrow: Floats
    net: Floats
    turnover: Floats
    exposure: Floats
    net_exposure: Floats
    held: Floats
    ruined: int | None

    def window(self, first: int, last: int) -> Backtest:
        """Keep sessions first..last (inclusive)."""
        cut = slice(first, last + 1)
        names = ("sessions", "gross", "fees", "slippage", "borrow", "net", "turnover", "exposure", "net_exposure")
        parts = {name: getattr(self, name)[cut] for name in (*names, "held")}
        inside = self.ruined is not None and first <= self.ruined <= last
        return replace(self, **parts, ruined=self.ruined - first if self.ruined is not None and inside else None)

    def summary(self, periods_per_year: float = 252.0) -> Figures:
        """Figures of ``performance`` and the mean exposures; undefined ones are None."""
        return {
            **performance(self.net, self.gross, self.turnover, periods_per_year),
            "exposure": float(self.exposure.mean()),
            "net_exposure": float(self.net_exposure.mean()),
            "ruined": float(self.ruined is not None),
        }


def simulate(grid: PriceGrid, weights: Floats, costs: CostSpec, portfolio: PortfolioSpec) -> Backtest:
    """Trade the target weights and account for every cost.

    Weights of row s are decided at close s and traded at open s + 1, never earlier. A name without a bar at that
    open is not traded: its position is marked at its last open, and the trade waits for its next open, where the
    then latest target counts. A position without bars for ``portfolio.settle_after`` sessions is settled at the last
    close. Orders are sized |trade| x ``portfolio.capital`` for the slippage tier.

    Parameters
    ----------
    grid : prices of the ADJUSTED panel, shape (S, N).
    weights : finite target weights, shape (S, N); see ``target_weights``.

    Raises
    ------
    BadInputError
        rule ``weight_grid``: wrong shape or a weight that is not finite.
    """
    wanted = np.ascontiguousarray(weights, dtype=np.float64)
    if wanted.shape != grid.open.shape:
        raise BadInputError("weight_grid", f"weights {wanted.shape} do not match the grid {grid.open.shape}")
    if not np.isfinite(wanted).all():
        row, column = (int(k) for k in np.argwhere(~np.isfinite(wanted))[0])
        where = Location(row=row, column=grid.symbols[column])
        raise BadInputError("weight_grid", f"a target weight is {wanted[row, column]}", where)
    return trade(grid, wanted, costs, portfolio)


def trade(grid: PriceGrid, orders: Floats, costs: CostSpec, portfolio: PortfolioSpec) -> Backtest:
    """As ``simulate``, where NaN means "no order": the position is left to drift. For buy-and-hold books."""
    opens = np.where(grid.traded & (grid.open > 0.0), grid.open, np.nan)
    closes = np.where(grid.traded & (grid.close > 0.0), grid.close, np.nan)
    days = np.diff(grid.sessions.astype("datetime64[D]")).astype(np.float64)
    limits = np.array([np.inf if limit is None else limit for limit, _ in costs.slippage])
    rates = np.array([rate * 1e-4 for _, rate in costs.slippage])
    book, held, ruined = run_account(
        opens,
        closes,
        orders,
        np.concatenate([[0.0], days]),
        costs.fee_rate,
        limits,
        rates,
        costs.borrow_bp_per_year * 1e-4 / 365.0,
        portfolio.capital,
        portfolio.settle_after,
    )
    gross, fees, slippage, borrow, net, turnover = (np.ascontiguousarray(column) for column in book.T)
    return Backtest(
        sessions=grid.sessions,
        symbols=grid.symbols,
        gross=gross,
        fees=fees,
        slippage=slippage,
        borrow=borrow,
        net=net,
        turnover=turnover,
        exposure=np.abs(held).sum(axis=1),
        net_exposure=held.sum(axis=1),
        held=held,
        ruined=None if ruined < 0 else int(ruined),
    )
