"""Volume features against their plain pandas definitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.volume import VOLUME
from market_assets_tests.core.features.panels import agree, bars_and_frame

BARS, FRAME = bars_and_frame()
FAST = VOLUME.values(BARS)
C, H, L, V = FRAME["close"], FRAME["high"], FRAME["low"], FRAME["volume"]
R = np.log(C / C.shift(1))
TYPICAL = (H + L + C) / 3
FLOW = ((C - L) - (H - C)) / (H - L) * V


def ema(series: pd.Series, span: int) -> pd.Series:
    return series.ewm(span=span, min_periods=span).mean()


def mfi() -> pd.Series:
    change, value = TYPICAL.diff(), TYPICAL * V
    up = value.where(change > 0, 0.0).where(change.notna()).rolling(14).sum()
    down = value.where(change < 0, 0.0).where(change.notna()).rolling(14).sum()
    return 1 - 1 / (1 + up / down)


PLAIN: dict[str, Callable[[], pd.Series]] = {
    "volume_ratio_20": lambda: V / V.rolling(20).mean(),
    "volume_z_60": lambda: (V - V.rolling(60).mean()) / V.rolling(60).std(),
    "volume_trend_5_20": lambda: V.rolling(5).mean() / V.rolling(20).mean() - 1,
    "obv_20": lambda: (np.sign(C.diff()) * V).rolling(20).sum() / V.rolling(20).sum(),
    "money_flow_20": lambda: FLOW.rolling(20).sum() / V.rolling(20).sum(),
    "mfi_14": mfi,
    "chaikin_oscillator_3_10": lambda: (ema(FLOW, 3) - ema(FLOW, 10)) / V.rolling(20).mean(),
    "vwap_gap_20": lambda: C / ((TYPICAL * V).rolling(20).sum() / V.rolling(20).sum()) - 1,
    "force_13": lambda: ema(R * V, 13) / ema(V, 13),
    "price_volume_corr_20": lambda: R.rolling(20).corr(V),
}


@pytest.mark.parametrize("name", VOLUME.features)
def test_feature_equals_its_definition(name: str) -> None:
    """Every volume feature equals its pandas definition on 260 random bars."""
    agree(FAST[name], PLAIN[name](), rtol=1e-8)


def test_volume_units_do_not_matter() -> None:
    """Counting in lots of 100 instead of shares changes nothing."""
    lots = VOLUME.values(replace(BARS, volume=BARS.volume / 100.0))
    for name, values in FAST.items():
        np.testing.assert_allclose(lots[name], values, rtol=1e-9, atol=1e-12)
