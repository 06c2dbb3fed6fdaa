"""Rolling order statistics against pandas and brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.extremes import (
    bars_since_max,
    permutation_entropy,
    rolling_max,
    rolling_min,
    rolling_rank,
)

TIED = np.random.Generator(np.random.PCG64(0)).integers(0, 6, 200).astype(np.float64)


@pytest.mark.parametrize("window", [2, 7, 20])
def test_equals_pandas_with_ties(window: int) -> None:
    """Maximum, minimum and mid-rank agree with pandas on data full of ties."""
    rolling = pd.Series(TIED).rolling(window)
    np.testing.assert_array_equal(rolling_max(TIED, window), rolling.max())
    np.testing.assert_array_equal(rolling_min(TIED, window), rolling.min())
    np.testing.assert_allclose(rolling_rank(TIED, window), (rolling.rank() - 1.0) / (window - 1.0))


def test_age_of_the_latest_maximum() -> None:
    """Among equal maxima the latest counts."""
    np.testing.assert_array_equal(bars_since_max(np.array([3.0, 3.0, 1.0, 2.0, 0.0]), 3), [np.nan, np.nan, 1, 2, 1])


@pytest.mark.parametrize("kernel", [rolling_max, rolling_min, bars_since_max, rolling_rank, permutation_entropy])
def test_nan_spoils_its_windows(kernel) -> None:
    """A NaN makes exactly the windows that hold it NaN, at their edge too."""
    gap = TIED.copy()
    gap[50] = np.nan
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(kernel(gap, 10))), [*range(9), *range(50, 60)])
    assert np.isnan(kernel(TIED[:9].copy(), 10)).all()


def test_entropy_bounds() -> None:
    """A monotone series has entropy 0; all six orderings equally often give 1."""
    assert permutation_entropy(np.arange(20.0), 10)[-1] == 0.0
    noise = np.random.Generator(np.random.PCG64(0)).standard_normal(20_000)
    assert permutation_entropy(noise, 20_000)[-1] == pytest.approx(1.0, abs=1e-3)
