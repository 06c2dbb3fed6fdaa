"""Formulas of the cross-asset family, on the bars of one symbol: its returns and those of what surrounds it.

All but ``cumulated`` look through windows, so the newest bars and those a window reaches back to are enough.
"""

from __future__ import annotations

import numpy as np

from market_assets.core.features.comoment import rolling_fit
from market_assets.core.features.elementwise import ratio, shift
from market_assets.core.features.rolling import rolling_comoment, rolling_mean, rolling_std, rolling_sum
from market_assets.core.market.panel import Floats


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


def cumulated(values: Floats) -> Floats:
    """Running sum from the first bar on; NaN adds nothing and stays NaN."""
    return np.where(np.isnan(values), np.nan, np.nancumsum(values))


def relations(ret: Floats, market: Floats, sector: Floats, ahead: Floats) -> dict[str, Floats]:
    """Relative strength, betas and correlations; ``ahead`` is ``cumulated`` of what the market does not share."""
    own = {w: rolling_sum(ret, w) for w in (5, 20, 60)}
    corr, beta = rolling_comoment(market, ret, 60)
    corr_sector, beta_sector = rolling_comoment(sector, ret, 60)
    return {
        **{f"sector_ret_{w}": rolling_sum(sector, w) for w in (1, 5, 20)},
        **{f"sector_gap_{w}": own[w] - rolling_sum(sector, w) for w in (5, 20, 60)},
        **{f"sector_market_{w}": rolling_sum(sector, w) - rolling_sum(market, w) for w in (20, 60)},
        "beta_market_60": beta,
        "corr_market_60": corr,
        "beta_change_20_60": rolling_comoment(market, ret, 20)[1] - beta,
        "beta_sector_60": beta_sector,
        "corr_sector_60": corr_sector,
        **{f"index_gap_{w}": ahead - rolling_mean(ahead, w) for w in (20, 60)},
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
