"""Small panels for tests."""

from __future__ import annotations

import numpy as np

from market_assets.core.market.panel import Panel


def panel_of(close, split=None, dividend=None, start="2015-01-05", kinds=None):
    """Panel from a list of close series, one a symbol; open = high = low = close, daily stamps at 21:00 UTC."""
    lengths = [len(series) for series in close]
    flat = np.concatenate([np.asarray(series, float) for series in close])
    ts = np.concatenate(
        [np.datetime64(f"{start}T21:00", "us") + np.arange(n) * np.timedelta64(1, "D") for n in lengths]
    ).astype("datetime64[us]")
    names = tuple(f"S{i}" for i in range(len(close)))
    return Panel(
        symbols=names,
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        ts=ts,
        known_at=ts.copy(),
        open=flat.copy(),
        high=flat.copy(),
        low=flat.copy(),
        close=flat.copy(),
        volume=np.full(len(flat), 1000.0),
        split=np.ones(len(flat)) if split is None else np.concatenate([np.asarray(s, float) for s in split]),
        dividend=np.zeros(len(flat)) if dividend is None else np.concatenate([np.asarray(d, float) for d in dividend]),
        sectors=("",) * len(close),
        kinds=kinds or ("equity",) * len(close),
    )
