"""The best levels of a book, rebuilt from a stream of level updates.

An update sets the size at one price of one side; size 0 deletes the level. The book is read after whole messages
only, as a message changes several levels at once. Where the stream starts (a snapshot, its update ids) is the reader's
business: the rows of a snapshot are updates of an empty book.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from market_assets.core.market.panel import Floats

_ROOM = 4096
"""Levels a side starts with; doubled when it is full."""


class Book(NamedTuple):
    """The best k levels after every message, from the best outward: shapes (m, k), NaN (size 0) where there is none."""

    bid: Floats
    bid_size: Floats
    ask: Floats
    ask_size: Floats


@njit(cache=True)
def _place(keys: Floats, held: int, key: float) -> int:
    """First position whose key is not below ``key``; the best levels stand at the end, where most updates are."""
    step, high = 1, held
    low = held - 1
    while low >= 0 and keys[low] >= key:
        high = low
        low -= step
        step *= 2
    low = max(low, -1) + 1
    while low < high:
        middle = (low + high) // 2
        if keys[middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True)
def _update(keys: Floats, sizes: Floats, held: int, key: float, size: float) -> int:
    """Set, insert or delete one level; returns how many are held after it. There must be room for one more."""
    at = _place(keys, held, key)
    found = at < held and keys[at] == key
    if size > 0.0:
        if not found:
            for j in range(held, at, -1):
                keys[j], sizes[j] = keys[j - 1], sizes[j - 1]
            keys[at] = key
            held += 1
        sizes[at] = size
    elif found:
        for j in range(at, held - 1):
            keys[j], sizes[j] = keys[j + 1], sizes[j + 1]
        held -= 1
    return held


@njit(cache=True)
def _doubled(values: Floats) -> Floats:
    out = np.empty(2 * values.size)
    out[: values.size] = values
    return out


@njit(cache=True)
def _replay(
    is_bid: NDArray[np.bool_], price: Floats, size: Floats, stops: NDArray[np.int64], levels: int
) -> tuple[Floats, Floats]:
    """Signed prices and sizes of both sides, shapes (2, m, levels). Asks are kept as -price, so that best = largest."""
    best = np.full((2, stops.size, levels), np.nan)
    depth = np.zeros((2, stops.size, levels))
    bids, bid_sizes, asks, ask_sizes = np.empty(_ROOM), np.empty(_ROOM), np.empty(_ROOM), np.empty(_ROOM)
    n_bids, n_asks, start = 0, 0, 0
    for m in range(stops.size):
        for i in range(start, stops[m]):
            if is_bid[i]:
                if n_bids == bids.size:
                    bids, bid_sizes = _doubled(bids), _doubled(bid_sizes)
                n_bids = _update(bids, bid_sizes, n_bids, price[i], size[i])
            else:
                if n_asks == asks.size:
                    asks, ask_sizes = _doubled(asks), _doubled(ask_sizes)
                n_asks = _update(asks, ask_sizes, n_asks, -price[i], size[i])
        start = stops[m]
        for k in range(min(levels, n_bids)):
            best[0, m, k], depth[0, m, k] = bids[n_bids - 1 - k], bid_sizes[n_bids - 1 - k]
        for k in range(min(levels, n_asks)):
            best[1, m, k], depth[1, m, k] = -asks[n_asks - 1 - k], ask_sizes[n_asks - 1 - k]
    return best, depth


def replay_book(is_bid: NDArray[np.bool_], price: Floats, size: Floats, stops: NDArray[np.int64], levels: int) -> Book:
    """Apply updates in order and read the book after each message.

    Parameters
    ----------
    is_bid, price, size : the updates in order of arrival, shapes (n,).
    stops : row after the last update of each message, shape (m,), not decreasing.
    levels : k, levels to read.

    Raises
    ------
    ValueError
        when a price is not positive, a size negative, either missing, or the stops leave the rows.
    """
    price, size = np.ascontiguousarray(price, dtype=np.float64), np.ascontiguousarray(size, dtype=np.float64)
    ends = np.ascontiguousarray(stops, dtype=np.int64)
    if not (np.all((price > 0.0) & np.isfinite(price)) and np.all((size >= 0.0) & np.isfinite(size))):
        raise ValueError("an update needs a positive price and a size that is not negative")
    if ends.size and (ends[0] < 0 or ends[-1] > price.size or np.any(np.diff(ends) < 0)):
        raise ValueError("stops must not decrease and must lie within the rows")
    best, depth = _replay(np.ascontiguousarray(is_bid, dtype=np.bool_), price, size, ends, levels)
    return Book(best[0], depth[0], best[1], depth[1])
