"""PBO against a numpy loop over the combinations."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.timing import Comparison, agree, best_of, once
from market_assets.core.statistics.pbo import cscv

Floats = NDArray[np.float64]


def loop_pbo(returns: Floats, blocks: int) -> float:
    """Share of halves whose winner ranks in the lower half outside: the definition, one numpy pass a half."""
    parts = np.split(returns[len(returns) % blocks :], blocks)
    below = 0
    halves = list(combinations(range(blocks), blocks // 2))
    for half in halves:
        inside = np.concatenate([parts[index] for index in half])
        outside = np.concatenate([parts[index] for index in range(blocks) if index not in half])
        winner = np.argmax(inside.mean(axis=0) / inside.std(axis=0, ddof=1))
        unseen = outside.mean(axis=0) / outside.std(axis=0, ddof=1)
        rank = np.sum(unseen < unseen[winner]) + 0.5 * (np.sum(unseen == unseen[winner]) + 1)
        share = rank / (returns.shape[1] + 1)
        below += np.log(share / (1.0 - share)) <= 0.0
    return float(below / len(halves))


def compare(quick: bool) -> Comparison:
    """100 strategies x 1250 days in 16 blocks (12,870 halves)."""
    days, strategies, blocks = (400, 20, 8) if quick else (1250, 100, 16)
    returns = np.random.default_rng(0).normal(0.0002, 0.01, (days, strategies))
    agree(cscv(returns, blocks).pbo == loop_pbo(returns, blocks), "PBO")
    return Comparison(
        "PBO",
        "numpy loop over the halves",
        f"{strategies} x {days}, {blocks} blocks",
        best_of(lambda: cscv(returns, blocks), 5),
        once(lambda: loop_pbo(returns, blocks)),
        demand=25.0,
    )
