"""Momentum features against their plain pandas definitions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.momentum import MOMENTUM
from market_assets_tests.core.features.panels import agree, bars_and_frame

BARS, FRAME = bars_and_frame()
FAST = MOMENTUM.values(BARS)
C, H, L = FRAME["close"], FRAME["high"], FRAME["low"]
TYPICAL = (H + L + C) / 3


def ema(series: pd.Series, span: int) -> pd.Series:
    return series.ewm(span=span, min_periods=span).mean()


def rsi(period: int) -> pd.Series:
    change = C.diff()
    gain = change.clip(lower=0).ewm(alpha=1 / period, min_periods=period).mean()
    loss = (-change).clip(lower=0).ewm(alpha=1 / period, min_periods=period).mean()
    return 1 - 1 / (1 + gain / loss)


def stochastic() -> pd.Series:
    return (C - L.rolling(14).min()) / (H.rolling(14).max() - L.rolling(14).min())


def ultimate() -> pd.Series:
    before = C.shift(1)
    low = pd.concat([L, before], axis=1).min(axis=1).where(before.notna())
    high = pd.concat([H, before], axis=1).max(axis=1).where(before.notna())
    average = {w: (C - low).rolling(w).sum() / (high - low).rolling(w).sum() for w in (7, 14, 28)}
    return (4 * average[7] + 2 * average[14] + average[28]) / 7


PLAIN: dict[str, Callable[[], pd.Series]] = {
    **{f"ret_{lag}": (lambda lag=lag: np.log(C / C.shift(lag))) for lag in (1, 3, 5, 10, 20, 60)},
    "rsi_5": lambda: rsi(5),
    "rsi_14": lambda: rsi(14),
    "stochastic_k_14": stochastic,
    "stochastic_d_14": lambda: stochastic().rolling(3).mean(),
    "cci_20": lambda: (TYPICAL - TYPICAL.rolling(20).mean()) / TYPICAL.rolling(20).std(),
    "tsi_25_13": lambda: ema(ema(C.diff(), 25), 13) / ema(ema(C.diff().abs(), 25), 13),
    "ultimate_7_14_28": ultimate,
    "cmo_14": lambda: C.diff().rolling(14).sum() / C.diff().abs().rolling(14).sum(),
    "trix_15": lambda: ema(ema(ema(np.log(C), 15), 15), 15).diff(),
}


@pytest.mark.parametrize("name", MOMENTUM.features)
def test_feature_equals_its_definition(name: str) -> None:
    """Every momentum feature equals its pandas definition on 260 random bars."""
    agree(FAST[name], PLAIN[name](), rtol=1e-8)


@pytest.mark.parametrize("name", ["rsi_5", "rsi_14", "stochastic_k_14", "stochastic_d_14", "ultimate_7_14_28"])
def test_oscillators_stay_within_bounds(name: str) -> None:
    """Share-like oscillators stay within 0..1."""
    values = FAST[name][~np.isnan(FAST[name])]
    assert ((values >= 0.0) & (values <= 1.0)).all()
