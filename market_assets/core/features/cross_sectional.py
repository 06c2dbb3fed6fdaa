"""The cross-sectional family (C4): where a symbol stands today among the symbols traded today.

Twelve base quantities, each as mid-rank and z-score within the universe and within the symbol's sector. Every symbol
without a sector belongs to one sector of its own kind. Symbols of kind ``level`` take no part and get NaN. All base
quantities are free of price and volume units, so the level of a forward-adjusted price has no say.
Sources: Jegadeesh & Titman (1993) for 12-1 style momentum (here 6-1); George & Hwang (2004) for nearness to the high;
Frazzini & Pedersen (2014) for beta; Lou, Polk & Skouras (2019) for overnight returns.
"""

from __future__ import annotations

import numpy as np

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Family
from market_assets.core.features.cross_section import ascending, group_ranks, group_scores, row_mean
from market_assets.core.features.declaration import (
    CLOSE,
    HIGH_LOW_CLOSE,
    MARKET_CLOSE,
    OPEN_CLOSE,
    VOLUME_ONLY,
    Feature,
)
from market_assets.core.features.elementwise import log_ratio, log_return, ratio, shift
from market_assets.core.features.extremes import rolling_max
from market_assets.core.features.layout import Layout
from market_assets.core.features.rolling import (
    rolling_comoment,
    rolling_mean,
    rolling_shape,
    rolling_std,
    rolling_sum,
)
from market_assets.core.features.since import from_window
from market_assets.core.market.panel import Floats, Panel

BASE = {
    "ret_1": Feature("log return over 1 bar", "Lehmann 1990", CLOSE, 1),
    "ret_5": Feature("log return over 5 bars", "Lehmann 1990", CLOSE, 5),
    "ret_20": Feature("log return over 20 bars", "Jegadeesh 1990", CLOSE, 20),
    "ret_60": Feature("log return over 60 bars", "Jegadeesh & Titman 1993", CLOSE, 60),
    "momentum_120_20": Feature("log return from 120 to 20 bars ago", "Jegadeesh & Titman 1993", CLOSE, 120),
    "std_20": Feature("standard deviation of log returns over 20 bars", "Ang, Hodrick, Xing & Zhang 2006", CLOSE, 20),
    "volume_ratio_20": Feature(
        "volume / SMA(20) of volume", "own, after Gervais, Kaniel & Mingelgrin 2001", VOLUME_ONLY, 19
    ),
    "close_pressure_5": Feature(
        "SMA(5) of the close location value", "own, after Chaikin's close location", HIGH_LOW_CLOSE, 4
    ),
    "high_gap_60": Feature(
        "ln(close / highest high of 60 bars)", "own, after George & Hwang 2004", ("high", "close"), 59
    ),
    "skew_60": Feature(
        "adjusted skewness of log returns over 60 bars", "Amaya, Christoffersen, Jacobs & Vasquez 2015", CLOSE, 60
    ),
    "overnight_20": Feature("sum of overnight log returns over 20 bars", "Lou, Polk & Skouras 2019", OPEN_CLOSE, 20),
    "beta_60": Feature(
        "slope over 60 bars of the log return on the mean log return of the tradable symbols",
        "own, after Frazzini & Pedersen 2014",
        MARKET_CLOSE,
        60,
    ),
}
VIEWS = {
    "xs_rank": ("mid-rank within the universe, 0..1", "market"),
    "xs_z": ("z-score within the universe", "market"),
    "sector_rank": ("mid-rank within the sector, 0..1", "sector"),
    "sector_z": ("z-score within the sector", "sector"),
}
FEATURES = {
    f"{view}_{name}": Feature(
        f"{how}, of: {base.formula}", base.source, tuple(dict.fromkeys((*base.inputs, whose))), base.lookback
    )
    for name, base in BASE.items()
    for view, (how, whose) in VIEWS.items()
}
NAMES = tuple(FEATURES)


def base_quantities(bars: Bars, market: Floats) -> dict[str, Floats]:
    """The twelve base quantities of one symbol; ``market`` is the mean log return on the symbol's own rows."""
    close, ret = bars.close, bars.ret
    return {
        "ret_1": ret,
        "ret_5": log_return(close, 5),
        "ret_20": log_return(close, 20),
        "ret_60": log_return(close, 60),
        "momentum_120_20": shift(log_return(close, 100), 20),
        "std_20": rolling_std(ret, 20),
        "volume_ratio_20": ratio(bars.volume, rolling_mean(bars.volume, 20)),
        "close_pressure_5": rolling_mean(bars.close_location, 5),
        "high_gap_60": log_ratio(close, rolling_max(bars.high, 60)),
        "skew_60": rolling_shape(ret, 60)[0],
        "overnight_20": rolling_sum(bars.overnight, 20),
        "beta_60": rolling_comoment(market, ret, 60)[1],
    }


def _by_symbol(layout: Layout) -> dict[str, Floats]:
    panel = layout.panel
    bars = {int(i): layout.bars(int(i)) for i in layout.tradable}
    ret = np.full(panel.n_rows, np.nan)
    for i, symbol_bars in bars.items():
        ret[panel.rows(i)] = symbol_bars.ret
    market = row_mean(layout.grid(ret))
    columns = {name: np.full(panel.n_rows, np.nan) for name in BASE}
    for i, symbol_bars in bars.items():
        for name, values in base_quantities(symbol_bars, market[layout.sessions_of(i)]).items():
            columns[name][panel.rows(i)] = values
    return columns


def compute(panel: Panel) -> Floats:
    """All ranks and scores, shape (n_rows, 48)."""
    out = np.full((len(NAMES), panel.n_rows), np.nan)
    layout = Layout.of(panel)
    if layout.tradable.size and panel.n_rows:
        everyone = np.zeros(layout.tradable.size, dtype=np.int64)
        labels, sectors = np.unique([panel.sectors[i] for i in layout.tradable], return_inverse=True)
        sectors = sectors.astype(np.int64)
        for position, column in enumerate(_by_symbol(layout).values()):
            grid = layout.grid(column)
            order = ascending(grid)
            views = (
                group_ranks(grid, order, everyone, 1),
                group_scores(grid, everyone, 1),
                group_ranks(grid, order, sectors, len(labels)),
                group_scores(grid, sectors, len(labels)),
            )
            for offset, view in enumerate(views):
                out[position * len(VIEWS) + offset] = layout.rows(view)
    return out.T


CROSS_SECTIONAL = Family(
    name="cross_sectional",
    version="1",
    features=FEATURES,
    compute=compute,
    since=from_window(compute, max(feature.reach for feature in FEATURES.values())),
)
