"""Planted data of the model tests: a linear effect, an interaction, noise columns, gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from market_assets.core.compute import Compute
from market_assets.core.folds.training_set import TrainingSet

COMPUTE = Compute(seed=11)
# few rounds and small trees: enough for the planted signal, fast enough for every test
SMALL: dict[str, dict[str, Any]] = {
    "xgboost": {"rounds": 40, "learning_rate": 0.1},
    "lightgbm": {"rounds": 40, "learning_rate": 0.1},
    "catboost": {"rounds": 40, "learning_rate": 0.2},
    "random_forest": {"trees": 40, "column_fraction": 0.5, "min_leaf": 20},
    "elastic_net": {},
}


def planted(n: int = 3000, d: int = 8, seed: int = 0, gaps: float = 0.0) -> tuple[NDArray[Any], ...]:
    """Features (n, d), labels and weights; column 0 acts linearly, columns 1 and 2 by their product."""
    rng = np.random.Generator(np.random.PCG64(seed))
    x = rng.standard_normal((n, d)).astype(np.float32)
    score = 1.2 * x[:, 0] + 0.9 * x[:, 1] * x[:, 2]
    y = (rng.random(n) < 1 / (1 + np.exp(-score))).astype(np.int8)
    weight = 0.5 + rng.random(n)
    x[rng.random((n, d)) < gaps] = np.nan
    return x, y, weight


def auc(p: NDArray[Any], y: NDArray[Any]) -> float:
    """Share of (up, down) pairs in the right order, ties counting half: the definition, by rank sums."""
    below = np.searchsorted(np.sort(p[y == 0]), p[y == 1], side="left")
    upto = np.searchsorted(np.sort(p[y == 0]), p[y == 1], side="right")
    return float((below + upto).sum() / (2 * (y == 0).sum() * (y == 1).sum()))


def training_set(sessions: int = 300, symbols: int = 4, horizon: int = 5, seed: int = 0) -> TrainingSet:
    """A training set with planted signal; every label runs ``horizon`` sessions, 5 % of the rows are not trainable."""
    n = sessions * symbols
    x, y, _ = planted(n, 6, seed)
    rng = np.random.Generator(np.random.PCG64(seed + 1))
    t0 = np.tile(np.arange(sessions, dtype=np.int32), symbols)
    stamps = np.datetime64("2020-01-01T21:00:00", "us") + np.arange(sessions) * np.timedelta64(1, "D")
    return TrainingSet(
        symbols=tuple(f"S{k}" for k in range(symbols)),
        feature_names=tuple(f"f{k}" for k in range(6)),
        x=x,
        y=y,
        ret=np.where(y == 1, 0.01, -0.01),
        weight=np.ones(n),
        trainable=rng.random(n) > 0.05,
        code=np.repeat(np.arange(symbols, dtype=np.int32), sessions),
        ts=stamps[t0],
        t0=t0,
        t1=np.minimum(t0 + horizon, sessions - 1).astype(np.int32),
        sessions=stamps,
    )
