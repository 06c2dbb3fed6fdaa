"""What a trading stage reports: every fill with its time, and what the account made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.leakage.timed import Timed, at_close, close_of

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Book:
    """T sessions x N symbols, one fill a cell at most.

    Parameters
    ----------
    order : units wanted (> 0 buy, < 0 sell). quantity : units filled. price : of the fill, NaN where there is none.
    time : int64 tick of the fill, defined in every cell: an even tick is an open, an odd one a close, or the range
        of the bar for a resting order.
    limit, stop : level of a resting order in the bar, NaN where there is none; a fill in a cell with both is an exit.
    profit : (T,) profit since the start in money, marked at each close, before costs. cost : (T,) paid in the session.
    """

    order: Floats
    quantity: Floats
    price: Floats
    time: NDArray[np.int64]
    limit: Floats
    stop: Floats
    profit: Floats
    cost: Floats

    @property
    def resting(self) -> NDArray[np.bool_]:
        """Cells whose fill, if any, comes from an order that was already there."""
        return ~(np.isnan(self.limit) & np.isnan(self.stop))

    def timed(self) -> dict[str, Timed]:
        """Outputs with the times they are due.

        A market order is decided before the price it is filled at: one tick before its fill. A resting order stands
        before its bar opens. Whether an order fills depends on the bar, and is judged against it by ``fills``.
        """
        rows = np.broadcast_to(np.arange(self.time.shape[0])[:, None], self.time.shape)
        return {
            "order": Timed(self.order, np.where(self.resting, close_of(rows - 1), self.time - 1)),
            "limit": Timed(self.limit, close_of(rows - 1)),
            "stop": Timed(self.stop, close_of(rows - 1)),
            "profit": at_close(self.profit),
        }


def make_book(
    order: Floats, quantity: Floats, price: Floats, time: Any, close: Floats, rate: float, **levels: Floats
) -> Book:
    """Book of these orders and fills, marked at the last known close, with ``rate`` of the notional as cost.

    ``levels`` are ``limit`` and ``stop``; ``time`` is broadcast to the cells.
    """
    blank = np.full(quantity.shape, np.nan)
    paid = np.where(quantity != 0.0, quantity * np.nan_to_num(price), 0.0)
    return Book(
        order=order,
        quantity=quantity,
        price=np.where(quantity != 0.0, price, np.nan),
        time=np.broadcast_to(np.asarray(time, dtype=np.int64), quantity.shape),
        limit=levels.get("limit", blank),
        stop=levels.get("stop", blank),
        profit=mark(quantity, paid, close),
        cost=rate * np.abs(paid).sum(axis=1),
    )


def mark(quantity: Floats, paid: Floats, close: Floats) -> Floats:
    """Profit (T,) of all fills so far: position at the last known close, less what was paid for it."""
    rows = np.where(np.isnan(close), -1, np.arange(close.shape[0])[:, None])
    last = np.maximum.accumulate(rows, axis=0)
    value = np.where(last < 0, 0.0, np.take_along_axis(close, np.maximum(last, 0), axis=0))
    position = np.cumsum(quantity, axis=0)
    return (position * value - np.cumsum(paid, axis=0)).sum(axis=1)
