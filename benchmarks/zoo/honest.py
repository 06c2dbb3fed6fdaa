"""The honest pipeline: every stage as it should be. A leak replaces one of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks.zoo.linear import PROBE, fit_score
from benchmarks.zoo.panels import Floats, fill_forward, log_returns, mean_known, shift, std_known, windows
from benchmarks.zoo.world import CODES, EMBARGO, NAMES
from market_assets.core.leakage.book import Book, make_book
from market_assets.core.leakage.edges import Split
from market_assets.core.leakage.pipeline import Pipeline
from market_assets.core.leakage.sample import Mask, Sample
from market_assets.core.leakage.timed import Arrays, Timed, close_of

HORIZON = 5
COST = 5e-4


def unchanged(data: Arrays) -> Arrays:
    """A source that delivers what there is."""
    return data


def features(bars: Arrays) -> Floats:
    """Last return and 20-session volatility."""
    returns = log_returns(bars["close"])
    return np.stack([returns, std_known(windows(returns, 20), axis=2)], axis=2)


def label_times(bars: Arrays, horizon: int = HORIZON) -> NDArray[np.int64]:
    """Tick of the close ``horizon`` sessions on."""
    shape = bars["close"].shape
    return np.broadcast_to(close_of(np.arange(shape[0], dtype=np.int64) + horizon)[:, None], shape)


def labels(bars: Arrays) -> Timed:
    """Return over five sessions in trailing volatilities."""
    close = bars["close"]
    spread = std_known(windows(log_returns(close), 20), axis=2)
    return Timed(np.log(shift(close, -HORIZON) / close) / spread, label_times(bars))


def members(bars: Arrays) -> NDArray[np.bool_]:
    """Index members with a bar today and volume above the median of members' trailing volume."""
    alive = ~np.isnan(bars["close"]) & bars["index"]
    return alive & (mean_known(windows(bars["volume"], 20), axis=2) > 5e3)


def read(records: Arrays, ticks: NDArray[np.int64]) -> Floats:
    """The figure of the latest period, in the latest version known at each tick, (m, N)."""
    out = np.full((ticks.size, NAMES), np.nan)
    for code in range(NAMES):
        rows = np.flatnonzero(records["code"] == code)
        rows = rows[np.argsort(records["known"][rows], kind="stable")]
        best = np.full(ticks.size, -1, dtype=np.int64)
        for row in rows:  # by time of knowledge: a revision replaces its own period or an older one
            newer = (best < 0) | (records["ts"][best] <= records["ts"][row])
            best = np.where((records["known"][row] <= ticks) & newer, row, best)
        out[best >= 0, code] = records["value"][best[best >= 0]]
    return out


def concurrency_weights(sample: Sample, rows: Mask) -> Floats:
    """One over the mean number of labels of ``rows`` alive during each label, all rows."""
    steps = np.zeros((CODES, int(sample.t1.max()) + 2))
    np.add.at(steps, (sample.code[rows], sample.t0[rows]), 1.0)
    np.add.at(steps, (sample.code[rows], sample.t1[rows] + 1), -1.0)
    alive = np.cumsum(np.cumsum(steps, axis=1), axis=1)
    total = alive[sample.code, sample.t1] - np.where(
        sample.t0 > 0, alive[sample.code, np.maximum(sample.t0 - 1, 0)], 0.0
    )
    return (sample.t1 - sample.t0 + 1) / np.maximum(total, 1.0)


def weights(sample: Sample, train: Mask) -> Floats:
    """Uniqueness among the training rows."""
    return concurrency_weights(sample, train)


def blocks(sample: Sample, count: int = 4) -> list[Mask]:
    """Contiguous test blocks of sessions."""
    return [np.isin(sample.t0, part) for part in np.array_split(np.unique(sample.t0), count)]


def hull(sample: Sample, test: Mask) -> tuple[int, int]:
    """First session and last label end of a test block."""
    return int(sample.t0[test].min()), int(sample.t1[test].max())


def related(sample: Sample, test: Mask) -> Mask:
    """Rows of events that are tested, and copies of test rows."""
    return np.isin(sample.group, sample.group[test]) | np.isin(sample.x[:, 0], sample.x[test, 0])


def folds(sample: Sample) -> list[Split]:
    """Purged and embargoed blocks; events and copies stay on one side."""
    out = []
    for test in blocks(sample):
        first, last = hull(sample, test)
        apart = (sample.t1 < first) | (sample.t0 > last + EMBARGO)
        out.append((apart & ~related(sample, test), test))
    return out


def fit(sample: Sample, train: Mask, test: Mask) -> dict[str, Floats]:  # noqa: ARG001 - the signature of a fit
    """Imputation, scale and model from the training rows."""
    return {"scores": fit_score(sample.x[train], sample.y[train], PROBE)}


def level(sample: Sample, train: Mask) -> Floats:
    """Out-of-fold scores of the training rows, five contiguous parts."""
    out = np.full(sample.n_rows, np.nan)
    rows = np.flatnonzero(train)
    for part in np.array_split(rows, 5):
        other = np.setdiff1d(rows, part)
        out[part] = fit_score(sample.x[other], sample.y[other], sample.x[part])
    return out


def positions(target: Floats, traded: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Orders and fills (T, N) that move to ``target`` (T, N) wherever a bar trades."""
    held = np.nan_to_num(fill_forward(np.where(traded, np.nan_to_num(target), np.nan)))
    before = np.nan_to_num(shift(held))
    return np.nan_to_num(target) - before, held - before


def traded(bars: Arrays) -> NDArray[np.bool_]:
    """Cells with a bar and volume."""
    return ~np.isnan(bars["close"]) & (bars["volume"] > 0.0)


def signal(bars: Arrays) -> Floats:
    """Sign of the return of five sessions, known at the close."""
    close = fill_forward(bars["close"])
    return np.sign(np.log(close) - np.log(shift(close, 5)))


def open_ticks(bars: Arrays) -> NDArray[np.int64]:
    """Tick of the open of every row, (T, 1)."""
    return 2 * np.arange(bars["close"].shape[0], dtype=np.int64)[:, None]


def trade(bars: Arrays) -> Book:
    """Decided at the close, filled at the next open, with costs."""
    order, quantity = positions(shift(signal(bars)), traded(bars))
    return make_book(order, quantity, bars["open"], open_ticks(bars), bars["close"], COST)


HONEST = Pipeline(
    source=unchanged,
    records=unchanged,
    read=read,
    members=members,
    features=features,
    labels=labels,
    weights=weights,
    folds=folds,
    fit=fit,
    level=level,
    trade=trade,
)
