"""The compiled account behind ``simulate``: one pass over sessions and names."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def slippage_rate(notional, limits, rates):  # pragma: no cover - compiled
    """Rate of the tier an order falls in; the first tier excludes its limit, the others include theirs."""
    if notional < limits[0]:
        return rates[0]
    for tier in range(1, len(limits)):
        if notional <= limits[tier]:
            return rates[tier]
    return rates[-1]


@njit(cache=True)
def run_account(  # pragma: no cover - compiled
    opens, closes, orders, days, fee, limits, rates, borrow_rate, capital, settle_after
):
    """Run the account; see ``simulate`` for the rules.

    ``opens`` and ``closes`` are NaN where a name does not trade, ``orders`` NaN where a position is left alone,
    ``days`` the calendar days since the previous session. Returns the book (S, 6) of gross, fees, slippage, borrow,
    net and turnover, the weights held after each open (S, N), and the session of ruin or -1.
    """
    n_sessions, n_names = opens.shape
    book = np.zeros((n_sessions, 6))
    held = np.zeros((n_sessions, n_names))
    current, move = np.zeros(n_names), np.zeros(n_names)
    mark, last_close = np.full(n_names, np.nan), np.full(n_names, np.nan)
    absent = np.zeros(n_names, np.int64)
    for session in range(n_sessions):
        gross, short = 0.0, 0.0
        for name in range(n_names):
            price, move[name] = opens[session, name], 0.0
            absent[name] = absent[name] + 1 if np.isnan(price) else 0
            if current[name] != 0.0:
                if absent[name] == settle_after:
                    price = last_close[name]
                if not np.isnan(price):
                    move[name] = price / mark[name] - 1.0
            if absent[name] == 0:
                mark[name] = price
            gross += current[name] * move[name]
            short += max(-current[name], 0.0)
        borrow = short * borrow_rate * days[session]
        growth = 1.0 + gross - borrow
        fees, slippage, turnover = 0.0, 0.0, 0.0
        if growth > 0.0:
            for name in range(n_names):
                drifted = current[name] * (1.0 + move[name]) / growth
                wanted = drifted
                if absent[name] == 0:
                    if session > 0 and not np.isnan(orders[session - 1, name]):
                        wanted = orders[session - 1, name]
                elif absent[name] >= settle_after:
                    wanted = 0.0
                size = abs(wanted - drifted)
                fees += size * fee
                slippage += size * slippage_rate(size * capital, limits, rates)
                turnover += size
                current[name] = wanted
        left = 1.0 - fees - slippage
        book[session, 0], book[session, 3], book[session, 5] = gross, borrow, turnover
        book[session, 1], book[session, 2] = fees * growth, slippage * growth
        if growth <= 0.0 or left <= 0.0:
            book[session, 4] = -1.0
            return book, held, session
        book[session, 4] = gross - borrow - (fees + slippage) * growth
        for name in range(n_names):
            current[name] /= left  # costs are paid from cash, so positions weigh more in what is left
            held[session, name] = current[name]
            if not np.isnan(closes[session, name]):
                last_close[name] = closes[session, name]
    return book, held, -1
