"""Regime features of the whole cross-section: breadth, dispersion, average correlation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.cross_section import row_mean, row_std
from market_assets.core.features.declaration import MARKET_CLOSE, Feature
from market_assets.core.features.elementwise import ratio
from market_assets.core.features.extremes import rolling_max, rolling_min
from market_assets.core.features.layout import Layout
from market_assets.core.features.rolling import rolling_mean, rolling_std, rolling_var
from market_assets.core.market.panel import Floats

FEATURES_BREADTH = {
    "breadth_up_1": Feature("share of tradable symbols that closed higher", "Zweig 1986", MARKET_CLOSE, 1),
    "breadth_up_10": Feature("SMA(10) of breadth_up_1", "Zweig 1986", MARKET_CLOSE, 10),
    "breadth_above_20": Feature(
        "share of tradable symbols above their SMA(20)", "own, after Zweig 1986", MARKET_CLOSE, 19
    ),
    "breadth_above_50": Feature(
        "share of tradable symbols above their SMA(50)", "own, after Zweig 1986", MARKET_CLOSE, 49
    ),
    "breadth_new_20": Feature(
        "share of tradable symbols at their 20-bar highest close, minus the share at the lowest",
        "own, after Fosback 1976",
        MARKET_CLOSE,
        19,
    ),
    "dispersion_1": Feature("cross-sectional standard deviation of log returns", "Stivers & Sun 2010", MARKET_CLOSE, 1),
    "dispersion_20": Feature("SMA(20) of dispersion_1", "Stivers & Sun 2010", MARKET_CLOSE, 20),
    "dispersion_z_60": Feature(
        "(dispersion_1 - SMA(60)) / standard deviation(60)", "own, after Stivers & Sun 2010", MARKET_CLOSE, 60
    ),
    "correlation_20": Feature(
        "average pairwise correlation over 20 sessions implied by the variances of mean and members",
        "Pollet & Wilson 2010",
        MARKET_CLOSE,
        20,
    ),
}


def _flags(condition: NDArray[np.bool_], known: Floats) -> Floats:
    return np.where(np.isnan(known), np.nan, condition.astype(np.float64))


def symbol_flags(close: Floats) -> dict[str, Floats]:
    """Per-symbol conditions as 1, 0 or NaN (not enough bars), each (n,)."""
    sma20, sma50 = rolling_mean(close, 20), rolling_mean(close, 50)
    top, bottom = rolling_max(close, 20), rolling_min(close, 20)
    new = (close >= top).astype(np.float64) - (close <= bottom)
    return {
        "breadth_above_20": _flags(close > sma20, sma20),
        "breadth_above_50": _flags(close > sma50, sma50),
        "breadth_new_20": np.where(np.isnan(top), np.nan, new),
    }


def average_correlation(returns: Floats, window: int) -> Floats:
    """Average pairwise correlation implied by ``n^2 var(mean) = sum var + rho ((sum std)^2 - sum var)``.

    Over the symbols with a full window at each session; (S,), NaN below two symbols. Clipped to -1..1, since the
    mean is taken over whoever trades and the set may change within the window.
    """
    stds = np.column_stack([rolling_std(np.ascontiguousarray(column), window) for column in returns.T])
    known = ~np.isnan(stds)
    n = known.sum(axis=1).astype(np.float64)
    std = np.where(known, stds, 0.0)
    own = (std * std).sum(axis=1)
    cross = std.sum(axis=1) ** 2 - own
    total = n * n * rolling_var(row_mean(returns), window)
    return np.clip(ratio(total - own, np.where(n >= 2.0, cross, 0.0)), -1.0, 1.0)


def breadth_features(layout: Layout, returns: Floats) -> tuple[NDArray[np.int64], dict[str, Floats]]:
    """Sessions (m,) on which a tradable symbol has a return, and the features there, each (m,)."""
    panel = layout.panel
    session = np.flatnonzero((~np.isnan(returns)).any(axis=1))
    returns = np.ascontiguousarray(returns[session])
    flags: dict[str, Floats] = {}
    for index in layout.tradable:
        rows = panel.rows(int(index))
        for name, values in symbol_flags(np.array(panel.close[rows])).items():
            flags.setdefault(name, np.full(panel.n_rows, np.nan))[rows] = values
    up = row_mean(_flags(returns > 0.0, returns))
    dispersion = row_std(returns)
    return session, {
        "breadth_up_1": up,
        "breadth_up_10": rolling_mean(up, 10),
        **{name: row_mean(layout.grid(column)[session]) for name, column in flags.items()},
        "dispersion_1": dispersion,
        "dispersion_20": rolling_mean(dispersion, 20),
        "dispersion_z_60": ratio(dispersion - rolling_mean(dispersion, 60), rolling_std(dispersion, 60)),
        "correlation_20": average_correlation(returns, 20),
    }
