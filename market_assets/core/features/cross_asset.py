"""The cross-asset family (D3, C4): a symbol seen against the market, its sector, leading sectors and the fear gauge.

The market of a symbol is the first ``index`` symbol that is not itself, otherwise the mean of the other tradable
symbols; its sector is the mean of the sector's other symbols, and undefined for a symbol alone in its sector. Returns
of others are those since the symbol's own bar before. The gauge is chosen as in the regime family. Rows of kind
``level`` are NaN.
Sources stand with the features: Lo & MacKinlay (1990) and Hou (2007) for lead and lag, Moskowitz & Grinblatt (1999) for
industry momentum, Blitz, Huij & Martens (2011) for residual momentum, Ang et al. (2006) for exposure to volatility.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Family
from market_assets.core.features.cross_asset_series import Surroundings
from market_assets.core.features.cross_asset_values import cumulated, exposures, lead_lag, relations, residuals
from market_assets.core.features.declaration import FEAR_CLOSE, MARKET_CLOSE, Feature
from market_assets.core.features.layout import Layout
from market_assets.core.market.panel import Floats, Panel

SECTOR_CLOSE = ("close", "sector")
BOTH_CLOSE = ("close", "market", "sector")
LO = "own, after Lo & MacKinlay 1990"
HOU = "own, after Hou 2007"
GRINBLATT = "own, after Moskowitz & Grinblatt 1999"
BLITZ = "own, after Blitz, Huij & Martens 2011"
ANG = "own, after Ang, Hodrick, Xing & Zhang 2006"
FEATURES = {
    "market_lag_1": Feature("log return of the market one bar ago", LO, MARKET_CLOSE, 2),
    "market_lag_2_5": Feature("log return of the market from 5 bars ago to 2 bars ago", LO, MARKET_CLOSE, 6),
    **{
        f"sector_ret_{w}": Feature(
            f"log return of the sector without the symbol over {w} bars", GRINBLATT, SECTOR_CLOSE, w
        )
        for w in (1, 5, 20)
    },
    "leader_corr_60": Feature(
        "correlation over 60 bars of the log return with that of the leader one bar before; leader: the sector, the "
        "symbol left out, with the largest in size",
        HOU,
        BOTH_CLOSE,
        61,
    ),
    "leader_signal_1": Feature(
        "leader_corr_60 x log return of the leader / its standard deviation(60)", HOU, BOTH_CLOSE, 61
    ),
    **{
        f"sector_gap_{w}": Feature(f"log return - that of the sector, over {w} bars", GRINBLATT, SECTOR_CLOSE, w)
        for w in (5, 20, 60)
    },
    **{
        f"sector_market_{w}": Feature(
            f"log return of the sector - that of the market, over {w} bars", GRINBLATT, BOTH_CLOSE, w
        )
        for w in (20, 60)
    },
    "beta_market_60": Feature(
        "slope over 60 bars of the log return on that of the market", "Sharpe 1964", MARKET_CLOSE, 60
    ),
    "corr_market_60": Feature("correlation over 60 bars with the market", "Pollet & Wilson 2010", MARKET_CLOSE, 60),
    "beta_change_20_60": Feature("beta_market over 20 bars - over 60 bars", "own", MARKET_CLOSE, 60),
    "beta_sector_60": Feature("slope over 60 bars of the log return on that of the sector", "own", SECTOR_CLOSE, 60),
    "corr_sector_60": Feature("correlation over 60 bars with the sector", "own", SECTOR_CLOSE, 60),
    "corr_market_lag_60": Feature("correlation over 60 bars with the market one bar before", LO, MARKET_CLOSE, 61),
    "corr_sector_lag_60": Feature("correlation over 60 bars with the sector one bar before", HOU, SECTOR_CLOSE, 61),
    **{
        f"residual_momentum_{w}": Feature(
            f"sum({w}) of residuals of the line on the market over 100 bars / (their deviation x sqrt({w}))",
            BLITZ,
            MARKET_CLOSE,
            100,
        )
        for w in (20, 60)
    },
    "residual_z_1": Feature(
        "residual of the last bar in the line on the market over 100 bars / their deviation", BLITZ, MARKET_CLOSE, 100
    ),
    "own_variance_60": Feature(
        "1 - R squared over 60 bars of the line on the market, 0..1", "Roll 1988", MARKET_CLOSE, 60
    ),
    **{
        f"index_gap_{w}": Feature(
            f"ln close - its SMA({w}), minus the same of the ln market level", "own", MARKET_CLOSE, w
        )
        for w in (20, 60)
    },
    "dispersion_share_20": Feature(
        "standard deviation(20) of log returns / SMA(20) of their cross-sectional standard deviation",
        "own, after Stivers & Sun 2010",
        MARKET_CLOSE,
        20,
    ),
    "dispersion_corr_60": Feature(
        "correlation over 60 bars of |log return - that of the market| with the cross-sectional standard deviation",
        "own, after Stivers & Sun 2010",
        MARKET_CLOSE,
        60,
    ),
    "level_beta_60": Feature(
        "slope over 60 bars of the log return on the log change of the fear gauge", ANG, FEAR_CLOSE, 81, recursive=True
    ),
    "level_corr_60": Feature(
        "correlation over 60 bars of the log return and the log change of the fear gauge",
        ANG,
        FEAR_CLOSE,
        81,
        recursive=True,
    ),
    "level_move_1": Feature(
        "level_beta_60 x the last log change of the fear gauge", ANG, FEAR_CLOSE, 81, recursive=True
    ),
}
NAMES = tuple(FEATURES)
REACH = 1 + max(feature.reach for feature in FEATURES.values())
"""Earlier bars that a value may use, and one more: the first bar of a stretch has no return of others."""


def symbol_values(around: Surroundings, column: int, last: int) -> dict[str, Floats]:
    """Every feature of one tradable symbol at its newest ``last`` bars; all but the first ``REACH`` are final."""
    layout, index = around.layout, int(around.layout.tradable[column])
    ret, market = Bars.of(layout.panel, index).ret, around.market(column)
    ahead = cumulated(ret - market)
    ret, market, ahead = ret[-last:], market[-last:], ahead[-last:]
    sectors = list(around.sector_returns(column, last))
    sector = next(values for mine, values in sectors if mine)
    dispersion = around.dispersion[layout.sessions_of(index)[-last:]]
    return {
        **lead_lag(ret, market, sector, [values for _, values in sectors]),
        **relations(ret, market, sector, ahead),
        **residuals(ret, market),
        **exposures(ret, market, dispersion, around.level(column, last)),
    }


def since(panel: Panel, first: NDArray[np.int64]) -> Floats:
    """The newest rows of every symbol.

    Returns, their sums by session, the compounded market and the fear gauge are worked through from the first day on:
    they are one pass each, and the last two remember it. The windows are computed for the wanted bars only.
    """
    counts = panel.offsets[1:] - first
    ends = np.cumsum(counts)
    out = np.full((len(NAMES), int(counts.sum())), np.nan)
    layout = Layout.of(panel)
    if layout.tradable.size == 0 or out.size == 0:
        return out.T
    around = Surroundings.of(layout)
    for column, index in enumerate(layout.tradable.tolist()):
        if count := int(counts[index]):
            values = symbol_values(around, column, min(count + REACH, len(layout.sessions_of(index))))
            for position, name in enumerate(NAMES):
                out[position, ends[index] - count : ends[index]] = values[name][-count:]
    return out.T


def compute(panel: Panel) -> Floats:
    """All cross-asset features, shape (n_rows, len(FEATURES))."""
    return since(panel, panel.offsets[:-1])


CROSS_ASSET = Family(name="cross_asset", version="1", features=FEATURES, compute=compute, since=since)
