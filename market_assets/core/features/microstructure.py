"""The microstructure family (C3) where there is no book: spread, price impact and one-sided flow from daily bars.

Every figure is a share of the price or relative to the symbol's own past: adjusted prices have no level that is known
at the time, so Amihud's dollars and Kyle's lambda in money per share are not features. Sources stand in the files
of the estimators. Flow: bulk volume classification with one bar as one bucket, weighted by its volume.
"""

from __future__ import annotations

import numpy as np

from market_assets.core.features.abdi_ranaldo import abdi_ranaldo
from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Group, per_symbol_family
from market_assets.core.features.corwin_schultz import corwin_schultz
from market_assets.core.features.elementwise import log_ratio, ratio, shift
from market_assets.core.features.extremes import rolling_rank
from market_assets.core.features.price_impact import amihud, kyle_lambda
from market_assets.core.features.roll_spread import roll_spread
from market_assets.core.features.rolling import rolling_mean, rolling_std, rolling_sum
from market_assets.core.features.vpin import buy_share, vpin
from market_assets.core.market.panel import Floats

WINDOWS = (20, 60)
DESCRIBE = {
    **{
        f"spread_corwin_schultz_{w}": f"mean over {w} pairs of bars of the two-day spread, negative = 0"
        for w in WINDOWS
    },
    **{f"spread_abdi_ranaldo_{w}": f"mean over {w} pairs of bars of the two-day corrected spread" for w in WINDOWS},
    "spread_abdi_ranaldo_root_60": "root of the mean over 60 pairs of bars of the squared spread, negative = 0",
    **{f"spread_roll_{w}": f"2 root of - autocovariance of log returns over {w} pairs, positive = 0" for w in WINDOWS},
    "spread_change_20_60": "Corwin-Schultz spread over 20 pairs - over 60 pairs",
    "amihud_change_5_60": "ln(mean |return| / traded value over 5 bars / the same over 60 bars)",
    "amihud_change_20_60": "ln(mean |return| / traded value over 20 bars / the same over 60 bars)",
    "amihud_rank_60": "rank of the 20-bar Amihud illiquidity among its last 60 values, 0..1",
    **{
        f"kyle_lambda_{w}": f"slope over {w} bars of log return on signed volume, x SMA({w}) of volume" for w in WINDOWS
    },
    "kyle_change_20_60": "kyle_lambda_20 / kyle_lambda_60 - 1",
    "kyle_fit_60": "R squared of the line of kyle_lambda_60",
    **{f"vpin_{w}": f"sum({w}) of |bought - sold| / sum({w}) of volume, 0..1" for w in WINDOWS},
    "vpin_rank_60": "rank of vpin_20 among its last 60 values, 0..1",
    **{f"bulk_flow_{w}": f"sum({w}) of bought - sold / sum({w}) of volume, -1..1" for w in (5, 20)},
}


def compute(bars: Bars) -> dict[str, Floats]:
    """The microstructure features of one symbol."""
    high, low, close, volume = bars.high, bars.low, bars.close, bars.volume
    corwin = {w: corwin_schultz(high, low, close, w) for w in WINDOWS}
    illiquidity = {w: amihud(close, volume, w) for w in (5, *WINDOWS)}
    impact = {w: kyle_lambda(bars.ret, np.sign(bars.ret) * volume, w) for w in WINDOWS}
    kyle = {w: impact[w].slope * rolling_mean(volume, w) for w in WINDOWS}
    bought = volume * buy_share(bars.ret, shift(rolling_std(bars.ret, 20), 1))
    sold = volume - bought
    informed = {w: vpin(bought, sold, w) for w in WINDOWS}
    return {
        **{f"spread_corwin_schultz_{w}": corwin[w] for w in WINDOWS},
        **{f"spread_abdi_ranaldo_{w}": abdi_ranaldo(high, low, close, w) for w in WINDOWS},
        "spread_abdi_ranaldo_root_60": abdi_ranaldo(high, low, close, 60, root="mean"),
        **{f"spread_roll_{w}": roll_spread(bars.log_close, w) for w in WINDOWS},
        "spread_change_20_60": corwin[20] - corwin[60],
        "amihud_change_5_60": log_ratio(illiquidity[5], illiquidity[60]),
        "amihud_change_20_60": log_ratio(illiquidity[20], illiquidity[60]),
        "amihud_rank_60": rolling_rank(illiquidity[20], 60),
        **{f"kyle_lambda_{w}": kyle[w] for w in WINDOWS},
        "kyle_change_20_60": ratio(kyle[20], kyle[60]) - 1.0,
        "kyle_fit_60": impact[60].r_squared,
        **{f"vpin_{w}": informed[w] for w in WINDOWS},
        "vpin_rank_60": rolling_rank(informed[20], 60),
        **{f"bulk_flow_{w}": ratio(rolling_sum(bought - sold, w), rolling_sum(volume, w)) for w in (5, 20)},
    }


MICROSTRUCTURE = per_symbol_family("microstructure", version="1", lookback=99, groups=(Group(DESCRIBE, compute),))
