"""Rolling normalization kernels beside their plain definitions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.rolling_normalize import rolling_median_mad, rolling_winsorize, rolling_zscore

LOW, HIGH = 0.1, 0.85


def _series(seed: int, n: int = 250) -> np.ndarray:
    """Heavy tails, gaps, ties, a flat stretch and one that is flat but for a few values."""
    rng = np.random.Generator(np.random.PCG64(seed))
    x = np.round(rng.standard_t(2, n), 1)
    x[60:100] = 0.1
    x[120:160] = np.where(rng.random(40) < 0.1, 5.0, -0.0)
    x[rng.random(n) < 0.15] = np.nan
    return x


def _zscore(window: np.ndarray) -> float:
    spread = np.std(window, ddof=1)
    return (window[-1] - np.mean(window)) / spread if len(set(window)) > 1 else 0.0


def _winsorize(window: np.ndarray) -> float:
    return float(np.clip(window[-1], *np.quantile(window, [LOW, HIGH])))


def _median_mad(window: np.ndarray) -> float:
    size = np.abs(window - np.median(window))
    scale = 1.4826 * np.median(size) or 1.2533 * np.mean(size)
    return (window[-1] - np.median(window)) / scale if scale else 0.0


KERNELS: dict[str, tuple[Callable, Callable]] = {
    "zscore": (rolling_zscore, _zscore),
    "winsorize": (lambda x, window, least: rolling_winsorize(x, window, least, LOW, HIGH), _winsorize),
    "median_mad": (rolling_median_mad, _median_mad),
}


def _plain(rule: Callable, x: np.ndarray, window: int, least: int) -> np.ndarray:
    """The definition, row by row: the values of the window without its gaps."""
    out = np.full(x.size, np.nan)
    for i in range(x.size):
        seen = x[max(0, i - window + 1) : i + 1]
        seen = seen[~np.isnan(seen)]
        if not np.isnan(x[i]) and seen.size >= least:
            out[i] = rule(seen)
    return out


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize(("window", "least"), [(5, 2), (20, 20), (40, 7), (400, 30)])
def test_equals_the_plain_definition(name: str, window: int, least: int) -> None:
    """Gaps, ties, flat stretches, a window longer than the series: the same values and the same gaps."""
    fast, plain = KERNELS[name]
    for seed in range(3):
        x = _series(seed)
        np.testing.assert_allclose(fast(x, window, least), _plain(plain, x, window, least), rtol=1e-9, atol=1e-9)


def test_zscore_of_a_full_window_is_that_of_pandas() -> None:
    """Without gaps it is (x - rolling mean) / rolling standard deviation."""
    x = pd.Series(np.random.Generator(np.random.PCG64(1)).standard_normal(200))
    known = (x - x.rolling(30).mean()) / x.rolling(30).std()
    np.testing.assert_allclose(rolling_zscore(x.to_numpy(), 30, 30), known, rtol=1e-9)


@pytest.mark.parametrize("name", KERNELS)
def test_a_value_depends_on_its_window_alone(name: str) -> None:
    """Absurd values that have left the window, and whatever comes later, leave every byte."""
    fast, x = KERNELS[name][0], _series(5)
    spoilt = x.copy()
    spoilt[:100] = 1e30
    spoilt[50] = -0.0
    spoilt[200:] = -1e30
    assert fast(spoilt, 40, 7)[139:200].tobytes() == fast(x, 40, 7)[139:200].tobytes()
    assert fast(x[110:200].copy(), 40, 7)[39:].tobytes() == fast(x, 40, 7)[149:200].tobytes()


@pytest.mark.parametrize("name", KERNELS)
def test_nothing_to_look_back_on(name: str) -> None:
    """No row, gaps alone, and fewer values than asked for give no value."""
    fast = KERNELS[name][0]
    assert fast(np.empty(0), 10, 5).shape == (0,)
    assert np.isnan(fast(np.full(30, np.nan), 10, 5)).all()
    assert np.isnan(fast(np.arange(4.0), 10, 5)).all()
