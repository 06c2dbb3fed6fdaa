"""Labels and sample weights that know what comes after the label."""

from __future__ import annotations

import numpy as np

from benchmarks.zoo.entry import Entry
from benchmarks.zoo.honest import HORIZON, concurrency_weights, label_times, labels, weights
from benchmarks.zoo.panels import Floats, fill_backward, log_returns, mean_known, shift, std_known
from market_assets.core.leakage.sample import Mask, Sample
from market_assets.core.leakage.timed import Arrays, Timed


def _ahead(bars: Arrays, by: int = HORIZON) -> Floats:
    """Log return over the next ``by`` sessions."""
    return np.log(shift(bars["close"], -by) / bars["close"])


def _by_full_volatility(bars: Arrays) -> Timed:
    return Timed(_ahead(bars) / std_known(log_returns(bars["close"]), 0), label_times(bars))


def _full_terciles(bars: Arrays) -> Timed:
    ahead = _ahead(bars)
    edges = np.quantile(np.nan_to_num(ahead), [1 / 3, 2 / 3], axis=0)
    return Timed((ahead > edges[0]).astype(np.float64) + (ahead > edges[1]), label_times(bars))


def _fixed_terciles(bars: Arrays) -> Timed:
    ahead = _ahead(bars)
    return Timed((ahead > -0.01).astype(np.float64) + (ahead > 0.01), label_times(bars))


def _short_interval(bars: Arrays) -> Timed:
    return Timed(_ahead(bars, HORIZON), label_times(bars, HORIZON - 2))


def _true_interval(bars: Arrays) -> Timed:
    return Timed(_ahead(bars, HORIZON), label_times(bars, HORIZON))


def _demeaned(bars: Arrays) -> Timed:
    ahead = _ahead(bars)
    return Timed(ahead - mean_known(ahead, 0), label_times(bars))


def _demeaned_across(bars: Arrays) -> Timed:
    ahead = _ahead(bars)
    return Timed(ahead - mean_known(ahead, 1)[:, None], label_times(bars))


def _filled_end(bars: Arrays) -> Timed:
    later = shift(fill_backward(bars["close"]), -HORIZON)
    return Timed(np.log(later / bars["close"]), label_times(bars))


def _later_concurrency(sample: Sample, train: Mask) -> Floats:  # noqa: ARG001 - the leak: the fold is not asked
    return concurrency_weights(sample, np.ones(sample.n_rows, dtype=np.bool_))


def _balance(sample: Sample, rows: Mask) -> Floats:
    up = sample.y[rows].mean()
    return np.where(sample.y == 1.0, 0.5 / up, 0.5 / (1.0 - up))


def _balance_all(sample: Sample, train: Mask) -> Floats:  # noqa: ARG001 - the leak: the fold is not asked
    return _balance(sample, np.ones(sample.n_rows, dtype=np.bool_))


def _decay_from_the_end(sample: Sample, train: Mask) -> Floats:  # noqa: ARG001 - the leak: the fold is not asked
    return 0.99 ** (sample.t0.max() - sample.t0)


def _decay_in_fold(sample: Sample, train: Mask) -> Floats:
    return 0.99 ** (sample.t0[train].max() - sample.t0)


def _label(name: str, story: str, leaky: object, clean: object = labels) -> Entry:
    return Entry("labels", name, story, "labels", leaky, clean)  # type: ignore[arg-type]


ENTRIES = (
    _label(
        "label over full-sample volatility",
        "Returns are divided by the volatility of the whole history.",
        _by_full_volatility,
    ),
    _label(
        "terciles of all dates",
        "Classes are cut at quantiles of all returns, the later ones included.",
        _full_terciles,
        _fixed_terciles,
    ),
    _label(
        "label end too early",
        "The stored end of the label is two sessions before the price it uses.",
        _short_interval,
        _true_interval,
    ),
    _label(
        "label less its full-sample mean", "Labels are demeaned over the whole history.", _demeaned, _demeaned_across
    ),
    _label(
        "label end filled backwards",
        "A missing last price is replaced by the next one, after the label's end.",
        _filled_end,
        _true_interval,
    ),
    Entry(
        "labels",
        "concurrency of later rows",
        "Uniqueness weights are computed once, over all rows.",
        "weights",
        _later_concurrency,
        weights,
    ),
    Entry(
        "labels",
        "class balance of all rows",
        "Class weights are set from the label counts of the whole data set.",
        "weights",
        _balance_all,
        lambda sample, train: _balance(sample, train),
    ),
    Entry(
        "labels",
        "decay from the last row of all",
        "Time decay counts back from the end of the data, not of the fold.",
        "weights",
        _decay_from_the_end,
        _decay_in_fold,
    ),
)
