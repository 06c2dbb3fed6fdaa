"""Order-flow imbalance: what arrived at and left the quotes, in shares.

Sources: Cont, Kukanov & Stoikov (2014) section 2.1 for the best quotes; Xu, Gould & Howison (2018) for deeper levels;
Cont, Cucuringu & Zhang (2023) section 2 for the scaling by depth.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from market_assets.core.features.elementwise import ratio
from market_assets.core.market.panel import Floats

Rows = NDArray[np.int64]


@njit(cache=True, error_model="numpy")
def _flow(bid: Floats, bid_size: Floats, ask: Floats, ask_size: Floats) -> Floats:
    n, levels = bid.shape
    out = np.full((n, levels), np.nan)
    for i in range(1, n):
        for k in range(levels):
            flow = 0.0
            # an unchanged price fires both sides of an indicator pair: the change of size is left
            if bid[i, k] >= bid[i - 1, k]:
                flow += bid_size[i, k]
            if bid[i, k] <= bid[i - 1, k]:
                flow -= bid_size[i - 1, k]
            if ask[i, k] <= ask[i - 1, k]:
                flow -= ask_size[i, k]
            if ask[i, k] >= ask[i - 1, k]:
                flow += ask_size[i - 1, k]
            known = bid[i, k] + bid[i - 1, k] + ask[i, k] + ask[i - 1, k]
            out[i, k] = flow if known == known else np.nan
    return out


def order_flow(bid: Floats, bid_size: Floats, ask: Floats, ask_size: Floats) -> Floats:
    """Net size that the step from each quote to the next added to the bid and took from the ask.

    Parameters
    ----------
    bid, bid_size, ask, ask_size : best quotes, shape (n,), or k levels from the best outward, shape (n, k).

    Returns
    -------
    Same shape; positive = pressure to buy. NaN in the first row and where a price of either quote is missing.
    """
    quotes = [np.ascontiguousarray(part, dtype=np.float64) for part in (bid, bid_size, ask, ask_size)]
    if len({part.shape for part in quotes}) != 1 or quotes[0].ndim not in (1, 2):
        raise ValueError("bid, bid_size, ask and ask_size must have one shape, (n,) or (n, k)")
    shape = quotes[0].shape
    levels = 1 if len(shape) == 1 else shape[1]
    return _flow(*(part.reshape(shape[0], levels) for part in quotes)).reshape(shape)


@njit(cache=True, error_model="numpy")
def _interval_sums(values: Floats, stops: Rows) -> Floats:
    out = np.zeros((stops.size, values.shape[1]))
    start = 0
    for j in range(stops.size):
        for i in range(start, stops[j]):
            for k in range(values.shape[1]):
                out[j, k] += values[i, k]
        start = stops[j]
    return out


def interval_sums(values: Floats, stops: Rows) -> Floats:
    """Sums of rows ``stops[j - 1]:stops[j]`` (the first from row 0), shape (m,) or (m, k); 0 for an empty interval.

    Raises
    ------
    ValueError
        when ``stops`` decreases or leaves the rows.
    """
    ends = np.asarray(stops, dtype=np.int64)
    if ends.size and (ends[0] < 0 or ends[-1] > len(values) or np.any(np.diff(ends) < 0)):
        raise ValueError("stops must not decrease and must lie within the rows")
    columns = np.shape(values)[1:]
    table = np.ascontiguousarray(values, dtype=np.float64).reshape(len(values), *(columns or (1,)))
    return _interval_sums(table, ends).reshape(ends.shape + columns)


def scaled_order_flow(bid: Floats, bid_size: Floats, ask: Floats, ask_size: Floats, stops: Rows) -> Floats:
    """Order flow of every level and interval over the mean depth of the book in it, shape (m, k).

    The depth is the mean of (bid + ask size) / 2 over the interval's rows and the k levels, so that a quiet and a
    busy market are on one scale; take the mean over levels for one figure. The first row, which has no row before it,
    adds no flow. NaN for an interval without rows or with a missing quote.
    """
    flow = order_flow(bid, bid_size, ask, ask_size)
    flow[:1] = 0.0
    depth = (np.asarray(bid_size, dtype=np.float64) + ask_size).mean(axis=1) / 2.0
    rows = interval_sums(np.ones(len(depth)), stops)
    mean = ratio(interval_sums(depth, stops), rows)
    total = interval_sums(flow, stops)
    return np.column_stack([ratio(np.ascontiguousarray(level), mean) for level in total.T])
