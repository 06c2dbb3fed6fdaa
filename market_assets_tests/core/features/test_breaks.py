"""Structural-break statistics against brute force and against planted breaks."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.features.breaks import rolling_break

X = np.random.Generator(np.random.PCG64(0)).standard_normal(400)


def brute(window: np.ndarray) -> tuple[float, float]:
    n = len(window)
    mean_path = np.cumsum(window - window.mean())[:-1] / (window.std() * np.sqrt(n))
    energy = np.cumsum(window**2) / np.sum(window**2)
    variance_path = np.sqrt(n / 2) * (energy - np.arange(1, n + 1) / n)[:-1]
    return mean_path[np.abs(mean_path).argmax()], variance_path[np.abs(variance_path).argmax()]


def test_equals_brute_force() -> None:
    """The kernel equals the definition at every row."""
    mean_break, variance_break = rolling_break(X, 50)
    for t in (49, 50, 123, 399):
        expected = brute(X[t - 49 : t + 1])
        assert (mean_break[t], variance_break[t]) == pytest.approx(expected, rel=1e-9)
    assert np.isnan(mean_break[:49]).all()


def test_planted_breaks_are_seen() -> None:
    """A jump in mean or in variance passes the 5 % critical value with the right sign; without one, few windows do."""
    level, width = X.copy(), X.copy()
    level[:350] += 2.0
    width[:350] *= 4.0
    assert rolling_break(level, 100)[0][399] > 1.358
    assert rolling_break(width, 100)[1][399] > 1.358
    assert (np.abs(rolling_break(X, 100)[0][99:]) > 1.358).mean() < 0.3


def test_undefined_windows() -> None:
    """Constant windows and windows with NaN are undefined."""
    gap = X.copy()
    gap[100] = np.nan
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(rolling_break(gap, 20)[1])), [*range(19), *range(100, 120)])
    assert np.isnan(rolling_break(np.full(60, 0.1), 20)[0]).all()
