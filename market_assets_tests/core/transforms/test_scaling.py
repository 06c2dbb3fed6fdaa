"""Centre and scale of training columns."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from market_assets.core.transforms.base import Rows
from market_assets.core.transforms.scaling import MEDIAN_MAD, STANDARD, median_and_deviation
from market_assets_tests.core.transforms.samples import sample, spec_of

SAMPLE = sample()


def test_standard_scaling_is_that_of_scikit_learn() -> None:
    """Means and population deviations of the values that are there; a flat column is centred, an empty one stays."""
    state = STANDARD.fit(SAMPLE, spec_of("standard"), 0)
    known = SAMPLE.x[:, :4].astype(np.float64)
    peer = StandardScaler().fit(known)
    np.testing.assert_allclose(state.values["centre"][:4], peer.mean_)
    np.testing.assert_allclose(state.values["scale"][:3], peer.scale_[:3])
    done = STANDARD.apply(state, SAMPLE).x
    np.testing.assert_allclose(done[:, :3], peer.transform(known)[:, :3], atol=1e-6)
    assert np.abs(done[:, 3]).max() == 0.0
    assert (state.values["centre"][4], state.values["scale"][4]) == (0.0, 1.0)


def test_median_deviation_by_hand() -> None:
    """1, 2, 4, 7, 100: median 4, deviations 3, 2, 0, 3, 96 with median 3, times 1.4826."""
    assert median_and_deviation(np.array([1.0, 2.0, 4.0, 7.0, 100.0])) == (4.0, pytest.approx(3 * 1.4826))


def test_a_rare_column_has_a_scale() -> None:
    """Where most values are one value the mean deviation takes over: 0 x 9 and 10 give 1 x 1.2533."""
    assert median_and_deviation(np.array([0.0] * 9 + [10.0])) == (0.0, pytest.approx(1.2533))
    assert median_and_deviation(np.full(5, 2.0)) == (2.0, 0.0)


def test_one_outlier_does_not_rule_the_median_scale() -> None:
    """A hundred thousand in one row moves the standard scale a thousandfold, the median one hardly."""
    spoilt = SAMPLE.x.copy()
    spoilt[0] = 1e5
    other = Rows(SAMPLE.names, spoilt, SAMPLE.symbols, SAMPLE.code)
    moved = {}
    for one, kind in ((STANDARD, "standard"), (MEDIAN_MAD, "median_mad")):
        before, after = (one.fit(rows, spec_of(kind), 0).values["scale"][:3] for rows in (SAMPLE, other))
        moved[kind] = np.max(after / before)
    assert moved["standard"] > 1000
    assert moved["median_mad"] < 1.1
