"""Combinatorial purged folds of a panel against skfolio."""

from __future__ import annotations

import importlib

import numpy as np

from benchmarks.peers.timing import Comparison, agree, best_of
from market_assets.core.folds.interval_plans import combinatorial_purged

HORIZON, EMBARGO = 10, 5


def compare(quick: bool) -> Comparison | None:
    """15 splits of 46 symbols x 1260 days, rows by day, labels of one horizon, which a bar count can express.

    Equal rows are shown first. None where skfolio is not installed.
    """
    try:
        skfolio = importlib.import_module("skfolio.model_selection")
    except ModuleNotFoundError:
        return None
    symbols, days = (8, 252) if quick else (46, 1260)
    t0 = np.repeat(np.arange(days), symbols)
    t1 = np.minimum(t0 + HORIZON, days - 1)
    features = np.zeros((t0.size, 1))
    folds = skfolio.CombinatorialPurgedCV(6, 2, purged_size=HORIZON * symbols, embargo_size=EMBARGO * symbols)

    def ours() -> list[tuple[np.ndarray, np.ndarray]]:
        return list(combinatorial_purged(t0, t1, embargo=EMBARGO))

    def theirs() -> list[tuple[np.ndarray, list[np.ndarray]]]:
        return list(folds.split(features))

    for (train, test), (wanted, tested) in zip(ours(), theirs(), strict=True):
        agree(np.array_equal(train, wanted) and np.array_equal(test, np.concatenate(tested)), "combinatorial folds")
    return Comparison(
        "CPCV, 15 splits", "skfolio", f"{symbols} x {days} rows", best_of(ours, 9), best_of(theirs, 9), demand=10.0
    )
