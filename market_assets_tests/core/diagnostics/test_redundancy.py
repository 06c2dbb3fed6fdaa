"""Rank correlations, clusters and variance inflation against their definitions."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from market_assets.core.diagnostics.redundancy import clusters, rank_correlations, spread_rows, variance_inflation
from market_assets.core.errors import BadInputError


def columns(seed=0, n=400):
    """Two independent columns, a monotone copy, a noisy copy, the sum of the first two, and noise."""
    rng = np.random.default_rng(seed)
    a, b, c = rng.normal(size=(3, n))
    return np.column_stack([a, b, np.exp(2 * a), -b + 0.1 * rng.normal(size=n), a + b, c]).astype(np.float32)


def test_correlations_are_spearmans():
    """Equal to scipy's with ties; 1 for a monotone copy; NaN with a column that never varies; gaps at the middle."""
    x = np.round(columns(), 1)
    assert rank_correlations(x) == pytest.approx(spearmanr(x).statistic, abs=1e-9)
    x = columns()
    assert rank_correlations(x)[0, 2] == 1.0
    x[:, 1], x[::2, 0] = 3.0, np.nan
    found = rank_correlations(x)
    assert np.isnan(found[1]).all()
    assert np.isnan(found[:, 1]).all()
    assert 0.6 < found[0, 2] < 0.8, "half of the pairs are gone: their cells stand at the middle rank"


def test_clusters_hold_copies_and_nothing_else():
    """Every two members correlate by the threshold, every two clusters hold a pair below it; unknown ones are out."""
    found = rank_correlations(columns())
    found[5] = found[:, 5] = np.nan
    groups = clusters(found, 0.9)
    assert groups.number.tolist() == [0, 1, 0, 1, 2, -1]
    assert groups.members(1).tolist() == [1, 3]
    rng = np.random.default_rng(1)
    x = (rng.normal(size=(300, 4)) @ rng.normal(size=(4, 12))).astype(np.float32)
    size = np.abs(rank_correlations(x))
    groups = clusters(size, 0.6)
    for a in range(groups.count):
        assert size[np.ix_(groups.members(a), groups.members(a))].min() >= 0.6
        for b in range(a):
            assert size[np.ix_(groups.members(a), groups.members(b))].min() < 0.6
    assert clusters(np.eye(1), 0.5).number.tolist() == [0]


def test_inflation_is_that_of_a_regression():
    """1 / (1 - R^2) of each standardised column on all others; an exact combination has no bound."""
    x = columns()[:, [0, 1, 3, 5]]
    found = variance_inflation(np.corrcoef(x, rowvar=False))
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    for j in range(z.shape[1]):
        others = np.delete(z, j, axis=1)
        left = z[:, j] - others @ np.linalg.lstsq(others, z[:, j], rcond=None)[0]
        assert found[j] == pytest.approx(1.0 / np.mean(left**2), rel=1e-4)
    a, b, c = np.random.default_rng(3).normal(size=(3, 200))
    found = variance_inflation(np.corrcoef([a, b, a + b, c]))
    assert np.isinf(found[:3]).all()
    assert 1.0 <= found[3] < 1.1


def test_rows_are_whole_sessions():
    """Evenly spread, never part of a session, and all rows where there are few."""
    session = np.repeat(np.arange(100, dtype=np.int32), 5)
    kept = spread_rows(session, 120)
    assert len(kept) <= 120
    assert (np.bincount(session[kept]) % 5 == 0).all()
    assert len(spread_rows(session, 10_000)) == 500


def test_bad_inputs_are_refused():
    """A threshold outside 0..1, a matrix that is not square, a correlation that is missing."""
    for wrong in (lambda: clusters(np.eye(2), 1.0), lambda: clusters(np.zeros((2, 3)), 0.5)):
        with pytest.raises(BadInputError, match="correlations"):
            wrong()
    with pytest.raises(BadInputError, match="whole"):
        variance_inflation(np.full((2, 2), np.nan))
