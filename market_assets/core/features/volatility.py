"""The volatility family (C6): range estimators, term structure, vol of vol, semi-variance, jumps; from bars alone.

All volatilities are per bar, as square roots of the variances in ``range_estimators``; nothing is annualised.
Sources beside those named there: RiskMetrics (1996) for the EWMA; Black (1976) for the leverage correlation.
"""

from __future__ import annotations

import numpy as np

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Group, per_symbol_family
from market_assets.core.features.declaration import CLOSE, HIGH_LOW, HIGH_LOW_CLOSE, OPEN_CLOSE, PRICES, Feature
from market_assets.core.features.elementwise import log_ratio, ratio, shift
from market_assets.core.features.extremes import rolling_rank
from market_assets.core.features.range_estimators import (
    bipower,
    garman_klass,
    garman_klass_bar,
    parkinson,
    realized,
    rogers_satchell,
    yang_zhang,
)
from market_assets.core.features.recursive import ewm_mean
from market_assets.core.features.rolling import rolling_comoment, rolling_mean, rolling_std, rolling_sum
from market_assets.core.market.panel import Floats

WINDOWS = (10, 20, 60)
ESTIMATORS = {
    "parkinson": (parkinson, "Parkinson", "Parkinson 1980", HIGH_LOW, 1),
    "garman_klass": (garman_klass, "Garman-Klass", "Garman & Klass 1980", PRICES, 1),
    "rogers_satchell": (rogers_satchell, "Rogers-Satchell", "Rogers & Satchell 1991", PRICES, 1),
    "yang_zhang": (yang_zhang, "Yang-Zhang", "Yang & Zhang 2000", PRICES, 0),
}
FEATURES = {
    **{
        f"vol_{name}_{w}": Feature(f"{title} volatility over {w} bars, per bar", source, inputs, w - shorter)
        for name, (_, title, source, inputs, shorter) in ESTIMATORS.items()
        for w in WINDOWS
    },
    **{
        f"vol_close_{w}": Feature(
            f"standard deviation of log returns over {w} bars", "Campbell, Lo & MacKinlay 1997, ch. 1", CLOSE, w
        )
        for w in WINDOWS
    },
    "vol_ewma_94": Feature(
        "root of the exponentially weighted mean of squared log returns, decay 0.94",
        "J.P. Morgan, RiskMetrics 1996",
        CLOSE,
        20,
        recursive=True,
    ),
    "vol_term_parkinson_10_60": Feature("Parkinson volatility over 10 bars / over 60 bars", "own", HIGH_LOW, 59),
    "vol_term_yang_zhang_10_60": Feature("Yang-Zhang volatility over 10 bars / over 60 bars", "own", PRICES, 60),
    "vol_term_close_20_60": Feature("close-to-close volatility over 20 bars / over 60 bars", "own", CLOSE, 60),
    "vol_change_10": Feature("ln(EWMA volatility / EWMA volatility 10 bars ago)", "own", CLOSE, 30, recursive=True),
    "vol_of_vol_20": Feature(
        "standard deviation / mean over 20 bars of the one-bar Garman-Klass volatility",
        "own, after Baltussen, van Bekkum & van der Grient 2018",
        PRICES,
        19,
    ),
    "vol_of_vol_60": Feature(
        "standard deviation / mean over 60 bars of the 10-bar Parkinson volatility",
        "own, after Baltussen, van Bekkum & van der Grient 2018",
        HIGH_LOW,
        68,
    ),
    "semivariance_20": Feature(
        "sum of squared negative log returns / sum of squared log returns over 20 bars, 0..1",
        "Barndorff-Nielsen, Kinnebrock & Shephard 2010",
        CLOSE,
        20,
    ),
    "semivariance_60": Feature(
        "sum of squared negative log returns / sum of squared log returns over 60 bars, 0..1",
        "Barndorff-Nielsen, Kinnebrock & Shephard 2010",
        CLOSE,
        60,
    ),
    "jump_share_20": Feature(
        "max(0, 1 - bipower variation / realized variance) over 20 bars, 0..1",
        "Barndorff-Nielsen & Shephard 2004",
        CLOSE,
        21,
    ),
    "jump_share_60": Feature(
        "max(0, 1 - bipower variation / realized variance) over 60 bars, 0..1",
        "Barndorff-Nielsen & Shephard 2004",
        CLOSE,
        61,
    ),
    "overnight_variance_20": Feature(
        "squared overnight / (squared overnight + squared intraday) log returns over 20 bars",
        "own, after Hansen & Lunde 2005",
        OPEN_CLOSE,
        20,
    ),
    "overnight_variance_60": Feature(
        "squared overnight / (squared overnight + squared intraday) log returns over 60 bars",
        "own, after Hansen & Lunde 2005",
        OPEN_CLOSE,
        60,
    ),
    "vol_range_close_20": Feature(
        "Parkinson volatility / close-to-close volatility over 20 bars", "own", HIGH_LOW_CLOSE, 20
    ),
    "vol_persistence_60": Feature(
        "correlation over 60 bars of |log return| and the one before",
        "own, after Ding, Granger & Engle 1993",
        CLOSE,
        61,
    ),
    "vol_leverage_60": Feature(
        "correlation over 60 bars of |log return| and the log return before", "Black 1976", CLOSE, 61
    ),
    "vol_rank_100": Feature(
        "rank of the 10-bar Parkinson volatility among its last 100 values, 0..1", "own", HIGH_LOW, 108
    ),
}


