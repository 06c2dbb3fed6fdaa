"""Features that know the future."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.signal import savgol_filter
from scipy.stats import rankdata

from benchmarks.zoo import transforms
from benchmarks.zoo.entry import Entry
from benchmarks.zoo.panels import (
    Floats,
    fill_backward,
    fill_forward,
    log_returns,
    mean_known,
    shift,
    windows,
)
from market_assets.core.leakage.timed import Arrays

Stage = Callable[[Arrays], Floats]


def _column(rule: Callable[[Arrays], Floats]) -> Stage:
    """A stage with one feature."""
    return lambda bars: rule(bars)[:, :, None]


def _of_close(rule: Callable[[Floats], Floats]) -> Stage:
    return _column(lambda bars: rule(bars["close"]))


def _of_returns(rule: Callable[[Floats], Floats]) -> Stage:
    return _column(lambda bars: rule(log_returns(bars["close"])))


LAST: Stage = _of_returns(lambda returns: returns)
TRAILING: Stage = _of_returns(lambda returns: mean_known(windows(returns, 5), 2))


def _entry(name: str, story: str, leaky: Callable[..., object], clean: Stage, captured: bool = False) -> Entry:
    return Entry("features", name, story, "features", leaky, clean, captured)


ENTRIES = (
    _entry(
        "backward fill",
        "Gaps are closed with bfill before returns are taken.",
        _of_close(lambda close: log_returns(fill_backward(close))),
        _of_close(lambda c: log_returns(fill_forward(c))),
    ),
    _entry(
        "interpolated gaps",
        "A chart library interpolates missing bars between their neighbours.",
        _of_close(lambda close: log_returns(transforms.between(close))),
        _of_close(lambda c: log_returns(fill_forward(c))),
    ),
    _entry(
        "centred window",
        "rolling(5, center=True) smooths the series.",
        _of_returns(lambda returns: mean_known(windows(shift(returns, -2), 5), 2)),
        TRAILING,
    ),
    _entry(
        "whole-sample z-score",
        "Features are standardised once, before anything is split.",
        _of_returns(transforms.whole_sample),
        _of_returns(transforms.expanding),
    ),
    _entry(
        "whole-sample winsor quantiles",
        "Outliers are clipped at quantiles of all dates.",
        _of_returns(transforms.winsor_all),
        _of_returns(transforms.winsor_past),
    ),
    _entry(
        "whole-sample trend line",
        "A regression on time over the full history removes the trend.",
        _of_close(transforms.trend_line),
        _of_close(transforms.exponential),
    ),
    _entry(
        "target in a feature",
        "A merge leaves the next return among the columns.",
        _of_returns(lambda returns: shift(returns, -1)),
        LAST,
    ),
    _entry(
        "Savitzky-Golay filter",
        "A two-sided smoother is run over the series.",
        _of_close(lambda close: np.asarray(savgol_filter(transforms.log_level(close), 11, 2, axis=0))),
        _of_close(transforms.exponential),
    ),
    _entry(
        "Hodrick-Prescott filter",
        "The cycle is measured against a two-sided trend.",
        _of_close(transforms.hodrick_prescott),
        _of_close(transforms.exponential),
    ),
    _entry(
        "frequency filter",
        "A Fourier or wavelet low-pass is fitted to the whole series.",
        _of_close(transforms.low_pass),
        TRAILING,
    ),
    _entry(
        "smoothed hidden states",
        "A regime model is asked for smoothed instead of filtered probabilities.",
        _of_returns(lambda returns: transforms.states(returns, True)),
        _of_returns(lambda returns: transforms.states(returns, False)),
    ),
    _entry(
        "rank over all dates",
        "A percentile rank runs down the dates instead of across the names.",
        _of_returns(lambda r: rankdata(np.nan_to_num(r), axis=0)),
        _of_returns(lambda r: rankdata(np.nan_to_num(r), axis=1)),
    ),
    _entry(
        "unfinished weekly bar",
        "A resampled weekly close is joined to every day of its week.",
        _of_close(lambda close: transforms.week(close, False)),
        _of_close(lambda close: transforms.week(close, True)),
    ),
    _entry(
        "back-adjusted level",
        "The level of a price divided by all later splits says which names will split.",
        _column(lambda bars: bars["close"] / (np.cumprod(bars["split"][::-1], axis=0)[::-1] / bars["split"])),
        _column(lambda bars: bars["close"] * np.cumprod(bars["split"], axis=0, dtype=np.float64)),
    ),
    _entry(
        "time zone",
        "A market that closes later is joined on the calendar date.",
        _column(lambda bars: transforms.aligned(bars["abroad"], bars["close"])),
        _column(lambda bars: transforms.aligned(shift(bars["abroad"]), bars["close"])),
    ),
    _entry(
        "pivot at its own date",
        "Peaks are marked where they stand, three sessions before they show.",
        _of_close(lambda close: transforms.pivot(close, False)),
        _of_close(lambda close: transforms.pivot(close, True)),
    ),
    _entry(
        "factor loadings of all dates",
        "Principal components are estimated on the full return history.",
        _of_returns(lambda returns: transforms.factor(returns, None)),
        _of_returns(lambda returns: transforms.factor(returns, 60)),
    ),
    _entry(
        "side file stamped early",
        "A file read outside the pipeline carries each value one session too soon.",
        transforms.side_file,
        LAST,
        captured=True,
    ),
)
