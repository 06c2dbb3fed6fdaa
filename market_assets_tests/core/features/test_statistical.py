"""Statistical features against their plain pandas and numpy definitions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.statistical import STATISTICAL
from market_assets_tests.core.features.panels import agree, bars_and_frame

BARS, FRAME = bars_and_frame()
FAST = STATISTICAL.compute(BARS)
C = FRAME["close"]
LOG = np.log(C)
R = LOG.diff()


def hurst(window: np.ndarray) -> float:
    path = np.cumsum(window - window.mean())
    return math.log((max(path.max(), 0.0) - min(path.min(), 0.0)) / window.std()) / math.log(30)


def entropy(window: np.ndarray) -> float:
    patterns = Counter(tuple(np.argsort(window[i : i + 3], kind="stable")) for i in range(len(window) - 2))
    shares = np.array(list(patterns.values())) / (len(window) - 2)
    return float(-(shares * np.log(shares)).sum() / math.log(6))


PLAIN: dict[str, Callable[[], pd.Series]] = {
    "zscore_20": lambda: (LOG - LOG.rolling(20).mean()) / LOG.rolling(20).std(),
    "zscore_60": lambda: (LOG - LOG.rolling(60).mean()) / LOG.rolling(60).std(),
    "skew_20": lambda: R.rolling(20).skew(),
    "skew_60": lambda: R.rolling(60).skew(),
    "kurtosis_60": lambda: R.rolling(60).kurt(),
    "autocorr_1_20": lambda: R.rolling(20).corr(R.shift(1)),
    "autocorr_1_60": lambda: R.rolling(60).corr(R.shift(1)),
    "autocorr_5_60": lambda: R.rolling(60).corr(R.shift(5)),
    "variance_ratio_5_60": lambda: LOG.diff(5).rolling(60).var() / (5 * R.rolling(60).var()),
    "hurst_60": lambda: R.rolling(60).apply(hurst, raw=True),
    "percentile_60": lambda: (C.rolling(60).rank() - 1) / 59,
    "trend_r2_20": lambda: LOG.rolling(20).corr(pd.Series(np.arange(len(LOG), dtype=float))) ** 2,
    "sharpe_20": lambda: R.rolling(20).mean() / R.rolling(20).std(),
    "permutation_entropy_60": lambda: C.rolling(60).apply(entropy, raw=True),
    "largest_move_20": lambda: (R**2).rolling(20).max() / (R**2).rolling(20).sum(),
}


@pytest.mark.parametrize("name", STATISTICAL.features)
def test_feature_equals_its_definition(name: str) -> None:
    """Every statistical feature equals its plain definition on 260 random bars."""
    agree(FAST[name], PLAIN[name](), rtol=1e-7, atol=1e-9)
