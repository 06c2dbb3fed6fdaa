"""Safe ratios and logarithms turn what is undefined into NaN, never into infinity or an error."""

from __future__ import annotations

import numpy as np

from market_assets.core.features.elementwise import log_ratio, log_return, ratio, shift, signed_streak


def test_ratio() -> None:
    """0/0, x/0, overflow and NaN give NaN."""
    a = np.array([1.0, 0.0, 1.0, -1.0, 1e200, np.nan, 6.0])
    b = np.array([2.0, 0.0, 0.0, 0.0, 1e-200, 1.0, -3.0])
    np.testing.assert_array_equal(ratio(a, b), [0.5, np.nan, np.nan, np.nan, np.nan, np.nan, -2.0])


def test_logs() -> None:
    """Logarithms need positive numbers."""
    x = np.array([1.0, np.e, 0.0, -1.0, np.e**2])
    np.testing.assert_allclose(log_return(x, 1), [np.nan, 1.0, np.nan, np.nan, np.nan])
    np.testing.assert_allclose(log_return(x, 4), [np.nan] * 4 + [2.0])
    np.testing.assert_allclose(log_ratio(x, np.ones(5)), [0.0, 1.0, np.nan, np.nan, 2.0])


def test_shift() -> None:
    """A shift looks back, also further than the series is long."""
    np.testing.assert_array_equal(shift(np.array([1.0, 2.0, 3.0]), 1), [np.nan, 1.0, 2.0])
    assert np.isnan(shift(np.array([1.0, 2.0]), 5)).all()


def test_streak() -> None:
    """Runs count up and down from 1; zero and NaN end them."""
    steps = np.array([np.nan, 1.0, 2.0, -1.0, -1.0, 0.0, -1.0, 3.0])
    np.testing.assert_array_equal(signed_streak(steps), [0.0, 1.0, 2.0, -1.0, -2.0, 0.0, -1.0, 1.0])
