"""Series for the GARCH tests: the published index returns, and simulated ones."""

from __future__ import annotations

from importlib import import_module

import numpy as np


def published_returns(item):
    """Percent returns of an index that ships with the arch package, as the published case describes them."""
    closes = import_module(item["inputs"]["data"]).load()["Adj Close"].to_numpy(dtype=float)
    returns = 100.0 * (closes[1:] / closes[:-1] - 1.0)
    assert len(returns) == item["inputs"]["n_obs"]
    return returns


def simulated(seed, n, mu=0.0, omega=0.05, alpha=0.1, beta=0.85):
    """Returns and their true variances, both (n,), begun at the long-run variance."""
    shocks = np.random.default_rng(seed).normal(size=n)
    returns, variance = np.empty(n), np.empty(n)
    variance[0] = omega / (1.0 - alpha - beta)
    for t in range(n):
        if t:
            variance[t] = omega + alpha * (returns[t - 1] - mu) ** 2 + beta * variance[t - 1]
        returns[t] = mu + np.sqrt(variance[t]) * shocks[t]
    return returns, variance
