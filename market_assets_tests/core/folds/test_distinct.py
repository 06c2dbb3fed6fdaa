"""Distinct times against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.folds.distinct import distinct_times


@pytest.mark.parametrize("values", [3, 50, 10**6, 2**62])
def test_equal_to_numpy_unique(values):
    """Few and many repeats, negative times, and times of one stride as in a panel."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        times = rng.integers(-values, values, int(rng.integers(1, 500)))
        np.testing.assert_array_equal(distinct_times(times), np.unique(times))


def test_a_panel_of_days():
    """46 symbols of 200 days in nanoseconds."""
    days = np.arange(200) * 86_400 * 10**9
    np.testing.assert_array_equal(distinct_times(np.tile(days, 46)), days)
