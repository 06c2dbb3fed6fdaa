"""Statistical features: the distribution and the memory of recent returns.

Sources: Joanes & Gill (1998) for skewness and kurtosis; Lo & MacKinlay (1988) for the variance ratio; Hurst (1951)
for the rescaled range; Bandt & Pompe (2002) for permutation entropy.
"""

from __future__ import annotations

import math

from market_assets.core.features.bars import Bars
from market_assets.core.features.base import Group
from market_assets.core.features.elementwise import log_ratio, log_return, ratio, shift
from market_assets.core.features.extremes import permutation_entropy, rolling_max, rolling_rank
from market_assets.core.features.rolling import (
    rolling_comoment,
    rolling_line,
    rolling_mean,
    rolling_rescaled_range,
    rolling_shape,
    rolling_std,
    rolling_sum,
    rolling_var,
)
from market_assets.core.market.panel import Floats

DESCRIBE = {
    "zscore_20": "(ln close - SMA(20)) / standard deviation(20) of ln close",
    "zscore_60": "(ln close - SMA(60)) / standard deviation(60) of ln close",
    "skew_20": "adjusted skewness of log returns over 20 bars",
    "skew_60": "adjusted skewness of log returns over 60 bars",
    "kurtosis_60": "adjusted excess kurtosis of log returns over 60 bars",
    "autocorr_1_20": "correlation over 20 bars of the log return and the one before",
    "autocorr_1_60": "correlation over 60 bars of the log return and the one before",
    "autocorr_5_60": "correlation over 60 bars of the log return and the one 5 bars before",
    "variance_ratio_5_60": "variance(60) of 5-bar log returns / (5 x variance(60) of log returns)",
    "hurst_60": "ln(rescaled range of log returns over 60 bars) / ln 30",
    "percentile_60": "rank of the close among the last 60 closes, 0..1",
    "trend_r2_20": "R squared of the line of ln close on time over 20 bars",
    "sharpe_20": "mean / standard deviation of log returns over 20 bars",
    "permutation_entropy_60": "entropy of the orderings of 3 successive closes over 60 bars / ln 6, 0..1",
    "largest_move_20": "largest squared log return / sum of squared log returns over 20 bars, 1/20..1",
}


def compute(bars: Bars) -> dict[str, Floats]:
    """The 15 statistical features of one symbol."""
    ret, log_close = bars.ret, bars.log_close
    square = ret * ret
    skew60, kurtosis60 = rolling_shape(ret, 60)
    rescaled = rolling_rescaled_range(ret, 60)
    ones = rescaled * 0.0 + 1.0
    return {
        "zscore_20": ratio(log_close - rolling_mean(log_close, 20), rolling_std(log_close, 20)),
        "zscore_60": ratio(log_close - rolling_mean(log_close, 60), rolling_std(log_close, 60)),
        "skew_20": rolling_shape(ret, 20)[0],
        "skew_60": skew60,
        "kurtosis_60": kurtosis60,
        "autocorr_1_20": rolling_comoment(shift(ret, 1), ret, 20)[0],
        "autocorr_1_60": rolling_comoment(shift(ret, 1), ret, 60)[0],
        "autocorr_5_60": rolling_comoment(shift(ret, 5), ret, 60)[0],
        "variance_ratio_5_60": ratio(rolling_var(log_return(bars.close, 5), 60), 5.0 * rolling_var(ret, 60)),
        "hurst_60": log_ratio(rescaled, ones) / math.log(30.0),
        "percentile_60": rolling_rank(bars.close, 60),
        "trend_r2_20": rolling_line(log_close, 20)[1],
        "sharpe_20": ratio(rolling_mean(ret, 20), rolling_std(ret, 20)),
        "permutation_entropy_60": permutation_entropy(bars.close, 60),
        "largest_move_20": ratio(rolling_max(square, 20), rolling_sum(square, 20)),
    }


STATISTICAL = Group(DESCRIBE, compute)
