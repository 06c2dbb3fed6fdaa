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
from market_assets.core.features.declaration import CLOSE, CLOSE_VOLUME, HIGH_LOW_CLOSE, Feature
from market_assets.core.features.elementwise import log_ratio, ratio, shift
from market_assets.core.features.extremes import rolling_rank
from market_assets.core.features.price_impact import amihud, kyle_lambda
from market_assets.core.features.roll_spread import roll_spread
from market_assets.core.features.rolling import rolling_mean, rolling_std, rolling_sum
from market_assets.core.features.vpin import buy_share, vpin
from market_assets.core.market.panel import Floats

WINDOWS = (20, 60)
PIN = "Easley, Lopez de Prado & O'Hara 2012"
FEATURES = {
    **{
        f"spread_corwin_schultz_{w}": Feature(
            f"mean over {w} pairs of bars of the two-day spread, negative = 0",
            "Corwin & Schultz 2012",
            HIGH_LOW_CLOSE,
            w,
        )
        for w in WINDOWS
    },
    **{
        f"spread_abdi_ranaldo_{w}": Feature(
            f"mean over {w} pairs of bars of the two-day corrected spread", "Abdi & Ranaldo 2017", HIGH_LOW_CLOSE, w
        )
        for w in WINDOWS
    },
    "spread_abdi_ranaldo_root_60": Feature(
        "root of the mean over 60 pairs of bars of the squared spread, negative = 0",
        "Abdi & Ranaldo 2017",
        HIGH_LOW_CLOSE,
        60,
    ),
    **{
        f"spread_roll_{w}": Feature(
            f"2 root of - autocovariance of log returns over {w} pairs, positive = 0", "Roll 1984", CLOSE, w + 1
        )
        for w in WINDOWS
    },
    "spread_change_20_60": Feature(
        "Corwin-Schultz spread over 20 pairs - over 60 pairs", "own, after Corwin & Schultz 2012", HIGH_LOW_CLOSE, 60
    ),
    **{
        f"amihud_change_{w}_60": Feature(
            f"ln(mean |return| / traded value over {w} bars / the same over 60 bars)",
            "own, after Amihud 2002",
            CLOSE_VOLUME,
            60,
        )
        for w in (5, 20)
    },
    "amihud_rank_60": Feature(
        "rank of the 20-bar Amihud illiquidity among its last 60 values, 0..1",
        "own, after Amihud 2002",
        CLOSE_VOLUME,
        79,
    ),
    **{
        f"kyle_lambda_{w}": Feature(
            f"slope over {w} bars of log return on signed volume, x SMA({w}) of volume",
            "own, after Kyle 1985; Lopez de Prado 2018, 19.4.1",
            CLOSE_VOLUME,
            w,
        )
        for w in WINDOWS
    },
    "kyle_change_20_60": Feature("kyle_lambda_20 / kyle_lambda_60 - 1", "own, after Kyle 1985", CLOSE_VOLUME, 60),
    "kyle_fit_60": Feature("R squared of the line of kyle_lambda_60", "own, after Kyle 1985", CLOSE_VOLUME, 60),
    **{
        f"vpin_{w}": Feature(f"sum({w}) of |bought - sold| / sum({w}) of volume, 0..1", PIN, CLOSE_VOLUME, w + 20)
        for w in WINDOWS
    },
    "vpin_rank_60": Feature("rank of vpin_20 among its last 60 values, 0..1", f"own, after {PIN}", CLOSE_VOLUME, 99),
    **{
        f"bulk_flow_{w}": Feature(
            f"sum({w}) of bought - sold / sum({w}) of volume, -1..1", f"own, after {PIN}", CLOSE_VOLUME, w + 20
        )
        for w in (5, 20)
    },
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


MICROSTRUCTURE = per_symbol_family("microstructure", version="1", groups=(Group(FEATURES, compute),))
