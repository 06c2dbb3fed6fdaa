"""Rolling covariance and least squares against numpy, one window at a time."""

from __future__ import annotations

import numpy as np
import pytest

from market_assets.core.features.comoment import rolling_covariance, rolling_fit

RNG = np.random.Generator(np.random.PCG64(4))
X = RNG.standard_normal(120) * 3.0 + 50.0
Y = 0.4 * X + RNG.standard_t(4, 120)
WINDOWS = (3, 11, 40)


def plain_fit(x: np.ndarray, y: np.ndarray, intercept: bool) -> tuple[float, float, float, float]:
    """Slope, intercept, t and R squared from the normal equations."""
    design = np.column_stack([x, np.ones(len(x))]) if intercept else x[:, None]
    beta = np.linalg.solve(design.T @ design, design.T @ y)
    rest = y - design @ beta
    variance = rest @ rest / (len(x) - design.shape[1])
    error = np.sqrt(variance * np.linalg.inv(design.T @ design)[0, 0])
    centred = y - y.mean() if intercept else y
    return beta[0], beta[1] if intercept else 0.0, beta[0] / error, 1.0 - rest @ rest / (centred @ centred)


@pytest.mark.parametrize("window", WINDOWS)
def test_covariance_equals_numpy(window: int) -> None:
    """Around the means with either divisor, and around zero."""
    ends = range(window, len(X) + 1)
    blocks = [(X[end - window : end], Y[end - window : end]) for end in ends]
    for ddof in (0, 1):
        fast = rolling_covariance(X, Y, window, True, window - ddof)
        plain = [np.cov(x, y, ddof=ddof)[0, 1] for x, y in blocks]
        np.testing.assert_allclose(fast[window - 1 :], plain, rtol=1e-10)
        assert np.isnan(fast[: window - 1]).all()
    raw = rolling_covariance(X, Y, window, False, window)
    np.testing.assert_allclose(raw[window - 1 :], [np.mean(x * y) for x, y in blocks], rtol=1e-12)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("window", WINDOWS)
def test_fit_equals_the_normal_equations(window: int, intercept: bool) -> None:
    """Slope, intercept, t and R squared of every window."""
    fast = np.column_stack(rolling_fit(X, Y, window, intercept))[window - 1 :]
    plain = [plain_fit(X[end - window : end], Y[end - window : end], intercept) for end in range(window, len(X) + 1)]
    np.testing.assert_allclose(fast, plain, rtol=1e-7, atol=1e-10)


def test_nan_spoils_its_windows() -> None:
    """A NaN in either series makes exactly the windows that hold it NaN."""
    gap = X.copy()
    gap[50] = np.nan
    expected = [*range(9), *range(50, 60)]
    for fast in (
        rolling_covariance(gap, Y, 10, True, 9),
        *rolling_fit(Y, gap, 10, True),
        *rolling_fit(gap, Y, 10, True),
    ):
        np.testing.assert_array_equal(np.flatnonzero(np.isnan(fast)), expected)
    assert np.isnan(rolling_fit(X[:9].copy(), Y[:9].copy(), 10, True)[0]).all()


def test_nothing_is_fitted_to_a_constant() -> None:
    """No line on an x that does not vary; a flat y has slope 0 and no R squared; an exact line has no t."""
    same = np.full(20, 0.1)
    assert all(np.isnan(part).all() for part in rolling_fit(same, Y[:20].copy(), 5, True))
    slope, _, _, share = rolling_fit(X[:20].copy(), same, 5, True)
    np.testing.assert_allclose(slope[4:], 0.0, atol=1e-15)
    assert np.isnan(share).all()
    slope, constant, t_value, share = rolling_fit(np.arange(20.0), 2.0 * np.arange(20.0) + 1.0, 5, True)
    assert (slope[-1], constant[-1], share[-1]) == (2.0, 1.0, 1.0)
    assert np.isnan(t_value).all()


def test_a_window_is_all_that_counts() -> None:
    """The bytes of a value do not depend on what lies before its window."""
    for part, whole in zip(
        rolling_fit(X[60:].copy(), Y[60:].copy(), 20, True), rolling_fit(X, Y, 20, True), strict=True
    ):
        assert part[19:].tobytes() == whole[79:].tobytes()
