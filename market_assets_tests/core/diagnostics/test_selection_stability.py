"""Stability of feature sets against Kuncheva's index, a jackknife, and sets drawn at random."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import spearmanr

from market_assets.core.diagnostics.selection_stability import (
    mean_rank_correlation,
    set_stability,
    top_sets,
)
from market_assets.core.errors import BadInputError, NotEnoughDataError


def drawn(rng, m, d, k):
    """Sets of k features at random."""
    return np.array([np.isin(np.arange(d), rng.choice(d, k, replace=False)) for _ in range(m)])


def kuncheva(a, b):
    """(r d - k^2) / (k (d - k)) of two sets of k of d features with r in common (Kuncheva 2007)."""
    d, k = a.size, int(a.sum())
    return (int((a & b).sum()) * d - k * k) / (k * (d - k))


def test_sets_of_one_size_have_kunchevas_index():
    """Theorem of Nogueira et al. (2018): with sets of one size both are equal."""
    rng = np.random.default_rng(0)
    sets = drawn(rng, 6, 30, 8)
    sets[:4, :4], sets[:4, 4:] = True, drawn(rng, 4, 26, 4)
    pairs = [kuncheva(a, b) for a, b in combinations(sets, 2)]
    found = set_stability(sets)
    assert found.value == pytest.approx(np.mean(pairs), abs=1e-12)
    assert found.chance == pytest.approx(8 / 30)
    assert (found.overlap - 8 / 30) / (1 - 8 / 30) == pytest.approx(found.value, abs=1e-12)


def test_kunchevas_index_by_hand():
    """Five of ten in each, three in common: (3 * 10 - 25) / (5 * 5)."""
    a, b = np.arange(10) < 5, (np.arange(10) >= 2) & (np.arange(10) < 7)
    assert kuncheva(a, b) == pytest.approx(0.2)


def test_chance_is_zero_and_equality_is_one():
    """Random sets of any sizes are near 0 in the mean, equal ones exactly 1."""
    rng = np.random.default_rng(1)
    values = [set_stability(rng.random((5, 40)) < 0.3).value for _ in range(300)]
    assert abs(np.mean(values)) < 0.01
    equal = set_stability(np.tile(np.arange(20) < 6, (4, 1)))
    assert (equal.value, equal.low, equal.high, equal.overlap) == (1.0, 1.0, 1.0, 1.0)


def test_the_interval_has_the_width_of_a_jackknife():
    """Half widths of both agree within a fifth for sets of different sizes."""
    rng = np.random.default_rng(2)
    sets = rng.random((40, 60)) < rng.uniform(0.05, 0.6, 60)
    found, m = set_stability(sets), len(sets)
    left_out = np.array([set_stability(np.delete(sets, i, axis=0)).value for i in range(m)])
    error = np.sqrt((m - 1) / m * np.square(left_out - left_out.mean()).sum())
    assert (found.high - found.low) / 2 / 1.96 == pytest.approx(error, rel=0.2)


def test_top_sets_take_positive_scores_only():
    """The k largest; zero, missing and tied scores by position are handled."""
    assert top_sets([[3.0, 1.0, 2.0, 0.0], [0.0, 0.0, 1.0, np.nan]], 2).tolist() == [
        [True, False, True, False],
        [False, False, True, False],
    ]


def test_mean_rank_correlation_is_spearmans():
    """Over all pairs; columns with a gap and rows that do not vary are left out."""
    scores = np.random.default_rng(3).normal(size=(4, 9))
    want = np.mean([spearmanr(a, b).statistic for a, b in combinations(scores, 2)])
    assert mean_rank_correlation(scores) == pytest.approx(want)
    spoilt = np.column_stack([scores, [np.nan, 1, 2, 3]])
    assert mean_rank_correlation(np.vstack([spoilt, np.zeros(10)])) == pytest.approx(want)
    assert mean_rank_correlation(scores[:1]) is None


def test_no_figure_where_there_is_none():
    """One set, empty sets, full sets, another shape."""
    for sets in (np.ones((1, 4)), np.zeros((3, 4)), np.ones((3, 4))):
        with pytest.raises(NotEnoughDataError):
            set_stability(sets)
    with pytest.raises(BadInputError, match="feature_sets"):
        top_sets([1.0, 2.0], 1)
