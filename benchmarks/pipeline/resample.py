"""Null markets from real days: resampled in blocks, and every day mirrored or not by a fair coin.

A mirrored day is the day upside down around the market of the day: same gap, range, wicks and volume, the direction
drawn by lot. Given everything before, the expected return of every symbol is the market's, so no book that is long
and short by equal amounts can expect to earn anything before costs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

from benchmarks.pipeline.days import PARTS, Days, equity_days, index_days
from benchmarks.pipeline.layout import panel_of, stamps_of
from market_assets.core.market.panel import Floats, Panel

BLOCK = 20.0
"""Mean length of a block in days: volatility clusters live that long."""
_RESTART, _START, _COIN, _CHOICE = range(4)


def _uniform(seed: int, purpose: int, shape: tuple[int, ...]) -> Floats:
    """Numbers in [0, 1); a longer first axis begins with the same ones."""
    return Generator(PCG64(SeedSequence(seed, spawn_key=(purpose,)))).random(shape)


def block_rows(seed: int, sessions: int, columns: int, days: int) -> NDArray[np.int64]:
    """Rows (S, columns) of a stationary bootstrap of ``days`` rows, wrapping (Politis & Romano 1994)."""
    begins = _uniform(seed, _RESTART, (sessions, columns)) < 1.0 / BLOCK
    begins[0] = True
    start = np.floor(_uniform(seed, _START, (sessions, columns)) * days).astype(np.int64)
    step = np.arange(sessions)[:, None]
    first = np.maximum.accumulate(np.where(begins, step, 0), axis=0)
    return (np.take_along_axis(start, first, axis=0) + step - first) % days


def mirrored(days: Days, market: Days | None, coin: NDArray[np.bool_]) -> dict[str, Floats]:
    """Bars (S, N) of the days in order, upside down around the market where ``coin`` is true.

    Parameters
    ----------
    days : one row a session. market : the same of the market, one column; None = a market that stands still.
    """
    middle_open = 0.0 if market is None else market.open
    middle_close = 0.0 if market is None else market.close
    opened = 1.0 + np.where(coin, 2.0 * middle_open - days.open, days.open)
    closed = 1.0 + np.where(coin, 2.0 * middle_close - days.close, days.close)
    up, down = np.where(coin, days.down, days.up), np.where(coin, days.up, days.down)
    top, bottom = np.maximum(opened, closed) + up, np.minimum(opened, closed)
    low = np.maximum(bottom - down, 0.1 * bottom)
    level: Floats = np.cumprod(closed, axis=0, dtype=np.float64)
    before = 100.0 * np.vstack([np.ones((1, closed.shape[1])), level[:-1]])
    first, last = before * opened, 100.0 * level
    return {
        "open": first,
        "high": np.maximum(before * top, np.maximum(first, last)),  # a product may round below its part
        "low": np.minimum(before * low, np.minimum(first, last)),
        "close": last,
        "volume": np.maximum(np.round(1e6 * days.volume), 1.0),
    }


def index_market(symbols: int, years: float, seed: int) -> Panel:
    """Symbols that resample the S&P 500 or the NASDAQ in turn, each with blocks and coins of its own.

    Survives: gaps, ranges, tails, volume against range, clusters of volatility within a block. Destroyed: direction,
    every dependence between symbols, memory beyond a block.
    """
    stamps, real = stamps_of(years), index_days()
    rows = block_rows(seed, len(stamps), symbols, len(real.close))
    series = np.arange(symbols) % real.close.shape[1]
    own = Days(*(getattr(real, name)[rows, series] for name in PARTS))
    coin = _uniform(seed, _COIN, (len(stamps), symbols)) < 0.5
    return panel_of(stamps, mirrored(own, None, coin), "X")


def equity_market(path: Path, symbols: int, years: float, seed: int) -> Panel:
    """Real equities drawn by lot, the days resampled in blocks with all bars of a day kept together.

    Survives: what a day has in common across symbols (market, ranges, volumes, volatility), clusters within a block.
    Destroyed: the direction of each symbol against the market, hence momentum, reversal and sectors; memory beyond a
    block. The market's own memory within a block survives, and a book of equal long and short amounts cannot hold it.
    """
    stamps, real = stamps_of(years), equity_days(path)
    choice = np.argsort(_uniform(seed, _CHOICE, (real.close.shape[1],)))[:symbols]
    rows = block_rows(seed, len(stamps), 1, len(real.close))[:, 0]
    own = Days(*(getattr(real, name)[np.ix_(rows, choice)] for name in PARTS))
    market = Days(*(getattr(own, name).mean(axis=1, keepdims=True) for name in PARTS))
    coin = _uniform(seed, _COIN, (len(stamps), symbols)) < 0.5
    return panel_of(stamps, mirrored(own, market, coin), "E")
