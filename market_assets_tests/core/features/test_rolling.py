"""Rolling kernels: pandas agreement, exactness of constants, NaN, short input, and independence of older rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.rolling import (
    rolling_comoment,
    rolling_line,
    rolling_mean,
    rolling_rescaled_range,
    rolling_shape,
    rolling_std,
    rolling_sum,
    rolling_var,
)

X = np.random.Generator(np.random.PCG64(0)).standard_t(3, 300) + 0.3
Y = np.random.Generator(np.random.PCG64(1)).standard_t(3, 300) + 0.5 * X
KERNELS = {
    "sum": lambda x, w: rolling_sum(x, w),
    "mean": lambda x, w: rolling_mean(x, w),
    "var": lambda x, w: rolling_var(x, w),
    "std": lambda x, w: rolling_std(x, w),
    "skew": lambda x, w: rolling_shape(x, w)[0],
    "kurtosis": lambda x, w: rolling_shape(x, w)[1],
    "correlation": lambda x, w: rolling_comoment(x, Y[: x.size].copy(), w)[0],
    "slope": lambda x, w: rolling_line(x, w)[0],
    "rescaled range": lambda x, w: rolling_rescaled_range(x, w),
}
PANDAS = {
    "sum": lambda r: r.sum(),
    "mean": lambda r: r.mean(),
    "var": lambda r: r.var(),
    "std": lambda r: r.std(),
    "skew": lambda r: r.skew(),
    "kurtosis": lambda r: r.kurt(),
    "correlation": lambda r: r.corr(pd.Series(Y)),
}


@pytest.mark.parametrize("window", [4, 5, 20, 60])
@pytest.mark.parametrize("name", PANDAS)
def test_equals_pandas(name: str, window: int) -> None:
    """Kernel and pandas agree for several windows."""
    np.testing.assert_allclose(
        KERNELS[name](X, window), PANDAS[name](pd.Series(X).rolling(window)), rtol=1e-8, atol=1e-9
    )


def test_regression_slope() -> None:
    """The comoment slope is the least-squares slope of y on x."""
    slope = rolling_comoment(X, Y, 30)[1]
    assert slope[100] == pytest.approx(np.polyfit(X[71:101], Y[71:101], 1)[0])


@pytest.mark.parametrize("name", KERNELS)
def test_older_rows_do_not_matter(name: str) -> None:
    """A value depends on its window alone, to the byte, even after a huge outlier has left the window."""
    spoiled = X.copy()
    spoiled[:100] *= 1e12
    np.testing.assert_array_equal(KERNELS[name](spoiled, 20)[150:], KERNELS[name](X, 20)[150:])


@pytest.mark.parametrize("name", KERNELS)
def test_short_input_and_nan(name: str) -> None:
    """Less than a window is NaN; a NaN spoils exactly the windows that hold it."""
    for n in (0, 1, 9):
        assert np.isnan(KERNELS[name](X[:n].copy(), 10)).all()
    gap = X.copy()
    gap[50] = np.nan
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(KERNELS[name](gap, 10))), [*range(9), *range(50, 60)])


@pytest.mark.parametrize("level", [0.1, 10.1, 1e9, 1e-9])
def test_constant_windows_have_no_spread(level: float) -> None:
    """A constant window has variance exactly 0 and undefined shape, not rounding noise."""
    flat = np.full(40, level)
    np.testing.assert_array_equal(rolling_var(flat, 20)[19:], 0.0)
    assert np.isnan(rolling_shape(flat, 20)[0]).all()
    assert np.isnan(rolling_comoment(flat, X[:40].copy(), 20)[0]).all()
    assert np.isnan(rolling_line(flat, 20)[1]).all()
    np.testing.assert_allclose(rolling_line(flat, 20)[0][19:], 0.0, atol=1e-14 * level)
