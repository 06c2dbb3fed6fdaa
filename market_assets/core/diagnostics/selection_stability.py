"""Do folds agree on which features matter: order of all of them, and the set of the first k, beyond chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm, rankdata

from market_assets.core.errors import BadInputError, NotEnoughDataError
from market_assets.core.market.panel import Floats


def top_sets(scores: ArrayLike, k: int) -> NDArray[np.bool_]:
    """Membership (M, d) of the k largest positive scores of each row of (M, d); equal scores go by position."""
    values = _table(scores)
    out = np.zeros(values.shape, np.bool_)
    for row, own in enumerate(values):
        first = np.argsort(-np.nan_to_num(own, nan=-np.inf), kind="stable")[:k]
        out[row, first[own[first] > 0.0]] = True
    return out


@dataclass(frozen=True)
class SetStability:
    """Stability of M feature sets: 1 when they are equal, 0 in the mean for sets drawn at random of the same sizes.

    Parameters
    ----------
    value : Nogueira, Sechidis & Brown (2018), equation 4. low, high : its approximate interval (section 4.1).
    overlap : mean share that two sets have in common, of the larger one. chance : the same for random sets of the mean
        size, k / d.
    """

    value: float
    low: float
    high: float
    overlap: float
    chance: float


def set_stability(sets: ArrayLike, level: float = 0.95) -> SetStability:
    """Stability of sets (M, d) bool, M >= 2.

    Raises
    ------
    NotEnoughDataError
        fewer than two sets, or all of them empty or full: then chance cannot be told from choice.
    """
    chosen = np.asarray(sets, dtype=np.float64)
    if chosen.ndim != 2:
        raise BadInputError("feature_sets", f"expected sets (M, d), got {chosen.shape}")
    m, d = chosen.shape
    share = chosen.mean() if chosen.size else 0.0
    if m < 2 or not 0.0 < share < 1.0:
        raise NotEnoughDataError(f"{m} sets of {share:.0%} of the features have no stability")
    frequency, size, spread = chosen.mean(axis=0), chosen.sum(axis=1), share * (1.0 - share)
    value = 1.0 - float((m / (m - 1.0) * frequency * (1.0 - frequency)).mean()) / spread
    phi = (
        chosen @ frequency / d - size * share / d + value / 2.0 * (2.0 * share * size / d - size / d - share + 1.0)
    ) / spread
    variance = 4.0 / m**2 * float(np.square(phi - phi.mean()).sum())
    half = float(norm.ppf(0.5 + level / 2.0)) * math.sqrt(variance)
    common = [_overlap(chosen[a], chosen[b]) for a, b in combinations(range(m), 2)]
    low, high = max(value - half, -1.0), min(value + half, 1.0)
    return SetStability(value, low, high, float(np.mean(common)), float(share))


def mean_rank_correlation(scores: ArrayLike) -> float | None:
    """Mean Spearman correlation over all pairs of rows of (M, d), columns with NaN left out; None where it has none."""
    values = _table(scores)
    kept = values[:, ~np.isnan(values).any(axis=0)]
    ranks = [rankdata(row) for row in kept if row.size > 2 and np.ptp(row) > 0.0]
    if len(ranks) < 2:
        return None
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in combinations(ranks, 2)]))


def _overlap(first: Floats, second: Floats) -> float:
    larger = max(first.sum(), second.sum())
    return float((first * second).sum() / larger) if larger else 0.0


def _table(scores: ArrayLike) -> Floats:
    values = np.asarray(scores, dtype=np.float64)
    if values.ndim != 2:
        raise BadInputError("feature_sets", f"expected scores (M, d), got {values.shape}")
    return values
