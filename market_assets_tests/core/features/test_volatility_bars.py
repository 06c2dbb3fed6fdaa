"""Volatility features of the technical set against their plain pandas definitions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.volatility_bars import VOLATILITY_BARS
from market_assets_tests.core.features.panels import agree, bars_and_frame

BARS, FRAME = bars_and_frame()
FAST = VOLATILITY_BARS.compute(BARS)
C, H, L = FRAME["close"], FRAME["high"], FRAME["low"]
R = np.log(C / C.shift(1))
BEFORE = C.shift(1)
TR = pd.concat([H - L, (H - BEFORE).abs(), (L - BEFORE).abs()], axis=1).max(axis=1).where(BEFORE.notna())
ATR20 = TR.rolling(20).mean()
SD20 = C.rolling(20).std()


def chaikin() -> pd.Series:
    smooth = (H - L).ewm(span=10, min_periods=10).mean()
    return smooth / smooth.shift(10) - 1


PLAIN: dict[str, Callable[[], pd.Series]] = {
    "atr_14": lambda: TR.ewm(alpha=1 / 14, min_periods=14).mean() / C,
    "true_range_ratio_20": lambda: TR / ATR20,
    "std_20": lambda: R.rolling(20).std(),
    "std_ratio_5_20": lambda: R.rolling(5).std() / R.rolling(20).std(),
    "bollinger_position_20": lambda: (C - C.rolling(20).mean()) / (2 * SD20),
    "bollinger_width_20": lambda: 4 * SD20 / C.rolling(20).mean(),
    "keltner_position_20": lambda: (C - C.ewm(span=20, min_periods=20).mean()) / (2 * ATR20),
    "squeeze_20": lambda: (2 * SD20) / (1.5 * ATR20),
    "ulcer_14": lambda: ((C / C.rolling(14).max() - 1) ** 2).rolling(14).mean() ** 0.5,
    "chaikin_volatility_10": chaikin,
}


@pytest.mark.parametrize("name", VOLATILITY_BARS.features)
def test_feature_equals_its_definition(name: str) -> None:
    """Every volatility feature equals its pandas definition on 260 random bars."""
    agree(FAST[name], PLAIN[name](), rtol=1e-8)
