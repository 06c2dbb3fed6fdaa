"""The Alpha158 family: the 158 price and volume columns of qlib's baseline data set, under qlib's names.

Source: Yang et al. (2020), Qlib: an AI-oriented quantitative investment platform, data handler Alpha158. Differences,
all in rows without information: qlib gives values from part of a window, this family none before the window is full;
qlib adds 1e-12 to denominators and so gives 0 or a huge number where the house gives NaN (no volume, a close that never
moved); qlib calls a window constant below a deviation of 2e-5, the house below 1e-12 of its mean. There is no column of
volume-weighted prices, so VWAP0 takes the typical price (high + low + close) / 3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.alpha158_kernel import WINDOWS, alpha158
from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Family
from market_assets.core.features.declaration import Feature
from market_assets.core.market.panel import Floats, Panel

SOURCE = "Yang et al. (2020), qlib Alpha158"

_BARS = {
    "KMID": ("(close - open) / open", "open close"),
    "KLEN": ("(high - low) / open", "open high low"),
    "KMID2": ("(close - open) / (high - low), 0 on a one-price bar", "open high low close"),
    "KUP": ("(high - max(open, close)) / open", "open high close"),
    "KUP2": ("(high - max(open, close)) / (high - low), 0 on a one-price bar", "open high low close"),
    "KLOW": ("(min(open, close) - low) / open", "open low close"),
    "KLOW2": ("(min(open, close) - low) / (high - low), 0 on a one-price bar", "open high low close"),
    "KSFT": ("(2 close - high - low) / open", "open high low close"),
    "KSFT2": ("(2 close - high - low) / (high - low), 0 on a one-price bar", "high low close"),
    "OPEN0": ("open / close", "open close"),
    "HIGH0": ("high / close", "high close"),
    "LOW0": ("low / close", "low close"),
    "VWAP0": ("(high + low + close) / 3 / close", "high low close"),
}
"""Formula and inputs of the columns of one bar, in the kernel's order."""

_ROLLING = {
    "ROC": ("close {w} bars ago / close", "close", 1),
    "MA": ("SMA({w}) of close / close", "close", 0),
    "STD": ("standard deviation({w}) of close / close", "close", 0),
    "BETA": ("least-squares slope of close on time over {w} bars / close", "close", 0),
    "RSQR": ("R squared of the line of close on time over {w} bars", "close", 0),
    "RESI": ("close - the line of close on time over {w} bars, / close", "close", 0),
    "MAX": ("highest high({w}) / close", "high close", 0),
    "MIN": ("lowest low({w}) / close", "low close", 0),
    "QTLU": ("0.8 quantile of close over {w} bars / close", "close", 0),
    "QTLD": ("0.2 quantile of close over {w} bars / close", "close", 0),
    "RANK": ("average rank of close among the last {w} closes / {w}", "close", 0),
    "RSV": ("(close - lowest low({w})) / (highest high({w}) - lowest low({w}))", "high low close", 0),
    "IMAX": ("place of the highest high in the last {w} bars, 1 = oldest, / {w}", "high", 0),
    "IMIN": ("place of the lowest low in the last {w} bars, 1 = oldest, / {w}", "low", 0),
    "IMXD": ("(place of the highest high - place of the lowest low) / {w}", "high low", 0),
    "CORR": ("correlation over {w} bars of close and ln(volume + 1)", "close volume", 0),
    "CORD": ("correlation over {w} bars of close / previous and ln(volume / previous + 1)", "close volume", 1),
    "CNTP": ("share of the last {w} closes above the one before", "close", 1),
    "CNTN": ("share of the last {w} closes below the one before", "close", 1),
    "CNTD": ("CNTP{w} - CNTN{w}", "close", 1),
    "SUMP": ("sum({w}) of rises of close / sum({w}) of absolute changes", "close", 1),
    "SUMN": ("sum({w}) of falls of close / sum({w}) of absolute changes", "close", 1),
    "SUMD": ("SUMP{w} - SUMN{w}", "close", 1),
    "VMA": ("SMA({w}) of volume / volume", "volume", 0),
    "VSTD": ("standard deviation({w}) of volume / volume", "volume", 0),
    "WVMA": ("standard deviation({w}) / SMA({w}) of |close / previous - 1| x volume", "close volume", 1),
    "VSUMP": ("sum({w}) of rises of volume / sum({w}) of absolute changes", "volume", 1),
    "VSUMN": ("sum({w}) of falls of volume / sum({w}) of absolute changes", "volume", 1),
    "VSUMD": ("VSUMP{w} - VSUMN{w}", "volume", 1),
}
"""Formula, inputs and bars needed before the window, of the operators over ``WINDOWS``, in the kernel's order."""


def _features() -> dict[str, Feature]:
    found = {}
    for name, (formula, inputs) in _BARS.items():
        found[name] = Feature(formula, SOURCE, tuple(inputs.split()), lookback=0)
    for name, (formula, inputs, before) in _ROLLING.items():
        for w in WINDOWS:
            found[f"{name}{w}"] = Feature(formula.format(w=w), SOURCE, tuple(inputs.split()), lookback=w - 1 + before)
    return found


FEATURES = _features()
REACH = max(feature.reach for feature in FEATURES.values())


def since(panel: Panel, first: NDArray[np.int64]) -> Floats:
    """The newest rows of every symbol: no value looks back further than the longest window."""
    counts = panel.offsets[1:] - first
    ends = np.cumsum(counts)
    # feature-major storage: each feature is written and later read as one contiguous run
    out = np.empty((len(FEATURES), int(counts.sum())))
    for index, count in enumerate(counts.tolist()):
        if not count:
            continue
        bars = Bars.of(panel, index).last(count + REACH)
        before = bars.close.size - count
        into, start = (np.empty((len(FEATURES), bars.close.size)), 0) if before else (out, int(ends[index]) - count)
        alpha158(bars.open, bars.high, bars.low, bars.close, bars.volume, into, start)
        if before:
            out[:, ends[index] - count : ends[index]] = into[:, before:]
    return out.T


def compute(panel: Panel) -> Floats:
    """The 158 columns of every symbol by itself, float64 of shape (n_rows, 158)."""
    return since(panel, panel.offsets[:-1])


ALPHA158 = Family(name="alpha158", version="1", features=FEATURES, compute=compute, per_symbol=True, since=since)
