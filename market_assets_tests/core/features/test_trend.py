"""Trend features against their plain pandas definitions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from market_assets.core.features.trend import TREND
from market_assets_tests.core.features.panels import agree, bars_and_frame

BARS, FRAME = bars_and_frame()
FAST = TREND.values(BARS)
C, H, L = FRAME["close"], FRAME["high"], FRAME["low"]


def ema(series: pd.Series, span: int) -> pd.Series:
    return series.ewm(span=span, min_periods=span).mean()


def true_range() -> pd.Series:
    before = C.shift(1)
    return pd.concat([H - L, (H - before).abs(), (L - before).abs()], axis=1).max(axis=1).where(before.notna())


def directional() -> tuple[pd.Series, pd.Series]:
    """DI+ and DI- with the true range that cancels in their ratio."""
    up, down = H.diff(), -L.diff()
    plus = up.where((up > down) & (up > 0), 0.0).where(up.notna())
    minus = down.where((down > up) & (down > 0), 0.0).where(up.notna())
    wilder = {"alpha": 1 / 14, "min_periods": 14}
    tr = true_range().ewm(**wilder).mean()
    return plus.ewm(**wilder).mean() / tr, minus.ewm(**wilder).mean() / tr


def adx() -> pd.Series:
    plus, minus = directional()
    return ((plus - minus).abs() / (plus + minus)).ewm(alpha=1 / 14, min_periods=14).mean()


def aroon() -> pd.Series:
    up = H.rolling(26).apply(lambda w: w[::-1].argmax(), raw=True)
    down = L.rolling(26).apply(lambda w: w[::-1].argmin(), raw=True)
    return (down - up) / 25


def macd() -> pd.Series:
    return (ema(C, 12) - ema(C, 26)) / C


PLAIN: dict[str, Callable[[], pd.Series]] = {
    "sma_gap_10": lambda: C / C.rolling(10).mean() - 1,
    "sma_gap_20": lambda: C / C.rolling(20).mean() - 1,
    "sma_gap_50": lambda: C / C.rolling(50).mean() - 1,
    "sma_cross_10_50": lambda: C.rolling(10).mean() / C.rolling(50).mean() - 1,
    "ema_gap_12": lambda: C / ema(C, 12) - 1,
    "ema_gap_26": lambda: C / ema(C, 26) - 1,
    "macd_12_26": macd,
    "macd_histogram": lambda: macd() - ema(macd(), 9),
    "adx_14": adx,
    "di_spread_14": lambda: (directional()[0] - directional()[1]) / (directional()[0] + directional()[1]),
    "aroon_25": aroon,
    "slope_20": lambda: np.log(C).rolling(20).apply(lambda w: np.polyfit(np.arange(20), w, 1)[0], raw=True),
    "vortex_14": lambda: (
        ((H - L.shift(1)).abs() - (L - H.shift(1)).abs()).rolling(14).sum() / true_range().rolling(14).sum()
    ),
    "channel_55": lambda: (C - L.rolling(55).min()) / (H.rolling(55).max() - L.rolling(55).min()),
    "ichimoku_9_26": lambda: (
        (H.rolling(9).max() + L.rolling(9).min()) / (H.rolling(26).max() + L.rolling(26).min()) - 1
    ),
}


@pytest.mark.parametrize("name", TREND.features)
def test_feature_equals_its_definition(name: str) -> None:
    """Every trend feature equals its pandas definition on 260 random bars."""
    agree(FAST[name], PLAIN[name]())


def test_steady_rise() -> None:
    """On a steady rise the direction features reach the top of their range."""
    from market_assets.core.features.bars import Bars

    close = 100.0 * 1.01 ** np.arange(120)
    values = TREND.values(Bars(close / 1.005, close * 1.001, close / 1.006, close, np.ones(120)))
    last = {name: column[-1] for name, column in values.items()}
    assert last["aroon_25"] == 1.0
    assert last["adx_14"] == pytest.approx(1.0)
    assert last["di_spread_14"] == pytest.approx(1.0)
    assert last["slope_20"] == pytest.approx(np.log(1.01))
    assert last["macd_12_26"] > 0.0
