"""Contributions of a forest against Shapley values by enumeration of all sets of features."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest

from market_assets.core.errors import NotEnoughDataError
from market_assets.core.models import random_forest
from market_assets.core.models.forest_shap import forest_shap
from market_assets_tests.core.models.planted import COMPUTE, planted

D = 5


@pytest.fixture(scope="module")
def grown():
    """A forest deep enough to split on a feature twice along one path, and the rows that grew it."""
    x, y, weight = planted(400, D, seed=2, gaps=0.1)
    params = {"trees": 3, "depth": 6, "min_leaf": 4, "column_fraction": 0.6, "row_fraction": 0.5}
    return random_forest._load(random_forest.FAMILY.fit(x, y, weight, params, COMPUTE)), x


def expectation(stored, row, known, background):
    """Mean leaf where features outside ``known`` follow the background rows at each node (Lundberg's v(S))."""
    seen = np.where(np.isnan(row), stored["median"], row)
    rows = np.where(np.isnan(background), stored["median"], background)

    def walk(node, root, inside):
        feature = stored["feature"][node]
        if feature < 0:
            return stored["value"][node]
        low, high = root + stored["left"][node], root + stored["right"][node]
        goes = rows[inside, feature] <= stored["edge"][node]
        if feature in known:
            left = seen[feature] <= stored["edge"][node]
            return walk(low, root, inside[goes]) if left else walk(high, root, inside[~goes])
        share = goes.mean()
        return share * walk(low, root, inside[goes]) + (1 - share) * walk(high, root, inside[~goes])

    roots = stored["offsets"][:-1]
    return np.mean([walk(root, root, np.arange(len(rows))) for root in roots])


def test_equal_to_enumeration(grown):
    """Every feature's weighted mean gain over all sets of the others, and the mean of the background as base."""
    stored, x = grown
    found, base = forest_shap(stored, x[:2], x)
    assert base == pytest.approx(expectation(stored, x[0], set(), x), abs=1e-12)
    for row, own in zip(x[:2], found, strict=True):
        value = {
            known: expectation(stored, row, set(known), x) for k in range(D + 1) for known in combinations(range(D), k)
        }
        for j in range(D):
            total = 0.0
            for known in value:
                if j not in known:
                    size = factorial(len(known)) * factorial(D - 1 - len(known)) / factorial(D)
                    total += size * (value[tuple(sorted((*known, j)))] - value[known])
            assert own[j] == pytest.approx(total, abs=1e-12)


def test_a_node_that_no_row_reaches_is_no_guess(grown):
    """Shares of an empty node are not made up."""
    stored, x = grown
    with pytest.raises(NotEnoughDataError, match="nodes of the forest"):
        forest_shap(stored, x[:1], x[:3])
