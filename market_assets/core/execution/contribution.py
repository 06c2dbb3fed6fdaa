"""What each name added to the net return: the account taken apart after the fact."""

from __future__ import annotations

import numpy as np
from numba import njit

from market_assets.core.errors import BadInputError
from market_assets.core.execution.account import slippage_rate
from market_assets.core.execution.backtest import Backtest
from market_assets.core.execution.spec import CostSpec, PortfolioSpec
from market_assets.core.market.grid import PriceGrid
from market_assets.core.market.panel import Floats

TOLERANCE = 1e-9


def symbol_contributions(grid: PriceGrid, run: Backtest, costs: CostSpec, portfolio: PortfolioSpec) -> Floats:
    """Net contribution of every name to the net return of every session, shape (T, N); rows add up to ``run.net``.

    A name's part is its gain on the held weight, less its borrow fee, less fees and slippage of its own trade. In the
    session of ruin the parts add up to the whole loss, which may exceed the equity.

    Parameters
    ----------
    grid, costs, portfolio : what the account was run with; ``grid`` covers all of its sessions.
    run : the account, or the end of it (``Backtest.window`` up to the last session) from a session at which nothing
        was held before the trades.

    Raises
    ------
    BadInputError
        rule ``book_of_grid``: the sessions are not the last ones of the grid, or the parts do not add up (the account
        was cut while it held positions, or belongs to other prices or costs).
    """
    count = len(run.sessions)
    skipped = len(grid.sessions) - count
    if skipped < 0 or run.symbols != grid.symbols or not np.array_equal(grid.sessions[skipped:], run.sessions):
        raise BadInputError("book_of_grid", "the account does not run over the last sessions of this grid")
    days = np.diff(grid.sessions.astype("datetime64[D]")).astype(np.float64)
    parts = _contributions(
        np.where(grid.traded & (grid.open > 0.0), grid.open, np.nan),
        np.where(grid.traded & (grid.close > 0.0), grid.close, np.nan),
        np.concatenate([[0.0], days]),
        run.held,
        run.gross - run.borrow,
        run.fees + run.slippage,
        costs.fee_rate,
        np.array([np.inf if limit is None else limit for limit, _ in costs.slippage]),
        np.array([rate * 1e-4 for _, rate in costs.slippage]),
        costs.borrow_bp_per_year * 1e-4 / 365.0,
        portfolio.capital,
        portfolio.settle_after,
    )
    alive = np.arange(count) != run.ruined
    gap = np.abs(parts.sum(axis=1) - run.net)[alive]
    if gap.size and gap.max() > TOLERANCE:
        raise BadInputError("book_of_grid", f"the parts of the names miss the net return by up to {gap.max():.2e}")
    return parts


@njit(cache=True)
def _contributions(  # pragma: no cover - compiled
    opens, closes, days, held, earned, paid, fee, limits, rates, borrow_rate, capital, settle_after
):
    n_sessions, n_names = opens.shape
    first = n_sessions - len(held)
    out = np.zeros(held.shape)
    mark, last_close = np.full(n_names, np.nan), np.full(n_names, np.nan)
    absent = np.zeros(n_names, np.int64)
    for session in range(n_sessions):
        row = session - first
        for name in range(n_names):
            price, move = opens[session, name], 0.0
            absent[name] = absent[name] + 1 if np.isnan(price) else 0
            before = held[row - 1, name] if row > 0 else 0.0
            if before != 0.0:
                if absent[name] == settle_after:
                    price = last_close[name]
                if not np.isnan(price):
                    move = price / mark[name] - 1.0
            if absent[name] == 0:
                mark[name] = opens[session, name]
            if row >= 0:
                growth = 1.0 + earned[row]
                part = before * move - max(-before, 0.0) * borrow_rate * days[session]
                if growth > 0.0:
                    left = 1.0 - paid[row] / growth  # the equity that the costs of this open left
                    size = abs(held[row, name] * left - before * (1.0 + move) / growth)
                    part -= size * (fee + slippage_rate(size * capital, limits, rates)) * growth
                out[row, name] = part
            if not np.isnan(closes[session, name]):
                last_close[name] = closes[session, name]
    return out
