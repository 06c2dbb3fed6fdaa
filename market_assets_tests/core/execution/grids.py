"""Small price grids for the tests of this room."""

import numpy as np

from market_assets.core.market.grid import PriceGrid


def make_grid(open_, close=None, missing=()):
    """A grid of weekday sessions from opens (S, N) and closes (default: the opens); ``missing`` lists (s, n)."""
    opens = np.array(open_, dtype=np.float64)
    closes = opens.copy() if close is None else np.array(close, dtype=np.float64)
    days = np.busday_offset("2015-01-01", np.arange(len(opens)), roll="forward")
    for session, name in missing:
        opens[session, name] = closes[session, name] = np.nan
    return PriceGrid(
        sessions=days.astype("datetime64[us]") + np.timedelta64(21, "h"),
        symbols=tuple(f"S{k}" for k in range(opens.shape[1])),
        open=opens,
        high=np.fmax(opens, closes),
        low=np.fmin(opens, closes),
        close=closes,
        volume=np.where(np.isnan(opens), np.nan, 1e6),
        traded=~np.isnan(opens),
    )


def random_grid(seed, sessions=60, names=5, missing_share=0.0):
    """Random walks with overnight and intraday moves; some bars missing (never the first)."""
    generator = np.random.default_rng(seed)
    steps = generator.normal(0, 0.02, (2 * sessions, names))
    path = 50 * np.exp(np.cumsum(steps, axis=0))
    gone = generator.random((sessions, names)) < missing_share
    gone[0] = False
    return make_grid(path[0::2], path[1::2], missing=np.argwhere(gone))
