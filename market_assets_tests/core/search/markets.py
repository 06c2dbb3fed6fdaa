"""Markets with a signal on top: worthless, or followed by a move that the right label takes home."""

from __future__ import annotations

import numpy as np

from market_assets.core.market.panel import Panel
from market_assets_tests.core.labels.panels import panel_of


def walk_bars(close: np.ndarray, rng: np.random.Generator, range_: float = 0.004) -> np.ndarray:
    """Bars (n, 4) along closes: each opens at the close before it and its range goes a little beyond both."""
    opened = np.concatenate([close[:1], close[:-1]])
    high = np.maximum(opened, close) * (1.0 + range_ * rng.random(close.size))
    low = np.minimum(opened, close) * (1.0 - range_ * rng.random(close.size))
    return np.column_stack([opened, high, low, close])


def signalled(
    seed: int,
    path: tuple[float, ...] = (),
    *,
    sessions: int = 400,
    symbols: int = 8,
    every: int = 1,
    sigma: float = 0.015,
    crash: tuple[float, tuple[float, ...]] = (0.0, ()),
) -> tuple[Panel, np.ndarray]:
    """A panel of random walks and a signal (n_rows,), +-1 for half of the symbols each, drawn every so many sessions.

    ``path`` is what is added to the returns of the sessions after a signal, on its side; empty = the signal is noise.
    With the probability in ``crash`` a signal is followed by the path that stands there instead.
    """
    rng = np.random.default_rng(seed)
    signal = np.full((sessions, symbols), np.nan)
    drift = np.zeros((sessions, symbols))
    for start in range(0, sessions, every):
        signal[start] = rng.permutation(np.repeat([1.0, -1.0], symbols // 2))
        crashed = rng.random(symbols) < crash[0]
        for moves, hit in ((path, ~crashed), (crash[1], crashed)):
            for lag, move in enumerate(moves, start=1):
                if start + lag < sessions:
                    drift[start + lag] += move * signal[start] * hit
    returns = rng.normal(0.0, sigma, (sessions, symbols)) + drift
    close = 50.0 * np.cumprod(1.0 + returns, axis=0)
    names = [f"S{column}" for column in range(symbols)]
    panel = panel_of({name: walk_bars(close[:, column], rng) for column, name in enumerate(names)})
    return panel, signal.T.ravel()
