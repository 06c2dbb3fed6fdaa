"""State of a book of quotes: its spread and how lopsided its depth is. Shapes (n,) for quotes, (n, k) for k levels."""

from __future__ import annotations

import numpy as np

from market_assets.core.features.elementwise import ratio
from market_assets.core.market.panel import Floats


def spread_share(bid: Floats, ask: Floats) -> Floats:
    """(ask - bid) / mid of best quotes, shape (n,); NaN where a side is missing or the book is crossed."""
    sound = (bid > 0.0) & (ask >= bid)
    return ratio(np.where(sound, ask - bid, np.nan), (ask + bid) / 2.0)


def depth_imbalance(bid_size: Floats, ask_size: Floats) -> Floats:
    """(bid - ask) / (bid + ask) of the sizes, summed over the levels, -1..1, shape (n,); NaN when the book is empty."""
    bids, asks = (size if size.ndim == 1 else size.sum(axis=1) for size in (bid_size, ask_size))
    return ratio(bids - asks, bids + asks)