def compute(bars: Bars) -> dict[str, Floats]:
    """The volatility features of one symbol that look back over a window."""
    ret = bars.ret
    square = ret * ret
    down = np.where(ret < 0.0, square, square * 0.0)
    night, day = bars.overnight**2, bars.intraday**2
    size = np.abs(ret)
    vol = {
        f"vol_{name}_{w}": np.sqrt(estimator(bars, w)) for name, (estimator, *_) in ESTIMATORS.items() for w in WINDOWS
    }
    vol.update({f"vol_close_{w}": rolling_std(ret, w) for w in WINDOWS})
    one_bar = np.sqrt(garman_klass_bar(bars))
    ten_bar = vol["vol_parkinson_10"]
    return {
        **vol,
        "vol_term_parkinson_10_60": ratio(ten_bar, vol["vol_parkinson_60"]),
        "vol_term_yang_zhang_10_60": ratio(vol["vol_yang_zhang_10"], vol["vol_yang_zhang_60"]),
        "vol_term_close_20_60": ratio(vol["vol_close_20"], vol["vol_close_60"]),
        "vol_of_vol_20": ratio(rolling_std(one_bar, 20), rolling_mean(one_bar, 20)),
        "vol_of_vol_60": ratio(rolling_std(ten_bar, 60), rolling_mean(ten_bar, 60)),
        **{f"semivariance_{w}": ratio(rolling_sum(down, w), rolling_sum(square, w)) for w in (20, 60)},
        **{f"jump_share_{w}": np.maximum(0.0, 1.0 - ratio(bipower(ret, w), realized(ret, w))) for w in (20, 60)},
        **{f"overnight_variance_{w}": ratio(rolling_sum(night, w), rolling_sum(night + day, w)) for w in (20, 60)},
        "vol_range_close_20": ratio(vol["vol_parkinson_20"], vol["vol_close_20"]),
        "vol_persistence_60": rolling_comoment(shift(size, 1), size, 60)[0],
        "vol_leverage_60": rolling_comoment(shift(ret, 1), size, 60)[0],
        "vol_rank_100": rolling_rank(ten_bar, 100),
    }


def recall(bars: Bars) -> dict[str, Floats]:
    """The volatility features of one symbol that remember."""
    ewma = np.sqrt(ewm_mean(bars.ret * bars.ret, 0.06, 20))
    return {"vol_ewma_94": ewma, "vol_change_10": log_ratio(ewma, shift(ewma, 10))}


VOLATILITY = per_symbol_family("volatility", version="1", groups=(Group(FEATURES, compute, recall),))
