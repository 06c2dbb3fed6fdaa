"""Which indicator of TA-Lib stands beside which column of the classic technical set, and where both are equal.

TA-Lib gives raw indicators where ours gives ratios; ``ours_from`` turns one into the other, outside what is timed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from market_assets.core.market.panel import Floats, Panel

Series = Mapping[str, Floats]
BESSEL = float(np.sqrt(20.0 / 19.0))


@dataclass(frozen=True)
class Indicator:
    """One column of ours, the function of the peer, its inputs, parameters and output.

    ``ours_from(raw, series)`` gives our column from the peer's; None where the definitions differ (``why``).
    """

    column: str
    function: str
    inputs: tuple[str, ...]
    parameters: Mapping[str, float]
    output: int = 0
    ours_from: Callable[[Floats, Series], Floats] | None = None
    why: str = ""


def series_of(panel: Panel, index: int) -> dict[str, Floats]:
    """Bars of a symbol and the series that some indicators are asked for."""
    rows = panel.rows(index)
    found = {name: panel.__dict__[name][rows].copy() for name in ("open", "high", "low", "close", "volume")}
    log = np.log(found["close"])
    ret = np.diff(log, prepend=log[0])
    typical = (found["high"] + found["low"] + found["close"]) / 3.0
    return found | {
        "log": log,
        "ret": ret,
        "ret_before": np.concatenate([[0.0], ret[:-1]]),
        "ret_5_before": np.concatenate([np.zeros(5), ret[:-5]]),
        "ret5": np.concatenate([np.zeros(5), log[5:] - log[:-5]]),
        "square": ret * ret,
        "range": found["high"] - found["low"],
        "typical": typical,
        "value": typical * found["volume"],
        "flow": ret * found["volume"],
    }


def _i(
    column: str,
    function: str,
    inputs: str,
    ours_from: Callable[[Floats, Series], Floats] | None = None,
    output: int = 0,
    why: str = "",
    **parameters: float,
) -> Indicator:
    return Indicator(column, function, tuple(inputs.split()), parameters, output, ours_from, why)


def _scaled(factor: float) -> Callable[[Floats, Series], Floats]:
    return lambda raw, _: raw * factor


def _gap(raw: Floats, series: Series) -> Floats:
    return series["close"] / raw - 1.0


def _log(raw: Floats, _: Series) -> Floats:
    return np.log(raw)


def _same(raw: Floats, _: Series) -> Floats:
    return raw


BAR = "high low close"
NO_PEER = ("hurst_60", "permutation_entropy_60", "percentile_60", "skew_20")
"""Columns of ours for which TA-Lib has nothing."""

INDICATORS = (
    _i("sma_gap_10", "SMA", "close", _gap, timeperiod=10),
    _i("sma_gap_20", "SMA", "close", _gap, timeperiod=20),
    _i("sma_gap_50", "SMA", "close", _gap, timeperiod=50),
    _i("sma_cross_10_50", "PPO", "close", _scaled(0.01), fastperiod=10, slowperiod=50, matype=0),
    _i("ema_gap_12", "EMA", "close", _gap, timeperiod=12),
    _i("ema_gap_26", "EMA", "close", _gap, timeperiod=26),
    _i("macd_12_26", "APO", "close", lambda x, s: x / s["close"], fastperiod=12, slowperiod=26, matype=1),
    _i("macd_histogram", "MACD", "close", output=2, why="ours smooths MACD / close"),
    _i("adx_14", "ADX", BAR, _scaled(0.01), timeperiod=14),
    _i("di_spread_14", "DX", BAR, why="DX has no sign", timeperiod=14),
    _i("aroon_25", "AROONOSC", "high low", _scaled(0.01), timeperiod=25),
    _i("slope_20", "LINEARREG_SLOPE", "log", _same, timeperiod=20),
    _i("vortex_14", "PLUS_DI", BAR, why="another directional index", timeperiod=14),
    _i("channel_55", "WILLR", BAR, lambda x, _: 1.0 + x / 100.0, timeperiod=55),
    _i("ichimoku_9_26", "MIDPRICE", "high low", why="one of two channels", timeperiod=26),
    *(_i(f"ret_{lag}", "ROCR", "close", _log, timeperiod=lag) for lag in (1, 3, 5, 10, 20, 60)),
    _i("rsi_5", "RSI", "close", _scaled(0.01), timeperiod=5),
    _i("rsi_14", "RSI", "close", _scaled(0.01), timeperiod=14),
    _i("stochastic_k_14", "STOCHF", BAR, _scaled(0.01), fastk_period=14, fastd_period=3),
    _i("stochastic_d_14", "STOCHF", BAR, _scaled(0.01), output=1, fastk_period=14, fastd_period=3),
    _i("cci_20", "CCI", BAR, why="mean absolute, not standard, deviation", timeperiod=20),
    _i("tsi_25_13", "DEMA", "close", why="two means instead of four", timeperiod=25),
    _i("ultimate_7_14_28", "ULTOSC", BAR, _scaled(0.01), timeperiod1=7, timeperiod2=14, timeperiod3=28),
    _i("cmo_14", "CMO", "close", why="Wilder means instead of sums", timeperiod=14),
    _i("trix_15", "TRIX", "close", why="of the close, not of its logarithm", timeperiod=15),
    _i("atr_14", "NATR", BAR, _scaled(0.01), timeperiod=14),
    _i("true_range_ratio_20", "TRANGE", BAR, why="without the mean it is divided by"),
    _i("std_20", "STDDEV", "ret", _scaled(BESSEL), timeperiod=20),
    _i("std_ratio_5_20", "STDDEV", "ret", why="one of two deviations", timeperiod=5),
    _i("bollinger_position_20", "BBANDS", "close", why="one band of three", timeperiod=20),
    _i("bollinger_width_20", "BBANDS", "close", output=2, why="one band of three", timeperiod=20),
    _i("keltner_position_20", "EMA", "close", why="without the mean range", timeperiod=20),
    _i("squeeze_20", "ATR", BAR, why="without the deviation", timeperiod=20),
    _i("ulcer_14", "MAX", "close", why="without the root mean square", timeperiod=14),
    _i("chaikin_volatility_10", "EMA", "range", lambda x, _: x / np.roll(x, 10) - 1.0, timeperiod=10),
    _i("volume_ratio_20", "SMA", "volume", lambda x, s: s["volume"] / x, timeperiod=20),
    _i("volume_z_60", "STDDEV", "volume", why="without the mean", timeperiod=60),
    _i("volume_trend_5_20", "PPO", "volume", _scaled(0.01), fastperiod=5, slowperiod=20, matype=0),
    _i("obv_20", "OBV", "close volume", why="runs on from the first bar"),
    _i("money_flow_20", "AD", "high low close volume", why="runs on from the first bar"),
    _i("mfi_14", "MFI", "high low close volume", _scaled(0.01), timeperiod=14),
    _i(
        "chaikin_oscillator_3_10",
        "ADOSC",
        "high low close volume",
        why="of the running sum",
        fastperiod=3,
        slowperiod=10,
    ),
    _i("vwap_gap_20", "SUM", "value", why="one of two sums", timeperiod=20),
    _i("force_13", "EMA", "flow", why="without the mean volume", timeperiod=13),
    _i("price_volume_corr_20", "CORREL", "ret volume", _same, timeperiod=20),
    _i("body_ratio", "BOP", "open high low close", _same),
    _i("upper_shadow", "CDLSHOOTINGSTAR", "open high low close", why="a named shape"),
    _i("lower_shadow", "CDLHAMMER", "open high low close", why="a named shape"),
    _i("close_location", "CDLMARUBOZU", "open high low close", why="a named shape"),
    _i("overnight_gap", "CDLGAPSIDESIDEWHITE", "open high low close", why="a named shape"),
    _i("engulfing", "CDLENGULFING", "open high low close", why="equal bodies are treated otherwise"),
    _i("inside_outside", "CDLHARAMI", "open high low close", why="bodies, not ranges"),
    _i("streak", "CDL3WHITESOLDIERS", "open high low close", why="a named shape"),
    _i("pivot_gap", "TYPPRICE", BAR, lambda x, s: s["close"] / np.roll(x, 1) - 1.0),
    _i("narrow_range_7", "MIN", "range", why="the smallest, not the rank", timeperiod=7),
    _i("zscore_20", "STDDEV", "log", why="without the mean", timeperiod=20),
    _i("zscore_60", "STDDEV", "log", why="without the mean", timeperiod=60),
    _i("skew_60", "VAR", "ret", why="second moment only", timeperiod=60),
    _i("kurtosis_60", "VAR", "square", why="of squares, not centred", timeperiod=60),
    _i("autocorr_1_20", "CORREL", "ret_before ret", _same, timeperiod=20),
    _i("autocorr_1_60", "CORREL", "ret_before ret", _same, timeperiod=60),
    _i("autocorr_5_60", "CORREL", "ret_5_before ret", _same, timeperiod=60),
    _i("variance_ratio_5_60", "VAR", "ret5", why="one of two variances", timeperiod=60),
    _i("trend_r2_20", "LINEARREG", "log", why="the line's end, not its fit", timeperiod=20),
    _i("sharpe_20", "SMA", "ret", why="without the deviation", timeperiod=20),
    _i("largest_move_20", "MAX", "square", why="without the sum", timeperiod=20),
)
