"""Statistical features: the distribution and the memory of recent returns.

Sources: Joanes & Gill (1998) for skewness and kurtosis; Lo & MacKinlay (1988) for the variance ratio; Hurst (1951)
for the rescaled range; Bandt & Pompe (2002) for permutation entropy.
"""

from __future__ import annotations

import math

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Group
from market_assets.core.features.declaration import CLOSE, Feature
from market_assets.core.features.series import (
    log,
    log_return,
    permutation_entropy,
    ratio,
    rescaled_range_around,
    rolling_max,
    rolling_rank,
    rolling_sum,
    rolling_var,
    shape_around,
)
from market_assets.core.market.panel import Floats

FEATURES = {
    "zscore_20": Feature("(ln close - SMA(20)) / standard deviation(20) of ln close", "own", CLOSE, 19),
    "zscore_60": Feature("(ln close - SMA(60)) / standard deviation(60) of ln close", "own", CLOSE, 59),
    "skew_20": Feature("adjusted skewness of log returns over 20 bars", "Joanes & Gill 1998", CLOSE, 20),
    "skew_60": Feature("adjusted skewness of log returns over 60 bars", "Joanes & Gill 1998", CLOSE, 60),
    "kurtosis_60": Feature("adjusted excess kurtosis of log returns over 60 bars", "Joanes & Gill 1998", CLOSE, 60),
    "autocorr_1_20": Feature(
        "correlation over 20 bars of the log return and the one before", "own, after Lo & MacKinlay 1988", CLOSE, 21
    ),
    "autocorr_1_60": Feature(
        "correlation over 60 bars of the log return and the one before", "own, after Lo & MacKinlay 1988", CLOSE, 61
    ),
    "autocorr_5_60": Feature(
        "correlation over 60 bars of the log return and the one 5 bars before",
        "own, after Lo & MacKinlay 1988",
        CLOSE,
        65,
    ),
    "variance_ratio_5_60": Feature(
        "variance(60) of 5-bar log returns / (5 x variance(60) of log returns)", "Lo & MacKinlay 1988", CLOSE, 64
    ),
    "hurst_60": Feature("ln(rescaled range of log returns over 60 bars) / ln 30", "Hurst 1951", CLOSE, 60),
    "percentile_60": Feature("rank of the close among the last 60 closes, 0..1", "own", CLOSE, 59),
    "trend_r2_20": Feature("R squared of the line of ln close on time over 20 bars", "own", CLOSE, 19),
    "sharpe_20": Feature("mean / standard deviation of log returns over 20 bars", "Sharpe 1966", CLOSE, 20),
    "permutation_entropy_60": Feature(
        "entropy of the orderings of 3 successive closes over 60 bars / ln 6, 0..1", "Bandt & Pompe 2002", CLOSE, 59
    ),
    "largest_move_20": Feature(
        "largest squared log return / sum of squared log returns over 20 bars, 1/20..1",
        "own, after Bali, Cakici & Whitelaw 2011",
        CLOSE,
        20,
    ),
}


def compute(bars: Bars) -> dict[str, Floats]:
    """The 15 statistical features of one symbol."""
    ret, log_close = bars.ret, bars.log_close
    square = ret * ret
    moments20, moments60 = (bars.mean("ret", 20), bars.var("ret", 20)), (bars.mean("ret", 60), bars.var("ret", 60))
    skew60, kurtosis60 = shape_around(ret, *moments60, 60)
    rescaled = rescaled_range_around(ret, *moments60, 60)
    return {
        "zscore_20": ratio(log_close - bars.mean("log_close", 20), bars.std("log_close", 20)),
        "zscore_60": ratio(log_close - bars.mean("log_close", 60), bars.std("log_close", 60)),
        "skew_20": shape_around(ret, *moments20, 20)[0],
        "skew_60": skew60,
        "kurtosis_60": kurtosis60,
        "autocorr_1_20": bars.autocorrelation("ret", 1, 20),
        "autocorr_1_60": bars.autocorrelation("ret", 1, 60),
        "autocorr_5_60": bars.autocorrelation("ret", 5, 60),
        "variance_ratio_5_60": ratio(rolling_var(log_return(bars.close, 5), 60), 5.0 * bars.var("ret", 60)),
        "hurst_60": log(rescaled) / math.log(30.0),
        "percentile_60": rolling_rank(bars.close, 60),
        "trend_r2_20": bars.log_line_20[1],
        "sharpe_20": ratio(bars.mean("ret", 20), bars.std("ret", 20)),
        "permutation_entropy_60": permutation_entropy(bars.close, 60),
        "largest_move_20": ratio(rolling_max(square, 20), rolling_sum(square, 20)),
    }


STATISTICAL = Group(FEATURES, compute)
