"""Grids with moving volatility and volume, and the check that the future does not move the past."""

from dataclasses import replace

import numpy as np

from market_assets_tests.core.execution.grids import make_grid


def moving_grid(seed, sessions=400, names=6):
    """Prices whose volatility comes in waves, with volumes that change from day to day, and some bars missing."""
    generator = np.random.default_rng(seed)
    scale = 0.01 * np.exp(0.7 * np.sin(np.arange(sessions) / 15) + generator.normal(0, 0.1, sessions))[:, None]
    path = 50 * np.exp(np.cumsum(generator.normal(0, 1, (sessions, names)) * scale, axis=0))
    gone = generator.random((sessions, names)) < 0.01
    grid = make_grid(path * np.exp(generator.normal(0, 0.002, path.shape)), path, missing=np.argwhere(gone))
    return replace(grid, volume=grid.volume * generator.lognormal(0, 0.5, (sessions, 1)))


def moves_past(state, grid, cut=250):
    """True if ``state(grid)`` up to session ``cut`` changes when every bar after it does."""
    factor = np.ones_like(grid.open)
    factor[cut + 1 :] = np.random.default_rng(99).lognormal(0, 0.7, factor[cut + 1 :].shape)
    parts = {name: getattr(grid, name) * factor for name in ("open", "high", "low", "close", "volume")}
    before, after = state(grid), state(replace(grid, **parts))
    assert before[cut + 1 :].tobytes() != after[cut + 1 :].tobytes(), "the change reaches no state: it proves nothing"
    return before[: cut + 1].tobytes() != after[: cut + 1].tobytes()
