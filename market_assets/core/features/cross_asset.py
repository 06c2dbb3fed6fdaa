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

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Family
from market_assets.core.features.comoment import rolling_fit
from market_assets.core.features.cross_asset_series import Surroundings
from market_assets.core.features.declaration import FEAR_CLOSE, MARKET_CLOSE, Feature
from market_assets.core.features.elementwise import ratio, shift
from market_assets.core.features.layout import Layout
from market_assets.core.features.rolling import rolling_comoment, rolling_mean, rolling_std, rolling_sum
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


def lead_lag(ret: Floats, market: Floats, sector: Floats, candidates: list[Floats]) -> dict[str, Floats]:
    """What the market, the sector and the leading sector did before; ``candidates`` are the sectors' returns."""
    before = shift(market, 1)
    best, signal = np.full(ret.size, np.nan), np.full(ret.size, np.nan)
    for candidate in candidates:
        found = rolling_comoment(shift(candidate, 1), ret, 60)[0]
        stronger = ~np.isnan(found) & ~(np.abs(found) <= np.abs(best))
        best = np.where(stronger, found, best)
        signal = np.where(stronger, found * ratio(candidate, rolling_std(candidate, 60)), signal)
    return {
        "market_lag_1": before,
        "market_lag_2_5": shift(rolling_sum(market, 4), 2),
        "leader_corr_60": best,
        "leader_signal_1": signal,
        "corr_market_lag_60": rolling_comoment(before, ret, 60)[0],
        "corr_sector_lag_60": rolling_comoment(shift(sector, 1), ret, 60)[0],
    }


def residuals(ret: Floats, market: Floats) -> dict[str, Floats]:
    """Residual momentum: what of the return the market does not explain, in units of its own deviation."""
    slope, constant, _, share = rolling_fit(market, ret, 100, True)
    # two parameters were fitted; the R squared of the fit gives the sum of squares that is left
    deviation = rolling_std(ret, 100) * np.sqrt((1.0 - share) * 99.0 / 98.0)
    out = {
        f"residual_momentum_{w}": ratio(
            rolling_sum(ret, w) - w * constant - slope * rolling_sum(market, w), deviation * np.sqrt(float(w))
        )
        for w in (20, 60)
    }
    return {
        **out,
        "residual_z_1": ratio(ret - constant - slope * market, deviation),
        "own_variance_60": 1.0 - rolling_fit(market, ret, 60, True)[3],
    }


def relations(ret: Floats, market: Floats, sector: Floats) -> dict[str, Floats]:
    """Relative strength, betas and correlations."""
    own = {w: rolling_sum(ret, w) for w in (5, 20, 60)}
    corr, beta = rolling_comoment(market, ret, 60)
    corr_sector, beta_sector = rolling_comoment(sector, ret, 60)
    apart = ret - market
    cumulated = np.where(np.isnan(apart), np.nan, np.nancumsum(apart))
    return {
        **{f"sector_ret_{w}": rolling_sum(sector, w) for w in (1, 5, 20)},
        **{f"sector_gap_{w}": own[w] - rolling_sum(sector, w) for w in (5, 20, 60)},
        **{f"sector_market_{w}": rolling_sum(sector, w) - rolling_sum(market, w) for w in (20, 60)},
        "beta_market_60": beta,
        "corr_market_60": corr,
        "beta_change_20_60": rolling_comoment(market, ret, 20)[1] - beta,
        "beta_sector_60": beta_sector,
        "corr_sector_60": corr_sector,
        **{f"index_gap_{w}": cumulated - rolling_mean(cumulated, w) for w in (20, 60)},
    }


def exposures(ret: Floats, market: Floats, dispersion: Floats, level: Floats) -> dict[str, Floats]:
    """How the symbol moves with the dispersion of the market and with the fear gauge."""
    corr, beta = rolling_comoment(level, ret, 60)
    return {
        "dispersion_share_20": ratio(rolling_std(ret, 20), rolling_mean(dispersion, 20)),
        "dispersion_corr_60": rolling_comoment(dispersion, np.abs(ret - market), 60)[0],
        "level_beta_60": beta,
        "level_corr_60": corr,
        "level_move_1": beta * level,
    }


def compute(panel: Panel) -> Floats:
    """All cross-asset features, shape (n_rows, len(FEATURES))."""
    out = np.full((len(NAMES), panel.n_rows), np.nan)
    layout = Layout.of(panel)
    if layout.tradable.size == 0 or panel.n_rows == 0:
        return out.T
    around = Surroundings.of(layout)
    for column, index in enumerate(layout.tradable.tolist()):
        rows = panel.rows(index)
        if rows.start == rows.stop:
            continue
        ret, market = Bars.of(panel, index).ret, around.market(column)
        sectors = list(around.sector_returns(column))
        sector = next(values for mine, values in sectors if mine)
        session = layout.sessions_of(index)
        values = {
            **lead_lag(ret, market, sector, [values for _, values in sectors]),
            **relations(ret, market, sector),
            **residuals(ret, market),
            **exposures(ret, market, around.dispersion[session], around.level(column)),
        }
        for position, name in enumerate(NAMES):
            out[position, rows] = values[name]
    return out.T


CROSS_ASSET = Family(name="cross_asset", version="1", features=FEATURES, compute=compute)
