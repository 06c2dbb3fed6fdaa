"""The order-book family (C3): spread, imbalance and order flow of real quotes, one figure an interval."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.bars import Bars
from market_assets.core.features.book import depth_imbalance, spread_share
from market_assets.core.features.book_replay import Book
from market_assets.core.features.declaration import Feature
from market_assets.core.features.elementwise import ratio
from market_assets.core.features.order_flow import interval_sums, scaled_order_flow
from market_assets.core.features.rolling import rolling_mean
from market_assets.core.features.side_family import Series, side_family
from market_assets.core.market.panel import Floats
from market_assets.core.market.side import SideTable, Times

QUOTE_SERIES = ("book_spread", "book_best_imbalance", "book_flow")
"""What best quotes give; a book of five levels gives ``LIMITS``, all of them."""

LIMITS: dict[str, float] = dict.fromkeys((*QUOTE_SERIES, "book_imbalance", "book_flow_five"), 1.0)
"""Days: a figure of the bar's own day."""

CONT, XU = "Cont, Kukanov & Stoikov 2014", "Xu, Gould & Howison 2018; Cont, Cucuringu & Zhang 2023"
SPREAD, QUEUE, BEST, IMBALANCE, FIVE = ((f"side:{name}",) for name in LIMITS)
FEATURES = {
    "book_spread": Feature("mean over the interval of (ask - bid) / mid", "own, after Stoll 1989", SPREAD, 0),
    "book_spread_relative_20": Feature("book spread / SMA(20) of it - 1", "own, after Stoll 1989", SPREAD, 19),
    "book_imbalance": Feature(
        "mean over the interval of (bid - ask) / (bid + ask) depth of five levels, -1..1",
        "own, after Gould & Bonart 2016",
        IMBALANCE,
        0,
    ),
    "book_imbalance_mean_5": Feature("SMA(5) of the book imbalance", "own, after Gould & Bonart 2016", IMBALANCE, 4),
    "book_best_imbalance": Feature(
        "mean over the interval of (bid - ask) / (bid + ask) size of the best quotes, -1..1",
        "own, after Gould & Bonart 2016",
        QUEUE,
        0,
    ),
    "book_flow": Feature(
        "order-flow imbalance of the best quotes / mean depth of the levels that are known", CONT, BEST, 0
    ),
    "book_flow_five": Feature("mean over five levels of order-flow imbalance / mean depth", XU, FIVE, 0),
    "book_flow_five_mean_5": Feature("SMA(5) of the five-level flow", f"own, after {XU}", FIVE, 4),
}


def compute(bars: Bars, series: Series) -> dict[str, Floats]:  # noqa: ARG001 - one signature for all
    """The order-book features of one symbol."""
    spread, queue, best, imbalance, five = (series[name] for name in LIMITS)
    return {
        "book_spread": spread,
        "book_spread_relative_20": ratio(spread, rolling_mean(spread, 20)) - 1.0,
        "book_imbalance": imbalance,
        "book_imbalance_mean_5": rolling_mean(imbalance, 5),
        "book_best_imbalance": queue,
        "book_flow": best,
        "book_flow_five": five,
        "book_flow_five_mean_5": rolling_mean(five, 5),
    }


def book_side_table(symbol: str, book: Book, times: Times, edges: Times) -> SideTable:
    """The side series of this family from the book of one symbol.

    Parameters
    ----------
    book : the five best levels after every message, shapes (m, 5).
    times : when each message was received, shape (m,), not decreasing.
    edges : borders of the intervals, shape (j + 1,), increasing. A message at a border is of the later interval.

    Returns
    -------
    One row a series and interval, with ``ts`` and ``known_at`` = end of the interval; none where a figure is undefined,
    as in an interval without messages.

    Raises
    ------
    ValueError
        when the times decrease, the borders do not increase, or the book has not five levels.
    """
    if book.bid.shape != (times.size, 5):
        raise ValueError("a book of five levels a message is needed")
    stops = _intervals(times, edges)
    flow = scaled_order_flow(*book, stops)
    figures = {
        "book_spread": _mean(spread_share(book.bid[:, 0], book.ask[:, 0]), stops),
        "book_best_imbalance": _mean(depth_imbalance(book.bid_size[:, 0], book.ask_size[:, 0]), stops),
        "book_flow": flow[:, 0],
        "book_imbalance": _mean(depth_imbalance(book.bid_size, book.ask_size), stops),
        "book_flow_five": flow.mean(axis=1),
    }
    return _table(symbol, figures, edges)


def quote_side_table(symbol: str, quotes: Book, times: Times, edges: Times) -> SideTable:
    """``QUOTE_SERIES`` from the best quotes of one symbol; see ``book_side_table``.

    Parameters
    ----------
    quotes : best quotes after every change, shapes (m, 1).

    Raises
    ------
    ValueError
        when the times decrease, the borders do not increase, or there is another number of levels than one.
    """
    if quotes.bid.shape != (times.size, 1):
        raise ValueError("one best quote a change is needed")
    stops = _intervals(times, edges)
    figures = (
        _mean(spread_share(quotes.bid[:, 0], quotes.ask[:, 0]), stops),
        _mean(depth_imbalance(quotes.bid_size, quotes.ask_size), stops),
        scaled_order_flow(*quotes, stops)[:, 0],
    )
    return _table(symbol, dict(zip(QUOTE_SERIES, figures, strict=True)), edges)


def _intervals(times: Times, edges: Times) -> NDArray[np.int64]:
    """Row after the last message of what lies before every border."""
    if np.any(times[1:] < times[:-1]) or np.any(edges[1:] <= edges[:-1]):
        raise ValueError("times must not decrease and borders must increase")
    return np.searchsorted(times, edges, side="left")


def _mean(values: Floats, stops: NDArray[np.int64]) -> Floats:
    """Mean of the defined values of every interval: a crossed quote has no spread."""
    known = np.isfinite(values)
    return ratio(interval_sums(np.where(known, values, 0.0), stops), interval_sums(known.astype(np.float64), stops))


def _table(symbol: str, figures: Mapping[str, Floats], edges: Times) -> SideTable:
    """Rows of the defined figures; what came before the first border is of no interval."""
    value = np.concatenate([figure[1:] for figure in figures.values()])
    ends = np.tile(edges[1:].astype("datetime64[us]"), len(figures))
    table = SideTable(
        series=np.repeat(np.array(list(figures), dtype=str), edges.size - 1),
        symbol=np.full(value.size, symbol),
        ts=ends,
        known_at=ends,
        value=value,
    )
    return table.take(np.isfinite(value))


ORDER_BOOK = side_family("order_book", "2", FEATURES, LIMITS, compute)
