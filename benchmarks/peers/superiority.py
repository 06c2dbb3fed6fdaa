"""SPA against arch."""

from __future__ import annotations

from typing import Any

import numpy as np
from arch.bootstrap import SPA
from arch.bootstrap.base import StationaryBootstrap
from numpy.typing import NDArray

from benchmarks.peers.timing import Comparison, agree, best_of
from market_assets.core.statistics.spa import Superiority, superior_predictive_ability

Floats = NDArray[np.float64]
BLOCK, SEED = 10, 3


def arch_spa(differentials: Floats, reps: int) -> Any:
    """The test of arch, computed."""
    losses = np.zeros(len(differentials))
    test = SPA(losses, -differentials, block_size=BLOCK, reps=reps, bootstrap="stationary", studentize=True, seed=SEED)
    test.compute()
    return test


def pvalues(found: Superiority) -> list[float]:
    """Lower, consistent, upper."""
    return [found.lower, found.consistent, found.upper]


def compare(quick: bool) -> Comparison:
    """1000 resamples of 100 models over 1250 days.

    Equal p-values are shown on arch's own resamples, without studentising (arch 8 divides by nothing). Then each
    draws for itself, ours studentised, which is the larger work.
    """
    days, models, reps = (300, 10, 200) if quick else (1250, 100, 1000)
    differentials = np.random.default_rng(8).normal(0.0003, 0.01, (days, models))
    resamples = StationaryBootstrap(BLOCK, np.arange(days), seed=SEED)
    indices = np.array([data[0][0] for data in resamples.bootstrap(reps)])
    ours = superior_predictive_ability(differentials, mean_block=BLOCK, indices=indices, studentise=False)
    theirs = arch_spa(differentials, reps)
    agree(pvalues(ours) == [theirs.pvalues[name] for name in ("lower", "consistent", "upper")], "SPA")
    return Comparison(
        "SPA",
        "arch",
        f"{reps} resamples x {models} x {days}",
        best_of(lambda: superior_predictive_ability(differentials, mean_block=BLOCK, reps=reps, seed=SEED), 5),
        best_of(lambda: arch_spa(differentials, reps), 3),
        demand=8.0,
    )
