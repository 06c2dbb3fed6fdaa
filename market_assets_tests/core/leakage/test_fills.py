"""Fills held against their bars: one honest book, and one lie at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.leakage.book import make_book, mark
from market_assets.core.leakage.fills import prove_fillable

BARS = {
    "open": np.array([[100.0], [101.0], [np.nan], [103.0], [100.0]]),
    "high": np.array([[101.0], [103.0], [np.nan], [106.0], [101.0]]),
    "low": np.array([[99.0], [100.0], [np.nan], [99.0], [98.0]]),
    "close": np.array([[100.5], [102.0], [np.nan], [104.0], [99.0]]),
    "volume": np.array([[10.0], [10.0], [np.nan], [10.0], [10.0]]),
}
TICKS = 2 * np.arange(5)[:, None]
NONE = np.full((5, 1), np.nan)


def column(*values):
    return np.array(values, dtype=float)[:, None]


def book(order, quantity=None, price=None, ticks=TICKS, rate=1e-3, **levels):
    filled = order if quantity is None else quantity
    paid = BARS["open"] if price is None else price
    return make_book(order, filled, paid, ticks, BARS["close"], rate, **levels)


ENTRY = column(0, 1, 0, -1, 0)
LEVELS = {"limit": column(np.nan, np.nan, np.nan, 105, np.nan), "stop": column(np.nan, np.nan, np.nan, 100, np.nan)}
HONEST = {
    "market at the open": book(ENTRY),
    "market at the close": book(ENTRY, price=BARS["close"], ticks=TICKS + 1),
    "order waits for a bar": book(column(0, 0, 1, 1, 0), column(0, 0, 0, 1, 0)),
    "limit reached": book(column(0, 1, 0, 0, 0), price=column(0, 100.5, 0, 0, 0),
                          limit=column(np.nan, 100.5, np.nan, np.nan, np.nan)),
    "limit missed": book(column(1, 1, 0, 0, 0), column(1, 0, 0, 0, 0),
                         limit=column(np.nan, 99, np.nan, np.nan, np.nan)),
    "stop counts": book(ENTRY, price=column(0, 101, 0, 100, 0), **LEVELS),
    "opened beyond the target": book(ENTRY, price=column(0, 101, 0, 103, 0), stop=LEVELS["stop"],
                                     limit=column(np.nan, np.nan, np.nan, 102.5, np.nan)),
}  # fmt: skip
LIES = {
    "have no bar": book(column(0, 0, 1, 0, 0), price=column(0, 0, 102, 0, 0)),
    "better price than the market": book(ENTRY, price=column(0, 100, 0, 103, 0)),
    "price that was not traded": book(column(0, 1, 0, 0, 0), price=column(0, 99, 0, 0, 0),
                                      limit=column(np.nan, 99, np.nan, np.nan, np.nan)),
    "better price than their limit": book(column(0, 1, 0, 0, 0), price=column(0, 100, 0, 0, 0),
                                          limit=column(np.nan, 100.5, np.nan, np.nan, np.nan)),
    "stop may have come first": book(ENTRY, price=column(0, 101, 0, 105, 0), **LEVELS),
    "not filled although the market was there": book(column(1, 1, 0, 0, 0), column(1, 0, 0, 0, 0)),
    "not of the size": book(ENTRY, 0.5 * ENTRY),
    "traded without cost": book(ENTRY, rate=0.0),
    "profit that their fills did not earn": replace(book(ENTRY), profit=np.arange(5.0)),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_honest_book_passes(name):
    """Fills that the bars allow raise nothing."""
    assert prove_fillable("d", "trade", HONEST[name], BARS) == []


@pytest.mark.parametrize("text", LIES)
def test_lie_is_named(text):
    """Each lie is found for what it is."""
    found = prove_fillable("d", "trade", LIES[text], BARS)
    assert [text in one.variant for one in found].count(True) == 1, found


def test_profit_is_marked_at_the_last_close():
    """Bought one at 101, marked at 102, through the gap, then 104, sold at 103."""
    paid = np.where(ENTRY != 0, ENTRY * np.nan_to_num(BARS["open"]), 0.0)
    np.testing.assert_allclose(mark(ENTRY, paid, BARS["close"]), [0.0, 1.0, 1.0, 2.0, 2.0])


def test_market_orders_are_due_before_their_fill():
    """An open is decided at the close before, a close at its own open, a resting order before its bar."""
    assert (book(ENTRY).timed()["order"].known == TICKS - 1).all()
    assert (book(ENTRY, price=BARS["close"], ticks=TICKS + 1).timed()["order"].known == TICKS).all()
    resting = HONEST["stop counts"].timed()
    assert resting["order"].known[3] == resting["limit"].known[3] == 2 * 3 - 1


def test_a_book_without_trades_is_refused():
    """Nothing traded, nothing proven."""
    with pytest.raises(NotEnoughDataError):
        prove_fillable("d", "trade", book(np.zeros((5, 1))), BARS)
