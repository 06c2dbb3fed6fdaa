"""Cross-sectional kernels against scipy and pandas, session by session."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from market_assets.core.features.cross_section import ascending, group_ranks, group_scores, row_mean, row_std

RNG = np.random.Generator(np.random.PCG64(0))
VALUES = RNG.integers(0, 8, (50, 12)).astype(np.float64)
VALUES[RNG.random(VALUES.shape) < 0.2] = np.nan
VALUES[7] = np.nan
GROUPS = np.array([0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 3], dtype=np.int64)


def plain(values: np.ndarray, groups: np.ndarray, rule) -> np.ndarray:
    out = np.full(values.shape, np.nan)
    for s in range(len(values)):
        for g in np.unique(groups):
            cells = (groups == g) & ~np.isnan(values[s])
            if cells.any():
                out[s, cells] = rule(values[s, cells])
    return out


def z_score(row: np.ndarray) -> np.ndarray:
    if len(row) < 2 or np.ptp(row) == 0.0:
        return np.zeros(len(row))
    return (row - row.mean()) / row.std(ddof=1)


@pytest.mark.parametrize("groups", [np.zeros(12, dtype=np.int64), GROUPS], ids=["universe", "sectors"])
def test_ranks_and_scores(groups: np.ndarray) -> None:
    """Mid-ranks with ties and z-scores equal their definitions; absent cells stay NaN."""
    n = int(groups.max()) + 1
    ranks = group_ranks(VALUES, ascending(VALUES), groups, n)
    np.testing.assert_allclose(ranks, plain(VALUES, groups, lambda row: (rankdata(row) - 0.5) / len(row)), atol=1e-15)
    np.testing.assert_allclose(group_scores(VALUES, groups, n), plain(VALUES, groups, z_score), atol=1e-12)


def test_lone_and_equal_members() -> None:
    """A lone member and equal members rank 0.5 and score 0."""
    values = np.array([[3.3, np.nan, 0.1, 0.1, 0.1]])
    groups = np.array([0, 0, 1, 1, 1], dtype=np.int64)
    expected = [[0.5, np.nan, 0.5, 0.5, 0.5]]
    np.testing.assert_allclose(group_ranks(values, ascending(values), groups, 2), expected)
    np.testing.assert_array_equal(group_scores(values, groups, 2), [[0.0, np.nan, 0.0, 0.0, 0.0]])


def test_row_moments() -> None:
    """Row mean and standard deviation skip NaN, and an empty row is NaN without a warning."""
    frame = pd.DataFrame(VALUES)
    np.testing.assert_allclose(row_mean(VALUES), frame.mean(axis=1))
    np.testing.assert_allclose(row_std(VALUES), frame.std(axis=1), atol=1e-12)
