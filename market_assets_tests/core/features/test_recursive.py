"""Exponentially weighted means equal pandas, gaps included."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.recursive import ema, ewm_mean, wilder

X = np.random.Generator(np.random.PCG64(0)).standard_normal(120)
X[:3] = np.nan
X[40:43] = np.nan


@pytest.mark.parametrize("alpha", [0.06, 1 / 14, 0.5])
def test_equals_pandas(alpha: float) -> None:
    """Same weights, same ageing over gaps, same warm-up."""
    expected = pd.Series(X).ewm(alpha=alpha, adjust=True, min_periods=5).mean()
    np.testing.assert_allclose(ewm_mean(X, alpha, 5), expected, rtol=1e-12)


def test_spans() -> None:
    """EMA and Wilder smoothing are the usual spans."""
    np.testing.assert_allclose(ema(X, 9), pd.Series(X).ewm(span=9, min_periods=9).mean(), rtol=1e-12)
    np.testing.assert_allclose(wilder(X, 9), pd.Series(X).ewm(alpha=1 / 9, min_periods=9).mean(), rtol=1e-12)
