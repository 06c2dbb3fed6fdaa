"""The stored forest against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from market_assets.core.errors import IntegrityError
from market_assets.core.models import arrays
from market_assets.core.models.preprocessing import column_medians, impute
from market_assets.core.models.random_forest import FAMILY, bin_edges
from market_assets_tests.core.models.planted import COMPUTE, auc, planted

PARAMS = {"trees": 15, "depth": 6, "min_leaf": 5, "column_fraction": 0.4, "bins": 32}


def test_prediction_equals_scikit_learn_to_the_last_bit():
    """Stored edges on raw values give exactly what the forest gives on bin numbers, also on new rows and gaps."""
    x, y, weight = planted(1200, gaps=0.05)
    payload = FAMILY.fit(x, y, weight, PARAMS, COMPUTE)
    median = column_medians(x)
    edges = [bin_edges(impute(x, median)[:, j], 32) for j in range(8)]

    def codes(values):
        full = impute(values, median)
        return np.column_stack([np.searchsorted(edges[j], full[:, j]) for j in range(8)]).astype(np.float32)

    forest = RandomForestClassifier(
        n_estimators=15, max_depth=6, max_samples=360, max_features=3, min_samples_leaf=5, random_state=COMPUTE.seed
    ).fit(codes(x), y, sample_weight=weight / weight.mean())
    for rows in (x, planted(700, seed=4, gaps=0.2)[0] * 3):
        assert np.array_equal(FAMILY.predict(payload, rows, COMPUTE), forest.predict_proba(codes(rows))[:, 1])
    assert np.array_equal(FAMILY.gain(payload), forest.feature_importances_)


def test_binning_costs_no_skill():
    """A forest grown on the raw values ranks new rows no better than the binned one, within noise."""
    x, y, weight = planted(3000)
    new_x, new_y, _ = planted(4000, seed=9)
    settings = {"max_depth": 7, "max_samples": 900, "max_features": 4, "min_samples_leaf": 20, "random_state": 0}
    raw = RandomForestClassifier(n_estimators=60, **settings).fit(x, y, sample_weight=weight)
    payload = FAMILY.fit(x, y, weight, {"trees": 60, "min_leaf": 20, "column_fraction": 0.5}, COMPUTE)
    ours = auc(FAMILY.predict(payload, new_x, COMPUTE), new_y)
    assert ours > auc(raw.predict_proba(new_x)[:, 1], new_y) - 0.01


def test_bin_edges_are_values_that_split_evenly():
    """Bins hold about equal counts, edges occur in the data, and ties never straddle an edge."""
    column = np.arange(1000, dtype=np.float32)
    edges = bin_edges(column, 10)
    assert edges.tolist() == [99, 199, 299, 399, 499, 599, 699, 799, 899]
    assert bin_edges(np.array([3, 3, 3, 3, 5], dtype=np.float32), 4).tolist() == [3]
    assert bin_edges(np.full(7, 2, dtype=np.float32), 4).size == 0


@pytest.mark.parametrize(
    ("part", "value"),
    [("left", 0), ("right", 10_000), ("feature", 8), ("value", 1.5), ("edge", np.nan), ("offsets", 3)],
)
def test_planted_defects_in_the_arrays_are_found(part, value):
    """A cycle, a child, feature or offset outside, a leaf above 1 and an edge that is NaN are refused."""
    x, y, weight = planted(600)
    meta, stored = arrays.decode(FAMILY.fit(x, y, weight, PARAMS, COMPUTE))
    changed = {name: array.copy() for name, array in stored.items()}
    changed[part][0] = value
    with pytest.raises(IntegrityError, match="malformed"):
        FAMILY.predict(arrays.encode(meta, changed), x, COMPUTE)
