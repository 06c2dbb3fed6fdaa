"""Could these fills have happened, and does the account say what they earned?"""

from __future__ import annotations

import numpy as np

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.leakage.book import Book, Floats, mark
from market_assets.core.leakage.finding import Finding
from market_assets.core.leakage.sample import Mask
from market_assets.core.leakage.timed import Arrays

TOLERANCE = 1e-9
"""Relative slack of a price: rounding, and nothing else."""


def prove_fillable(detector: str, stage: str, book: Book, bars: Arrays) -> list[Finding]:
    """Hold every fill against the bar it claims.

    A fill needs a bar. A market order never gets a better price than the print of its tick (open or close). A
    resting order fills inside [low, high], and where the bar spans stop and limit of an exit, the order of events
    is unknown and the stop counts, unless the open was already at the limit. An order that the market passed
    through is filled, whole: nobody chooses his fills afterwards. Every trade costs something, and the profit is
    that of the fills.

    Raises
    ------
    NotEnoughDataError
        when the stage never traded.
    """
    traded = book.quantity != 0.0
    if not traded.any():
        raise NotEnoughDataError(f"{stage}: a book without a trade proves nothing")
    # a gap in the bar is a finding of its own, so NaN may compare as false below
    rows = np.clip(book.time // 2, 0, book.time.shape[0] - 1)
    bar = {name: np.take_along_axis(bars[name], rows, axis=0) for name in ("open", "high", "low", "close", "volume")}
    side = np.sign(book.quantity)
    slack = TOLERANCE * np.abs(book.price)
    dead = np.isnan(bar["close"]) | ~(bar["volume"] > 0.0)
    printed = np.where(book.time % 2 == 0, bar["open"], bar["close"])
    market, resting = traded & ~dead & ~book.resting, traded & ~dead & book.resting
    outside = (book.price < bar["low"] - slack) | (book.price > bar["high"] + slack)
    lucky_limit = resting & (side * (book.price - book.limit) < -slack) & (book.price != bar["open"])
    both = resting & _touched(book, bar, side)
    wanted = mark(book.quantity, np.where(traded, book.quantity * np.nan_to_num(book.price), 0.0), bars["close"])
    rounding = 1e-6 * (1.0 + float(np.max(np.abs(book.quantity * np.nan_to_num(book.price)))))
    facts = {
        "fills have no bar": traded & dead,
        "market orders got a better price than the market": market & (side * (book.price - printed) < -slack),
        "resting orders filled at a price that was not traded": resting & outside,
        "limit orders got a better price than their limit and the open": lucky_limit,
        "exits took the target where the stop may have come first": both & (side * (book.price - book.stop) < -slack),
        "orders were not filled although the market was there": ~dead & _passed(book, bar) & ~traded,
        "fills are not of the size that was ordered": traded & (book.quantity != book.order),
        "sessions traded without cost": traded.any(axis=1) & ~(book.cost > 0.0),
        "sessions report a profit that their fills did not earn": np.abs(book.profit - wanted) > rounding,
    }
    return [
        Finding(detector, stage, text, int(rows.sum()), f"{int(rows.sum())} {text}")
        for text, rows in facts.items()
        if rows.any()
    ]


def _passed(book: Book, bar: Arrays) -> Mask:
    """Orders that the market must have filled: at market, or with a price beyond their limit or at their stop."""
    buys = book.order > 0.0
    limit = np.where(buys, bar["low"] < book.limit, bar["high"] > book.limit)
    stop = np.where(buys, bar["high"] >= book.stop, bar["low"] <= book.stop)
    return (book.order != 0.0) & (~book.resting | limit | stop)


def _touched(book: Book, bar: Arrays, side: Floats) -> Mask:
    """Exits whose bar reaches stop and limit and did not open beyond the limit already."""
    exit_ = ~(np.isnan(book.limit) | np.isnan(book.stop))
    inside = [(bar["low"] <= level) & (level <= bar["high"]) for level in (book.limit, book.stop)]
    opened = -side * (bar["open"] - book.limit) >= 0.0
    return exit_ & inside[0] & inside[1] & ~opened
