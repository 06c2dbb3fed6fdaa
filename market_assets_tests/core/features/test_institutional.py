"""Institutional features against their plain pandas definitions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.institutional import INSTITUTIONAL
from market_assets_tests.core.features.panels import agree, bars_and_frame

BARS, FRAME = bars_and_frame()
FAST = INSTITUTIONAL.compute(BARS)
OPEN, H, L, C, V = (FRAME[name] for name in ("open", "high", "low", "close", "volume"))
LOG = np.log(C)
R = LOG.diff()
NIGHT, DAY = np.log(OPEN / C.shift(1)), np.log(C / OPEN)
LOCATION = (2 * C - H - L) / (H - L)
BEFORE = C.shift(1)
TR = pd.concat([H - L, (H - BEFORE).abs(), (L - BEFORE).abs()], axis=1).max(axis=1).where(BEFORE.notna())
BUSY = V / V.rolling(20).mean()
WIDE = TR / TR.rolling(20).mean()


def impact() -> pd.Series:
    value = R.abs() / BUSY
    return value.rolling(10).mean() / value.rolling(60).mean() - 1


def effort() -> pd.Series:
    move = LOG.diff(5).abs()
    return (V.rolling(5).mean() / V.rolling(20).mean()) / (move / move.rolling(20).mean() + 1)


PLAIN: dict[str, Callable[[], pd.Series]] = {
    "mom_accel": lambda: (LOG.diff(10) - LOG.diff(10).shift(10)) / (R.rolling(20).std() * 10**0.5),
    "vol_accel": lambda: R.rolling(10).std() / R.rolling(10).std().shift(10) - 1,
    "wick_ratio": lambda: (1 - (C - OPEN).abs() / (H - L)).rolling(10).mean(),
    "smart_money_score": lambda: (DAY - NIGHT).rolling(20).sum() / (DAY.abs() + NIGHT.abs()).rolling(20).sum(),
    "liquidity_impact": impact,
    "fractal_efficiency": lambda: LOG.diff(20).abs() / R.abs().rolling(20).sum(),
    "trend_consistency": lambda: np.sign(LOG.diff(20)) * np.sign(R).rolling(20).mean(),
    "volume_price_divergence": lambda: R.abs().rolling(20).corr(V) - R.rolling(20).corr(V),
    "absorption": lambda: BUSY - WIDE,
    "effort_result": effort,
    "close_pressure": lambda: LOCATION.rolling(5).mean(),
    "pressure_change": lambda: LOCATION.rolling(5).mean() - LOCATION.rolling(20).mean(),
    "gap_follow_through": lambda: NIGHT.rolling(20).corr(DAY),
    "climax": lambda: (BUSY * WIDE).rolling(5).max(),
    "overnight_share": lambda: NIGHT.abs().rolling(20).sum() / (NIGHT.abs() + DAY.abs()).rolling(20).sum(),
}


@pytest.mark.parametrize("name", INSTITUTIONAL.features)
def test_feature_equals_its_definition(name: str) -> None:
    """Every institutional feature equals its pandas definition on 260 random bars."""
    agree(FAST[name], PLAIN[name](), rtol=1e-8, atol=1e-10)


def test_impact_leaves_out_bars_without_volume() -> None:
    """Amihud's rule: a zero-volume bar is left out of the mean, not counted as no impact."""
    volume = BARS.volume.copy()
    volume[200] = 0.0
    fast = INSTITUTIONAL.compute(replace(BARS, volume=volume))["liquidity_impact"]
    v = pd.Series(volume)
    value = R.abs() * v.rolling(20).mean() / v.where(v > 0)
    for row in (200, 205, 240):
        short = value[row - 9 : row + 1].mean() / value[row - 59 : row + 1].mean() - 1
        assert fast[row] == pytest.approx(short, rel=1e-9)
