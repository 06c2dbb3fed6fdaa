"""Momentum features: returns over several horizons and bounded oscillators.

Sources: Wilder (1978) for RSI; Lane (1984) for the stochastic; Lambert (1980) for CCI; Blau (1991) for TSI;
Williams (1985) for the ultimate oscillator; Chande (1994) for CMO; Hutson (1983) for TRIX.
"""

from __future__ import annotations

import numpy as np

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Group
from market_assets.core.features.declaration import CLOSE, HIGH_LOW_CLOSE, Feature
from market_assets.core.features.series import (
    ema,
    log_return,
    ratio,
    rolling_max,
    rolling_mean,
    rolling_min,
    rolling_sum,
    shift,
    wilder,
)
from market_assets.core.market.panel import Floats

_RETURN = "Campbell, Lo & MacKinlay 1997, ch. 1"
HORIZONS = {
    1: _RETURN,
    3: _RETURN,
    5: "Lehmann 1990",
    10: _RETURN,
    20: "Jegadeesh 1990",
    60: "Jegadeesh & Titman 1993",
}
FEATURES = {
    **{
        f"ret_{lag}": Feature(f"ln(close / close {lag} bars ago)", source, CLOSE, lag)
        for lag, source in HORIZONS.items()
    },
    "rsi_5": Feature(
        "Wilder(5) mean of gains / Wilder(5) mean of absolute changes of the close, 0..1",
        "Wilder 1978",
        CLOSE,
        5,
        recursive=True,
    ),
    "rsi_14": Feature(
        "Wilder(14) mean of gains / Wilder(14) mean of absolute changes of the close, 0..1",
        "Wilder 1978",
        CLOSE,
        14,
        recursive=True,
    ),
    "stochastic_k_14": Feature(
        "(close - lowest low) / (highest high - lowest low) over 14 bars, 0..1", "Lane 1984", HIGH_LOW_CLOSE, 13
    ),
    "stochastic_d_14": Feature("SMA(3) of stochastic_k_14", "Lane 1984", HIGH_LOW_CLOSE, 15),
    "cci_20": Feature(
        "(typical price - SMA(20)) / standard deviation(20) of the typical price", "Lambert 1980", HIGH_LOW_CLOSE, 19
    ),
    "tsi_25_13": Feature(
        "EMA(13) of EMA(25) of close changes / the same of absolute changes, -1..1",
        "Blau 1991",
        CLOSE,
        37,
        recursive=True,
    ),
    "ultimate_7_14_28": Feature(
        "(4 BP/TR(7) + 2 BP/TR(14) + BP/TR(28)) / 7, BP = close - min(low, previous close)",
        "Williams 1985",
        HIGH_LOW_CLOSE,
        28,
    ),
    "cmo_14": Feature("sum(14) of close changes / sum(14) of absolute close changes, -1..1", "Chande 1994", CLOSE, 14),
    "trix_15": Feature("one-bar change of the triple EMA(15) of ln close", "Hutson 1983", CLOSE, 43, recursive=True),
}


def relative_strength(change: Floats, period: int) -> Floats:
    """Wilder's RSI as a share 0..1 of the smoothed absolute changes; NaN while the close has not moved."""
    gains = np.where(np.isnan(change), np.nan, np.maximum(change, 0.0))
    return ratio(wilder(gains, period), wilder(np.abs(change), period))


def compute(bars: Bars) -> dict[str, Floats]:
    """The momentum features of one symbol that look back over a window."""
    close, previous = bars.close, bars.previous_close
    change = close - previous
    bottom, top = rolling_min(bars.low, 14), rolling_max(bars.high, 14)
    stochastic = ratio(close - bottom, top - bottom)
    pressure = close - np.minimum(bars.low, previous)
    buying = [ratio(rolling_sum(pressure, w), bars.sum("true_range", w)) for w in (7, 14, 28)]
    return {
        **{f"ret_{lag}": bars.ret if lag == 1 else log_return(close, lag) for lag in HORIZONS},
        "stochastic_k_14": stochastic,
        "stochastic_d_14": rolling_mean(stochastic, 3),
        "cci_20": ratio(bars.typical - bars.mean("typical", 20), bars.std("typical", 20)),
        "ultimate_7_14_28": (4.0 * buying[0] + 2.0 * buying[1] + buying[2]) / 7.0,
        "cmo_14": ratio(rolling_sum(change, 14), rolling_sum(np.abs(change), 14)),
    }


def recall(bars: Bars) -> dict[str, Floats]:
    """The momentum features of one symbol that remember."""
    change = bars.close - bars.previous_close
    smooth = ema(ema(ema(bars.log_close, 15), 15), 15)
    return {
        "rsi_5": relative_strength(change, 5),
        "rsi_14": relative_strength(change, 14),
        "tsi_25_13": ratio(ema(ema(change, 25), 13), ema(ema(np.abs(change), 25), 13)),
        "trix_15": smooth - shift(smooth, 1),
    }


MOMENTUM = Group(FEATURES, compute, recall)
